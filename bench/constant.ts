// The baseline of P3: a route of the same framework that answers a constant. It parses the request, routes it and
// writes the response, but does not authenticate, look up or render anything.

import { fastify } from 'fastify'
import { serveOrders } from './child.ts'

export interface ConstantOrder {
  readonly text: string
  readonly contentType: string
}

export interface ConstantReport {
  readonly port: number
}

/** Serves the text on every path until the process ends. Each order gets its own port. */
async function startConstant({ text, contentType }: ConstantOrder): Promise<ConstantReport> {
  const app = fastify()
  app.get('/*', (_request, reply) => reply.header('content-type', contentType).send(text))
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('the constant route got no TCP port')
  return { port: address.port }
}

if (import.meta.main) serveOrders((order) => startConstant(order as ConstantOrder))
