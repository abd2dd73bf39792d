// What the fronts of all dialects share: a customer authenticates with an API key of the dialect, may be short of a
// permission, and has a quota.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiKey } from '../domain/api-key.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { Context, Principal } from '../operations/context.ts'
import type { AnyRoute, Front } from './front.ts'
import { RateLimiter, untouchedWindow, type Window } from './rate-limit.ts'

export interface DialectFront extends Omit<Front, 'admit' | 'answerUnrouted' | 'name'> {
  readonly dialect: Dialect
  /** The API key that the caller presents; null: none, or not in a form that the vendor takes. */
  credential(request: FastifyRequest): string | null
  /** Whether the key may do what the route needs. */
  permits(key: ApiKey, needs: string): boolean
  /** Headers that tell of the quota, on every answer; absent: the vendor sends none. */
  quotaHeaders?(window: Window): Readonly<Record<string, string>>
}

export interface FrontOptions {
  readonly context: Context
  /** POSTHORN_RATE_LIMITS: off lifts the quotas. */
  readonly rateLimits: boolean
}

export function frontOfDialect(definition: DialectFront, { context, rateLimits }: FrontOptions): Front {
  const { dialect } = definition
  const limiter = new RateLimiter()

  return {
    ...definition,
    name: dialect.name,
    admit(request, reply, route) {
      const presented = definition.credential(request)
      if (presented === null) {
        showQuota(reply, route, null)
        return failure({ kind: 'unauthenticated', reason: 'missing' })
      }
      const authenticated = context.keys.authenticate(dialect.name, presented)
      return authenticated instanceof Promise
        ? authenticated.then((result) => admitKey(result, reply, route))
        : admitKey(authenticated, reply, route)
    },
    answerUnrouted(problem, request) {
      const limit = dialect.rateLimits?.[request.method === 'GET' ? 'read' : 'write']
      const quota = limit && definition.quotaHeaders?.(untouchedWindow(limit, context.clock.now()))
      const answer = definition.answerProblem(problem, request)
      return { ...answer, headers: { ...quota, ...answer.headers } }
    },
  }

  function admitKey(authenticated: Result<ApiKey>, reply: FastifyReply, route: AnyRoute): Result<Principal> {
    const key = authenticated.ok ? authenticated.value : null
    const window = showQuota(reply, route, key)
    if (!authenticated.ok) return authenticated
    if (window !== null && rateLimits && !window.allowed) {
      const { limit, retryAfterSeconds } = window
      return failure({ kind: 'tooManyRequests', limit, retryAfterSeconds })
    }
    if (route.needs !== undefined && !definition.permits(authenticated.value, route.needs)) {
      return failure({ kind: 'forbidden', needs: route.needs })
    }
    return success({ kind: 'customer', key: authenticated.value })
  }

  function showQuota(reply: FastifyReply, route: AnyRoute, key: ApiKey | null): Window | null {
    const limit = dialect.rateLimits?.[route.access]
    if (limit === undefined) return null
    const now = context.clock.now()
    const window = key === null ? untouchedWindow(limit, now) : limiter.take(`${key.id} ${route.access}`, limit, now)
    if (definition.quotaHeaders !== undefined) reply.headers(definition.quotaHeaders(window))
    return window
  }
}
