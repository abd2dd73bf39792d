// The common part of the fronts of all dialects. A customer authenticates with an API key of the dialect, or with a
// token if the vendor has tokens. A request is about one tenant of the key, needs a permission on some routes, and
// counts against quotas.

import type { FastifyRequest } from 'fastify'
import type { ApiKey } from '../domain/api-key.ts'
import type { TenantId } from '../domain/ids.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import { andThen, type MaybePromise } from '../domain/maybe-promise.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { Context } from '../operations/context.ts'
import type { Principal } from '../domain/principal.ts'
import type { QuotaStore } from '../contracts/quota-store.ts'
import type { Front } from '../http/front.ts'
import { anyOrigin } from '../http/refusals.ts'
import type { AnyRoute } from '../http/route.ts'
import type { Window } from '../quota/rate-limiter.ts'
import { CountedQuotas } from './counted-quotas.ts'
import { recordRefusal } from './record-refusal.ts'
import type { Claims, ExpectedClaims, TokenVerifier } from './tokens.ts'

type Headers = Readonly<Record<string, string>>

export interface DialectFront extends Omit<Front, 'admit' | 'answerUnrouted' | 'refused' | 'name'> {
  readonly dialect: Dialect
  /** The API key or token that the caller sent; null: none, or none in a form that the vendor accepts. */
  credential(request: FastifyRequest): string | null
  /** The API key that stands for a verified token; absent: the vendor has no tokens. */
  readonly keyOfClaims?: (claims: Claims) => ApiKey
  /** The issuer and the audience of the vendor's tokens; absent: those of the operator's settings. */
  readonly expectedClaims?: ExpectedClaims
  /** Whether the key has the permission that a route needs. */
  permits(key: ApiKey, needs: string): boolean
  /** The tenant that the request is about; default: the first tenant of the key. Tenantless routes ignore a problem. */
  tenantOf?(request: FastifyRequest, key: ApiKey): Result<TenantId>
  /** Headers that report the quota, sent with every response; absent: the vendor sends none. */
  readonly quotaHeaders?: (window: Window) => Headers
}

export interface FrontOptions {
  readonly context: Context
  /** Verifies customers' tokens; null: the operator has not configured tokens. */
  readonly tokens: TokenVerifier | null
  /** POSTHORN_RATE_LIMITS; false: quotas are not enforced. */
  readonly rateLimits: boolean
  /** The store in which nodes count quotas together (`Store.quotas`); null, the default: this node counts alone. */
  readonly quotas?: QuotaStore | null
}

export function frontOfDialect(definition: DialectFront, options: FrontOptions): Front {
  const { context, rateLimits, quotas: shared = null } = options
  const { dialect } = definition
  const { quotaHeaders: headersOf, webPageHeaders } = definition
  const quotas = new CountedQuotas({ dialect, headersOf, rateLimits, shared, clock: context.clock })
  const answerProblem = safeAnswers(definition, context)
  const withOrigin = (headers: Headers | null): Headers | null =>
    webPageHeaders === undefined ? headers : { ...anyOrigin, ...headers }
  return {
    ...definition,
    name: dialect.name,
    answerProblem,
    admit(request, route) {
      const presented = definition.credential(request)
      if (presented === null) {
        request.answerHeaders = withOrigin(quotas.untouchedHeaders(route.access))
        return failure({ kind: 'unauthenticated', reason: 'missing' })
      }
      return andThen(authenticate(presented, definition, options), (authenticated) =>
        admitKey(authenticated, request, route),
      )
    },
    refused: (problem, request, route) => recordRefusal(context.auditTrail, problem, request, route),
    answerUnrouted(problem, request) {
      const answer = answerProblem(problem, request)
      const access = request.method === 'GET' ? 'read' : 'write'
      return { ...answer, headers: { ...withOrigin(quotas.untouchedHeaders(access)), ...answer.headers } }
    },
  }

  function admitKey(
    authenticated: Result<ApiKey>,
    request: FastifyRequest,
    route: AnyRoute,
  ): MaybePromise<Result<Principal>> {
    if (!authenticated.ok) {
      request.answerHeaders = withOrigin(quotas.untouchedHeaders(route.access))
      return authenticated
    }
    const key = authenticated.value
    const principal: Principal = { kind: 'customer', key, from: request }
    request.principal = principal
    const tenant = definition.tenantOf?.(request, key) ?? success(key.tenants[0] as TenantId)
    return andThen(quotas.take(key, tenant.ok ? tenant.value : null, route.access), (windows): Result<Principal> => {
      request.answerHeaders = withOrigin(quotas.headers(windows))
      const checked = quotas.check(windows)
      if (!checked.ok) return checked
      if (route.needs !== undefined && !definition.permits(key, route.needs)) {
        return failure({ kind: 'forbidden', needs: route.needs })
      }
      if (tenant.ok) request.tenant = tenant.value
      else if (route.tenantless !== true) return tenant
      return success(principal)
    })
  }
}

/** The API key of a caller: a stored key, or the one that a token stands for. */
function authenticate(
  presented: string,
  { dialect, keyOfClaims, expectedClaims }: DialectFront,
  { context, tokens }: FrontOptions,
): MaybePromise<Result<ApiKey>> {
  if (tokens === null || keyOfClaims === undefined || !looksLikeToken(presented)) {
    return context.keyCache.authenticate(dialect.name, context.keyCache.digestOf(presented))
  }
  return tokens
    .verify(presented, expectedClaims)
    .then((claims) => (claims.ok ? success(keyOfClaims(claims.value)) : claims))
}

/** The answers to problems, also if the dialect's own function throws. */
function safeAnswers({ answerProblem }: DialectFront, { observer }: Context): Front['answerProblem'] {
  return (problem, request) => {
    try {
      return answerProblem(problem, request)
    } catch (error) {
      observer.failed('an error could not be written', error)
      return { status: 500, body: { message: 'Something went wrong on our side.' } }
    }
  }
}

function looksLikeToken(credential: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential)
}
