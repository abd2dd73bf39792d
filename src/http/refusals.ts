// Requests to a front's paths that none of its routes takes are answered in the front's own shape.

import type { FastifyInstance, HTTPMethods } from 'fastify'
import type { Problem } from '../domain/problem.ts'
import { sendAnswer } from './answer.ts'
import type { Front } from './front.ts'

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** A known path with another method is 405, in the front's own words. */
export function refuseOtherMethods(scope: FastifyInstance, front: Front): void {
  for (const path of new Set(front.routes.map((definition) => definition.path))) {
    const allowed = front.routes.filter((definition) => definition.path === path).map(({ method }) => method)
    scope.route({
      method: methods.filter((method) => !(allowed as readonly string[]).includes(method)),
      url: path,
      schema: { hide: true },
      // Before the body is read: what it holds does not matter.
      onRequest: (request, reply) => {
        const problem: Problem = { kind: 'methodNotAllowed', method: request.method, allowed }
        sendAnswer(reply.header('allow', allowed.join(', ')), front.answerUnrouted(problem, request))
      },
      handler: () => undefined,
    })
  }
}

/** The router takes the path of a list with a slash for an id of no letters: it is no route at all. */
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
