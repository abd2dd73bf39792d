// The operator API's front: who may ask, and how a problem reads (RFC 9457). A tenant of the `standard` dialect uses
// the same paths with its own API key and sees nothing but itself.

import { hash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { failure, type FieldError, type Problem, type Result, success } from '../domain/problem.ts'
import { once } from '../domain/maybe-promise.ts'
import type { AnyRoute, Answer, Front } from '../http/front.ts'
import type { Context, Principal } from '../operations/context.ts'
import { ProblemSchema } from './shapes.ts'

/** What a route needs to be open to customers' keys too; others are the operator's alone. */
export const customersToo = 'customers too'

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
      const authenticated = options.context.keys.authenticate(options.customerDialect, key)
      return once(authenticated, (result) => admitCustomer(result, route))
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
  if (route.needs !== customersToo) return failure({ kind: 'forbidden', needs: 'the operator key' })
  return success({ kind: 'customer', key: authenticated.value })
}

interface ProblemText {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
}

/** Every code of the operator API; docs/errors.md lists them, and a test compares the two. */
export const operatorErrorCodes = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  route_unknown: 404,
  method_not_allowed: 405,
  tenant_exists: 409,
  event_id_reused: 409,
  event_ambiguous: 409,
  too_many_endpoints: 409,
  endpoints_too_large: 409,
  endpoint_exists: 409,
  changed_meanwhile: 409,
  no_secret_to_rotate: 409,
  endpoint_disabled: 409,
  replay_running: 409,
  endpoint_unreadable: 409,
  endpoint_deleted: 409,
  delivery_in_flight: 409,
  body_too_large: 413,
  media_type_unsupported: 415,
  body_malformed: 400,
  invalid: 400,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
  outcome_unknown: 503,
} as const

function answerProblem(problem: Problem, request: FastifyRequest): Answer {
  const { status, code, title, detail, errors, headers } = textOf(problem)
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: {
      type: `urn:posthorn:error:${code}`,
      title,
      status,
      detail,
      code,
      requestId: request.id,
      ...(errors && { errors: errors.map(({ field, message }) => ({ field, message })) }),
    },
  }
}

function textOf(problem: Problem): ProblemText {
  switch (problem.kind) {
    case 'unauthenticated': {
      const detail =
        problem.reason === 'missing'
          ? 'Send the operator key: Authorization: Bearer <key>.'
          : problem.reason === 'revoked'
            ? 'The key was revoked.'
            : 'The key is not known.'
      const headers = { 'www-authenticate': 'Bearer' }
      return { status: 401, code: 'unauthenticated', title: 'Unauthenticated', detail, headers }
    }
    case 'forbidden':
      return { status: 403, code: 'forbidden', title: 'Forbidden', detail: `This needs ${problem.needs}.` }
    case 'notFound': {
      const detail = `There is no ${problem.what} ${problem.id}.`
      return { status: 404, code: 'not_found', title: 'Not found', detail }
    }
    case 'routeUnknown': {
      const detail = `There is no ${problem.method} ${problem.path}.`
      return { status: 404, code: 'route_unknown', title: 'Unknown route', detail }
    }
    case 'methodNotAllowed': {
      const detail = `${problem.method} is not allowed here; ${problem.allowed.join(', ')} is.`
      return { status: 405, code: 'method_not_allowed', title: 'Method not allowed', detail }
    }
    case 'conflict':
      return { status: 409, code: problem.code, title: 'Conflict', detail: `${problem.detail}.` }
    case 'bodyTooLarge': {
      const detail = `A body has at most ${problem.bytesMax} bytes.`
      return { status: 413, code: 'body_too_large', title: 'Body too large', detail }
    }
    case 'mediaTypeUnsupported': {
      const detail = 'Send the body as application/json.'
      return { status: 415, code: 'media_type_unsupported', title: 'Unsupported media type', detail }
    }
    case 'bodyMalformed':
      return { status: 400, code: 'body_malformed', title: 'Malformed body', detail: problem.detail }
    case 'invalid': {
      const detail = `Invalid ${problem.where}: ${problem.fields.map((f) => `${f.field} ${f.message}`).join('; ')}.`
      return { status: 400, code: 'invalid', title: 'Invalid request', detail, errors: problem.fields }
    }
    case 'tooManyRequests': {
      const headers = { 'retry-after': String(problem.retryAfterSeconds) }
      return { status: 429, code: 'too_many_requests', title: 'Too many requests', detail: 'Slow down.', headers }
    }
    case 'unavailable': {
      const headers = { 'retry-after': String(problem.retryAfterSeconds) }
      const detail = 'The database broke off: it may have taken effect. Try again shortly; events with the same id.'
      return problem.outcomeUnknown === true
        ? { status: 503, code: 'outcome_unknown', title: 'Outcome unknown', detail, headers }
        : { status: 503, code: 'unavailable', title: 'Unavailable', detail: 'Try again shortly.', headers }
    }
    case 'internal': {
      const detail = 'Something went wrong on our side; the request id is in the log.'
      return { status: 500, code: 'internal', title: 'Internal error', detail }
    }
  }
}
