// The front of the operator API: authentication, and problems in the form of RFC 9457. A customer of the `standard`
// dialect uses the same paths with its own API key and sees only the tenants of that key.

import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { ApiKey } from '../domain/api-key.ts'
import type { TenantId } from '../domain/ids.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import { andThen, andThenOk, type MaybePromise } from '../domain/maybe-promise.ts'
import type { Front } from '../http/front.ts'
import type { AnyRoute } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { hashApiKey } from '../operations/key-cache.ts'
import { settingsOperator } from '../domain/operator-key.ts'
import type { Principal } from '../domain/principal.ts'
import type { CountedQuotas } from '../front/counted-quotas.ts'
import type { WrongKeys } from '../front/wrong-keys.ts'
import { answerProblem } from './problems.ts'
import { ProblemSchema } from './shapes.ts'

export interface OperatorFrontOptions {
  readonly context: Context
  readonly operatorKey: string
  /** The dialect whose customers use this API. */
  readonly customerDialect: string
  /** The quotas of these customers. The operator has none. */
  readonly quotas: CountedQuotas
  /** Slows down callers that try keys. */
  readonly wrongKeys: WrongKeys
  readonly version: string
  readonly routes: readonly AnyRoute[]
}

const settingsAdmin = success<Principal>({ kind: 'operator', key: settingsOperator })

export function createOperatorFront(options: OperatorFrontOptions): Front {
  const operatorDigest = Buffer.from(hashApiKey(options.operatorKey))

  return {
    name: 'operator',
    prefixes: ['/v1'],
    routes: options.routes,
    refusalSchema: ProblemSchema,
    openapi: {
      info: {
        title: 'Posthorn operator API',
        version: options.version,
        description:
          'Post events, manage tenants, keys and endpoints, look into deliveries and send them again.\n\n' +
          'Customers of the dialect `standard` may call the routes of endpoints and deliveries with their own API key. ' +
          'Each key and each tenant has a quota of requests a minute, and a lower one of test events. A request past a ' +
          'quota is answered 429 with Retry-After. The operator key has no quota.\n\n' +
          'After a few wrong keys, each further one from the same address is answered a second later than the one ' +
          'before, or 429.\n\n' +
          'A request with the header `posthorn-delivery` of this installation is one of its deliveries. It may only ' +
          'read, and any other request is answered 508, so that no delivery causes another one.',
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
    admit(request, route) {
      const [scheme, key] = (request.headers.authorization ?? '').split(' ')
      if (scheme?.toLowerCase() !== 'bearer' || key === undefined || key === '') {
        return failure({ kind: 'unauthenticated', reason: 'missing' })
      }
      const digest = hashApiKey(key)
      if (timingSafeEqual(Buffer.from(digest), operatorDigest)) return settingsAdmin
      const authenticated = options.context.keyCache.authenticate(options.customerDialect, digest)
      return andThen(authenticated, (found) => {
        if (found.ok) return admitCustomer(options.quotas, found.value, request, route)
        const { problem } = found
        const isWrong = problem.kind === 'unauthenticated' && problem.reason === 'unknown'
        return isWrong ? options.wrongKeys.refuse(request.clientAddress) : found
      })
    },
    answerProblem,
    answerUnrouted: answerProblem,
  }
}

/** The part of the operator API that customers use: no route and no key of the operator. */
export function customersPart(operator: Front, wrongKeys: WrongKeys): Front {
  return {
    ...operator,
    routes: operator.routes.filter(({ audience }) => audience === 'customers'),
    admit: (request, route) =>
      andThenOk(operator.admit(request, route), (principal) =>
        principal.kind === 'customer' ? success(principal) : wrongKeys.refuse(request.clientAddress),
      ),
  }
}

function admitCustomer(
  quotas: CountedQuotas,
  key: ApiKey,
  request: FastifyRequest,
  route: AnyRoute,
): MaybePromise<Result<Principal>> {
  return andThen(quotas.take(key, tenantOf(key, request), route.access), (windows): Result<Principal> => {
    const checked = quotas.check(windows)
    if (!checked.ok) return checked
    if (route.audience !== 'customers') return failure({ kind: 'forbidden', needs: 'the operator key' })
    return success({ kind: 'customer', key })
  })
}

/** The tenant whose quota a request uses: the one that it names if the key grants it, or else the key's first one. */
function tenantOf({ tenants }: ApiKey, { params, query }: FastifyRequest): TenantId | null {
  const { tenant = (query as { readonly tenant?: unknown }).tenant } = params as { readonly tenant?: unknown }
  return tenants.find((granted) => granted === tenant) ?? tenants[0] ?? null
}
