// The front of the operator API: authentication, and problems in the form of RFC 9457. A customer of the `standard`
// dialect uses the same paths with its own API key and sees only the tenants of that key.

import type { FastifyRequest } from 'fastify'
import type { ApiKey } from '../domain/api-key.ts'
import type { TenantId } from '../domain/ids.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import { andThen, andThenOk, type MaybePromise } from '../domain/maybe-promise.ts'
import type { Front } from '../http/front.ts'
import type { AnyRoute } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { operatorKeyPrefix } from '../operations/key-cache.ts'
import { type CallingOperator, type OperatorRole, settingsOperator } from '../domain/operator-key.ts'
import type { Principal } from '../domain/principal.ts'
import type { ownScopes } from '../domain/scopes.ts'
import { recordRefusal } from '../front/record-refusal.ts'
import type { CountedQuotas } from '../front/counted-quotas.ts'
import type { Operators } from '../front/operators.ts'
import type { SealedCookie } from '../front/sealed-cookie.ts'
import type { WrongKeys } from '../front/wrong-keys.ts'
import { answerTexts } from './answer-texts.ts'
import { answerProblem } from './problems.ts'
import { schemaNames } from './schema-names.ts'
import { ProblemSchema } from './shapes.ts'

export interface OperatorFrontOptions {
  readonly context: Context
  readonly operators: Operators
  /** The sessions of the dashboard: the digests of operator keys. */
  readonly sessions: SealedCookie
  /** The dialect whose customers use this API. */
  readonly customerDialect: string
  /** The quotas of these customers. The operator has none. */
  readonly quotas: CountedQuotas
  /** Slows down callers that try keys. */
  readonly wrongKeys: WrongKeys
  readonly version: string
  readonly routes: readonly AnyRoute[]
  readonly examples: Front['examples']
}

export function createOperatorFront(options: OperatorFrontOptions): Front {
  const { operators, sessions } = options
  const { keyCache, auditTrail } = options.context

  return {
    name: 'operator',
    prefixes: ['/v1'],
    routes: options.routes.map(withRoles),
    examples: options.examples,
    refusalSchema: ProblemSchema,
    schemaNames,
    answerTexts,
    openapi: {
      info: {
        title: 'Posthorn operator API',
        version: options.version,
        description:
          'Post events, manage tenants, keys and endpoints, look into deliveries and send them again.\n\n' +
          'An operator key has a role: `admin` may call every route, `read` those that read, and `publish` those that ' +
          'post events. Signing secrets and header values are shown to `admin` only, and never by a list. Each route ' +
          'names its roles and scopes under `security`.\n\n' +
          'Customers of the dialect `standard` may call the routes of endpoints and deliveries with their own API key, ' +
          'within its scopes: `read`, `write`, and `secrets` for signing secrets and header values. ' +
          'Each key and each tenant has a quota of requests a minute, and a lower one of test events. A request past a ' +
          'quota is answered 429 with Retry-After. Operator keys have no quota.\n\n' +
          'After a few wrong keys, each further one from the same address is answered a second later than the one ' +
          'before, or 429.\n\n' +
          'A request with the header `posthorn-delivery` of this installation is one of its deliveries. It may only ' +
          'read, and any other request is answered 508, so that no delivery causes another one.',
      },
      components: {
        securitySchemes: {
          operator: { type: 'http', scheme: 'bearer', description: 'An operator key with one of the roles.' },
          customer: { type: 'http', scheme: 'bearer', description: 'An API key of `standard` with the scope.' },
        },
      },
    },
    admit(request, route) {
      const key = bearerKey(request)
      if (key === null) {
        const session = sessions.read(request)
        if (session === null) return failure({ kind: 'unauthenticated', reason: 'missing' })
        return andThenOk(operators.find(session), (found) => admitOperator(found, request, route))
      }
      const digest = keyCache.digestOf(key)
      if (operators.isOfSettings(digest)) return success({ kind: 'operator', key: settingsOperator, from: request })
      const admitted = key.startsWith(operatorKeyPrefix)
        ? andThenOk(operators.find(digest), (found) => admitOperator(found, request, route))
        : andThenOk(keyCache.authenticate(options.customerDialect, digest), (found) =>
            admitCustomer(options.quotas, found, request, route),
          )
      return andThen(admitted, (result) => {
        const isWrong = !result.ok && result.problem.kind === 'unauthenticated' && result.problem.reason === 'unknown'
        return isWrong ? options.wrongKeys.refuse(request.clientAddress) : result
      })
    },
    answerProblem,
    answerUnrouted: answerProblem,
    refused: (problem, request, route) => recordRefusal(auditTrail, problem, request, route),
  }
}

/** The part of the operator API that customers use: no route and no key of the operator. */
export function customersPart(operator: Front, wrongKeys: WrongKeys): Front {
  const version = operator.openapi.info?.version ?? ''
  return {
    ...operator,
    routes: operator.routes.filter(({ audience }) => audience === 'customers').map(withScope),
    openapi: {
      info: {
        title: 'Posthorn API of customers',
        version,
        description:
          'Manage the endpoints of your tenants, look into deliveries and send them again.\n\n' +
          'An API key has scopes: `read`, `write`, and `secrets` for signing secrets and header values. Each route names ' +
          'its scope under `security`. Each key and each tenant has a quota of requests a minute, and a lower one of ' +
          'test events. A request past a quota is answered 429 with Retry-After.',
      },
      components: {
        securitySchemes: { customer: { type: 'http', scheme: 'bearer', description: 'An API key with the scope.' } },
      },
    },
    admit(request, route) {
      if (bearerKey(request)?.startsWith(operatorKeyPrefix)) return wrongKeys.refuse(request.clientAddress)
      return andThenOk(operator.admit(request, route), (principal) =>
        principal.kind === 'customer' ? success(principal) : wrongKeys.refuse(request.clientAddress),
      )
    },
  }
}

/** The key of `Authorization: Bearer <key>`; null: the request has none. */
function bearerKey({ headers }: FastifyRequest): string | null {
  const [scheme, key] = (headers.authorization ?? '').split(' ')
  return scheme?.toLowerCase() === 'bearer' && key ? key : null
}

/** The roles of operator keys, besides `admin`, that may call the route. */
function operatorsOf({ operators, access }: AnyRoute): readonly OperatorRole[] {
  return operators ?? (access === 'read' ? ['read'] : [])
}

/** The scope that a customer's key needs for the route; null: customers may not call it. */
function scopeOf({ audience, access }: AnyRoute): (typeof ownScopes)[number] | null {
  if (audience !== 'customers') return null
  return access === 'read' ? 'read' : 'write'
}

/** The route with its roles and scopes in the OpenAPI document: each entry of `security` is an alternative. */
function withRoles(route: AnyRoute): AnyRoute {
  const roles = ['admin', ...operatorsOf(route)]
  const scope = scopeOf(route)
  return {
    ...route,
    callers:
      `Operator keys of the role ${roles.join(' or ')}` +
      `${scope === null ? '' : `; customers' keys of \`standard\` with the scope ${scope}`}.`,
    security: [...roles.map((role) => ({ operator: [role] })), ...(scope === null ? [] : [{ customer: [scope] }])],
  }
}

/** The route with its scope in the OpenAPI document of customers. */
function withScope(route: AnyRoute): AnyRoute {
  const scope = scopeOf(route) as string
  return { ...route, callers: `API keys with the scope ${scope}.`, security: [{ customer: [scope] }] }
}

function admitOperator(
  { id, name, role }: CallingOperator,
  request: FastifyRequest,
  route: AnyRoute,
): Result<Principal> {
  const principal: Principal = { kind: 'operator', key: { id, name, role }, from: request }
  request.principal = principal
  if (role === 'admin' || operatorsOf(route).includes(role)) return success(principal)
  const roles = ['admin', ...operatorsOf(route)].join(' or ')
  return failure({ kind: 'forbidden', needs: `an operator key of the role ${roles}` })
}

function admitCustomer(
  quotas: CountedQuotas,
  key: ApiKey,
  request: FastifyRequest,
  route: AnyRoute,
): MaybePromise<Result<Principal>> {
  const principal: Principal = { kind: 'customer', key, from: request }
  request.principal = principal
  return andThen(quotas.take(key, tenantOf(key, request), route.access), (windows): Result<Principal> => {
    const checked = quotas.check(windows)
    if (!checked.ok) return checked
    const scope = scopeOf(route)
    if (scope === null) return failure({ kind: 'forbidden', needs: 'an operator key' })
    if (!key.scopes.includes(scope)) return failure({ kind: 'forbidden', needs: `the scope ${scope}` })
    return success(principal)
  })
}

/** The tenant whose quota a request uses: the one that it names if the key grants it, or else the key's first one. */
function tenantOf({ tenants }: ApiKey, { params, query }: FastifyRequest): TenantId | null {
  const { tenant = (query as { readonly tenant?: unknown }).tenant } = params as { readonly tenant?: unknown }
  return tenants.find((granted) => granted === tenant) ?? tenants[0] ?? null
}
