// HTTP methods. Fastify knows few of them, and a request with another one would end as an internal error.

import type { IncomingMessage } from 'node:http'
import type { FastifyRequest, HTTPMethods } from 'fastify'

/** The methods that reach the router. */
export const routedMethods: readonly HTTPMethods[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
]

const sent = new WeakMap<IncomingMessage, string>()

/** Makes the router see every other method as TRACE, which no route takes and which has no body. */
export function routeAsKnown(request: IncomingMessage): void {
  const { method = '' } = request
  if ((routedMethods as readonly string[]).includes(method)) return
  sent.set(request, method)
  request.method = 'TRACE'
}

/** The method that the caller sent. */
export function methodOf({ raw, method }: FastifyRequest): string {
  return sent.get(raw) ?? method
}
