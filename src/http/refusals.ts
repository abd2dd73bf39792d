// Errors, in the front's own shape, for requests to paths of a front that match none of its routes.

import type { FastifyInstance, HTTPMethods } from 'fastify'
import type { Problem } from '../domain/problem.ts'
import { sendAnswer } from './answer.ts'
import type { Front } from './front.ts'

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Answers another method on a known path with 405, in the front's own shape. */
export function refuseOtherMethods(scope: FastifyInstance, front: Front): void {
  for (const path of new Set(front.routes.map((definition) => definition.path))) {
    const allowed = front.routes.filter((definition) => definition.path === path).map(({ method }) => method)
    scope.route({
      method: methods.filter((method) => !(allowed as readonly string[]).includes(method)),
      url: path,
      schema: { hide: true },
      // Runs before the body is read, because its content does not matter.
      onRequest: (request, reply) => {
        const problem: Problem = { kind: 'methodNotAllowed', method: request.method, allowed }
        request.answerHeaders = { allow: allowed.join(', ') }
        sendAnswer(reply, front.answerUnrouted(problem, request))
      },
      handler: () => undefined,
    })
  }
}

/** Answers the path of a list with a slash at its end as an unknown route. The router would find an empty id in it. */
export function refuseEmptyIds(scope: FastifyInstance, front: Front): void {
  const parents = front.routes.flatMap(({ path }) => /^(.*\/):[^/]+$/.exec(path)?.[1] ?? [])
  for (const url of new Set(parents)) {
    scope.route({
      method: [...methods],
      url,
      schema: { hide: true },
      onRequest: (request, reply) => {
        const path = request.url.split('?')[0] ?? ''
        sendAnswer(reply, front.answerUnrouted({ kind: 'routeUnknown', method: request.method, path }, request))
      },
      handler: () => undefined,
    })
  }
}
