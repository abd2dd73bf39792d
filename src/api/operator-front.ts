// The front of the operator API: authentication, and problems in the form of RFC 9457. A customer of the `standard`
// dialect uses the same paths with its own API key and sees only the tenants of that key.

import { hash, timingSafeEqual } from 'node:crypto'
import { failure, type Result, success } from '../domain/problem.ts'
import { andThen } from '../domain/maybe-promise.ts'
import type { Front } from '../http/front.ts'
import type { AnyRoute } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import type { Principal } from '../domain/principal.ts'
import { answerProblem } from './problems.ts'
import { ProblemSchema } from './shapes.ts'

export interface OperatorFrontOptions {
  readonly context: Context
  readonly operatorKey: string
  /** The dialect whose customers use this API. */
  readonly customerDialect: string
  readonly version: string
  readonly routes: readonly AnyRoute[]
}

export function createOperatorFront(options: OperatorFrontOptions): Front {
  const operatorDigest = hash('sha256', options.operatorKey, 'buffer')

  return {
    name: 'operator',
    prefixes: ['/v1'],
    routes: options.routes.map((route) => ({ ...route, answers: { ...route.answers, default: ProblemSchema } })),
    openapi: {
      info: {
        title: 'Posthorn operator API',
        version: options.version,
        description: 'Post events, manage tenants, keys and endpoints, look into deliveries and send them again.',
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
    admit(request, _reply, route) {
      const [scheme, key] = (request.headers.authorization ?? '').split(' ')
      if (scheme?.toLowerCase() !== 'bearer' || key === undefined || key === '') {
        return failure({ kind: 'unauthenticated', reason: 'missing' })
      }
      if (timingSafeEqual(hash('sha256', key, 'buffer'), operatorDigest)) return success({ kind: 'operator' })
      const authenticated = options.context.keyCache.authenticate(options.customerDialect, key)
      return andThen(authenticated, (result) => admitCustomer(result, route))
    },
    answerProblem,
    answerUnrouted: answerProblem,
  }
}

function admitCustomer(
  authenticated: Result<Extract<Principal, { kind: 'customer' }>['key']>,
  route: AnyRoute,
): Result<Principal> {
  if (!authenticated.ok) return authenticated
  if (route.audience !== 'customers') return failure({ kind: 'forbidden', needs: 'the operator key' })
  return success({ kind: 'customer', key: authenticated.value })
}
