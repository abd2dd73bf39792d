// A front is one API as its callers see it: the operator's, or one dialect's. It says how a caller is admitted and how
// a problem reads; everything else about HTTP is the same for all and lives here.
//
//     route → admit (authenticate, quota) → validate → operation → the front's shape

import fastifySwagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { TenantId } from '../domain/ids.ts'
import type { Problem, Result } from '../domain/problem.ts'
import { once, type Soon } from '../domain/maybe-promise.ts'
import type { Principal } from '../operations/context.ts'
import { problemOfError } from './problem-error.ts'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless it is text: that is sent as it is. Absent: no body. */
  readonly body?: unknown
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before the handler of every route that is not public. */
    principal: Principal | null
    /** The tenant that a customer's request is about; null on tenantless routes and the operator's. */
    tenant: TenantId | null
  }
  interface FastifyContextConfig {
    route?: AnyRoute
  }
}

type Parsed<Schema> = Schema extends TSchema ? Static<Schema> : undefined

export interface Call<Params, Query, Body> {
  readonly principal: Principal
  /** The tenant that a customer's request is about. Tenantless routes and the operator's must not use it. */
  readonly tenant: TenantId
  readonly params: Parsed<Params>
  readonly query: Parsed<Query>
  readonly body: Parsed<Body>
  readonly request: FastifyRequest
}

export interface Route<Params, Query, Body> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `:name` for path parameters. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly tag: string
  readonly access: 'read' | 'write'
  /** What the key must be allowed to do; the front says how. */
  readonly needs?: string
  /** The request is about no tenant. */
  readonly tenantless?: true
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  /** Default: `limits.managementBodyBytesMax`. */
  readonly bodyBytesMax?: number
  /** Schemas of the answers, by status; they document, tests hold the answers to them. */
  readonly answers: Readonly<Partial<Record<number | 'default', TSchema>>>
  handle(call: Call<Params, Query, Body>): Soon<Result<Answer>>
}

export type AnyRoute = Omit<Route<undefined, undefined, undefined>, 'params' | 'query' | 'body' | 'handle'> & {
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  handle(call: Call<never, never, never>): Soon<Result<Answer>>
}

/** Types a route by its schemas. */
export function route<
  const Params extends TSchema | undefined = undefined,
  const Query extends TSchema | undefined = undefined,
  const Body extends TSchema | undefined = undefined,
>(definition: Route<Params, Query, Body>): AnyRoute {
  return definition as unknown as AnyRoute
}

export interface Front {
  readonly name: string
  /** Unknown paths below these are answered by this front. */
  readonly prefixes: readonly string[]
  readonly routes: readonly AnyRoute[]
  readonly openapi: NonNullable<FastifyDynamicSwaggerOptions['openapi']>
  /** Authenticates the caller and counts the request; may set headers that every answer carries. */
  admit(request: FastifyRequest, reply: FastifyReply, route: AnyRoute): Soon<Result<Principal>>
  answerProblem(problem: Problem, request: FastifyRequest): Answer
  /** Answers a request that no route takes: there is nobody to admit then. */
  answerUnrouted(problem: Problem, request: FastifyRequest): Answer
}

/** Serves a front's routes, and its OpenAPI document at `documentPath`. */
export async function serveFront(app: FastifyInstance, front: Front, documentPath: string): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(fastifySwagger, { openapi: { openapi: '3.1.0', ...front.openapi } })
    scope.setErrorHandler((error, request, reply) => {
      const problem = problemOfError(error, request)
      if (problem === null) request.log.error({ err: error, requestId: request.id }, 'a request failed')
      return sendAnswer(reply, front.answerProblem(problem ?? { kind: 'internal' }, request))
    })
    for (const definition of front.routes) addRoute(scope, front, definition)
    refuseOtherMethods(scope, front)
    refuseEmptyIds(scope, front)
    // One text for all: many answers that a caller does not read would else be as many copies.
    let document: string | null = null
    scope.get(documentPath, { schema: { hide: true } }, (_request, reply) => {
      document ??= JSON.stringify(scope.swagger())
      return sendAnswer(reply, { status: 200, body: document })
    })
  })
}

export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status)
  if (answer.body !== undefined) reply.type('application/json; charset=utf-8')
  if (answer.headers !== undefined) reply.headers(answer.headers)
  if (answer.body === undefined) return reply.send()
  return reply.send(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
}

function addRoute(scope: FastifyInstance, front: Front, definition: AnyRoute): void {
  const { method, path, operationId, summary, tag, params, query, body, bodyBytesMax, answers } = definition
  scope.route({
    method,
    url: path,
    config: { route: definition },
    ...(bodyBytesMax !== undefined && { bodyLimit: bodyBytesMax }),
    schema: {
      operationId,
      summary,
      tags: [tag],
      ...(params && { params }),
      ...(query && { querystring: query }),
      ...(body && { body }),
      response: answers,
    },
    onRequest: (request, reply, done) => {
      const admitted = front.admit(request, reply, definition)
      const proceed = (result: Result<Principal>): void => {
        if (!result.ok) {
          sendAnswer(reply, front.answerProblem(result.problem, request))
          return
        }
        request.principal = result.value
        done()
      }
      if (admitted instanceof Promise) admitted.then(proceed, done)
      else proceed(admitted)
    },
    // A request without a body is one without fields: what is required is then named.
    ...(body && {
      preValidation: (request, _reply, done) => {
        if (request.body === undefined) request.body = {}
        done()
      },
    }),
    handler: (request, reply) => {
      const call = {
        principal: request.principal,
        tenant: request.tenant,
        params: request.params,
        query: request.query,
        body: request.body,
        request,
      } as unknown as Call<never, never, never>
      return once(definition.handle(call), (result) => {
        sendAnswer(reply, result.ok ? result.value : front.answerProblem(result.problem, request))
      })
    },
  })
}

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** A known path with another method is 405, in the front's own words. */
function refuseOtherMethods(scope: FastifyInstance, front: Front): void {
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
function refuseEmptyIds(scope: FastifyInstance, front: Front): void {
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
