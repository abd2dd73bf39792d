// Errors, in the front's own shape, for requests to paths of a front that match none of its routes.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { limits } from '../domain/limits.ts'
import type { Problem } from '../domain/problem.ts'
import { type Answer, sendAnswer } from './answer.ts'
import type { Front } from './front.ts'
import { methodOf, routedMethods } from './methods.ts'

/** The header with which web pages of every origin may read an answer. */
export const anyOrigin = { 'access-control-allow-origin': '*' } as const

/** Answers another method on a known path with 405, in the front's own shape. */
export function refuseOtherMethods(
  scope: FastifyInstance,
  front: Pick<Front, 'answerUnrouted' | 'webPageHeaders'>,
  routes: readonly { readonly method: string; readonly path: string }[],
): void {
  for (const path of new Set(routes.map((definition) => definition.path))) {
    const allowed = routes.filter((definition) => definition.path === path).map(({ method }) => method)
    scope.route({
      method: routedMethods.filter((method) => !allowed.includes(method)),
      url: path,
      // Runs before the body is read, because its content does not matter.
      onRequest: (request, reply) => {
        if (front.webPageHeaders !== undefined && isPreflight(request)) {
          sendAnswer(reply, preflightAnswer(allowed, front.webPageHeaders))
          return
        }
        const problem: Problem = { kind: 'methodNotAllowed', method: methodOf(request), allowed }
        request.answerHeaders = { allow: allowed.join(', ') }
        sendAnswer(reply, front.answerUnrouted(problem, request))
      },
      handler: () => undefined,
    })
  }
}

/** Whether a browser asks what a web page may send. */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers
}

function preflightAnswer(allowed: readonly string[], headers: readonly string[]): Answer {
  return {
    status: 204,
    headers: {
      ...anyOrigin,
      'access-control-allow-methods': allowed.join(', '),
      'access-control-allow-headers': headers.join(', '),
      'access-control-max-age': String(limits.preflightSeconds),
    },
  }
}

/** Answers the path of a list with a slash at its end as an unknown route. The router would find an empty id in it. */
export function refuseEmptyIds(scope: FastifyInstance, front: Front): void {
  const parents = front.routes.flatMap(({ path }) => /^(.*\/):[^/]+$/.exec(path)?.[1] ?? [])
  for (const url of new Set(parents)) {
    scope.route({
      method: [...routedMethods],
      url,
      onRequest: (request, reply) => {
        const path = request.url.split('?')[0] ?? ''
        sendAnswer(reply, front.answerUnrouted({ kind: 'routeUnknown', method: methodOf(request), path }, request))
      },
      handler: () => undefined,
    })
  }
}
