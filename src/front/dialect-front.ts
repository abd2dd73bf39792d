// What the fronts of all dialects share: a customer authenticates with an API key of the dialect (or a token, where the
// vendor has them), speaks for one of its tenants, may be short of a permission, and has quotas.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiKey } from '../domain/api-key.ts'
import type { TenantId } from '../domain/ids.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import { once, type Soon } from '../domain/maybe-promise.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { Context, Principal } from '../operations/context.ts'
import type { QuotaStore } from '../contracts/store.ts'
import type { AnyRoute, Front } from '../http/front.ts'
import { LocalRateLimiter, untouchedWindow, type Window } from '../quota/rate-limiter.ts'
import { SharedRateLimiter } from '../quota/shared-rate-limiter.ts'
import { type Claims, looksLikeToken, type TokenVerifier } from './tokens.ts'

export interface DialectFront extends Omit<Front, 'admit' | 'answerUnrouted' | 'name'> {
  readonly dialect: Dialect
  /** The API key or token that the caller presents; null: none, or not in a form that the vendor takes. */
  credential(request: FastifyRequest): string | null
  /** Whom a verified token speaks for; absent: the vendor has no tokens. */
  readonly keyOfClaims?: (claims: Claims) => ApiKey
  /** Whether the key may do what the route needs. */
  permits(key: ApiKey, needs: string): boolean
  /** The tenant that the request is about; default: the first one of the key. Asked of all but tenantless routes. */
  tenantOf?(request: FastifyRequest, key: ApiKey): Result<TenantId>
  /** Headers that tell of the quota, on every answer; absent: the vendor sends none. */
  quotaHeaders?(window: Window): Readonly<Record<string, string>>
}

export interface FrontOptions {
  readonly context: Context
  /** Verifies customers' tokens; null: the operator has configured none. */
  readonly tokens: TokenVerifier | null
  /** POSTHORN_RATE_LIMITS: off lifts the quotas. */
  readonly rateLimits: boolean
  /** Where nodes count quotas together (`Store.quotas`); default: this one counts alone. */
  readonly quotas?: QuotaStore | null
}

export function frontOfDialect(definition: DialectFront, options: FrontOptions): Front {
  const { context, tokens, rateLimits, quotas: shared = null } = options
  const { dialect } = definition
  // Lifted quotas are counted for the headers only, if there are any: what this node has seen is good enough for them.
  const limited = rateLimits || definition.quotaHeaders !== undefined ? dialect.quotas : []
  const together = rateLimits && shared !== null ? new SharedRateLimiter(shared) : null
  // Counted alone, each quota has a limiter of its own: then who asks names its count, and nothing is put together.
  const counted = limited.map((quota) =>
    together === null
      ? { quota, limiter: new LocalRateLimiter(), prefix: '' }
      : { quota, limiter: together, prefix: `${dialect.name} ${quota.per} ${quota.counts} ` },
  )
  const quotas = {
    read: counted.filter(({ quota }) => quota.counts !== 'writes'),
    write: counted.filter(({ quota }) => quota.counts !== 'reads'),
  }

  return {
    ...definition,
    name: dialect.name,
    admit(request, reply, route) {
      const presented = definition.credential(request)
      if (presented === null) {
        reply.headers(untouchedHeaders(route.access))
        return failure({ kind: 'unauthenticated', reason: 'missing' })
      }
      return once(authenticate(presented), (authenticated) => admitKey(authenticated, request, reply, route))
    },
    answerUnrouted(problem, request) {
      const answer = definition.answerProblem(problem, request)
      const access = request.method === 'GET' ? 'read' : 'write'
      return { ...answer, headers: { ...untouchedHeaders(access), ...answer.headers } }
    },
  }

  function authenticate(presented: string): Soon<Result<ApiKey>> {
    const { keyOfClaims } = definition
    if (tokens === null || keyOfClaims === undefined || !looksLikeToken(presented)) {
      return context.keys.authenticate(dialect.name, presented)
    }
    return tokens.verify(presented).then((claims) => (claims.ok ? success(keyOfClaims(claims.value)) : claims))
  }

  function admitKey(
    authenticated: Result<ApiKey>,
    request: FastifyRequest,
    reply: FastifyReply,
    route: AnyRoute,
  ): Soon<Result<Principal>> {
    if (!authenticated.ok) {
      reply.headers(untouchedHeaders(route.access))
      return authenticated
    }
    const key = authenticated.value
    const tenant = definition.tenantOf?.(request, key) ?? success(key.tenants[0] as TenantId)
    return once(takeQuotas(key, tenant.ok ? tenant.value : null, route), (taken): Result<Principal> => {
      const [shown] = taken
      if (shown !== undefined && definition.quotaHeaders !== undefined) reply.headers(definition.quotaHeaders(shown))
      const exceeded = rateLimits ? taken.find(({ allowed }) => !allowed) : undefined
      if (exceeded !== undefined) {
        const { limit, retryAfterSeconds } = exceeded
        return failure({ kind: 'tooManyRequests', limit, retryAfterSeconds })
      }
      if (route.needs !== undefined && !definition.permits(key, route.needs)) {
        return failure({ kind: 'forbidden', needs: route.needs })
      }
      if (tenant.ok) request.tenant = tenant.value
      else if (route.tenantless !== true) return tenant
      return success({ kind: 'customer', key })
    })
  }

  /** Counts the request against every quota that holds for it, in order. */
  function takeQuotas(key: ApiKey, tenant: TenantId | null, route: AnyRoute): Soon<Window[]> {
    const now = context.clock.now()
    const windows = quotas[route.access].map(({ quota, limiter, prefix }) => {
      const who = quota.per === 'key' || tenant === null ? key.id : tenant
      return limiter.take(prefix + who, quota, now)
    })
    return windows.some((window) => window instanceof Promise)
      ? Promise.all(windows.map((window) => Promise.resolve(window)))
      : (windows as Window[])
  }

  function untouchedHeaders(access: AnyRoute['access']): Readonly<Record<string, string>> {
    const [shown] = quotas[access]
    if (shown === undefined || definition.quotaHeaders === undefined) return {}
    return definition.quotaHeaders(untouchedWindow(shown.quota, context.clock.now()))
  }
}
