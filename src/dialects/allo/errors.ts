// Problems in the form of Allo's API: `{"error":{…}}`. Sources: README.md in this folder.

import type { FieldError, Problem } from '../../domain/problem.ts'
import type { Answer } from '../../http/answer.ts'
import type { AskedRequest } from '../../http/front.ts'
import { idempotencyKeyReused } from '../../front/idempotency.ts'

type ErrorType =
  | 'authentication_error'
  | 'permission_error'
  | 'validation_error'
  | 'not_found_error'
  | 'conflict_error'
  | 'rate_limit_error'
  | 'server_error'

interface AlloError {
  readonly status: number
  readonly type: ErrorType
  readonly code: string
  readonly message: string
  readonly retryable?: boolean
  readonly param?: string
  readonly errors?: readonly FieldError[]
  readonly retryAfterSeconds?: number
}

const docs = 'https://help.withallo.com/en/v2/api-reference/guides/error-handling'

/** The vendor's names of fields, by the domain's names. */
const vendorFields: Readonly<Record<string, string>> = { eventTypes: 'topics' }

export function alloProblem(problem: Problem, request: AskedRequest): Answer {
  const error = describe(problem)
  const { status, type, code, message, retryable = false, param, errors, retryAfterSeconds } = error
  return {
    status,
    ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } }),
    body: {
      error: {
        type,
        code,
        message,
        retryable,
        request_id: request.id,
        doc_url: `${docs}#${code}`,
        ...(param !== undefined && { param }),
        ...(errors !== undefined && {
          errors: errors.map((fault) => ({ field: vendorName(fault), code: codeOf(fault), message: fault.message })),
        }),
        ...(retryAfterSeconds !== undefined && { retry_after_seconds: retryAfterSeconds }),
      },
    },
  }
}

function describe(problem: Problem): AlloError {
  switch (problem.kind) {
    case 'unauthenticated':
      return { status: 401, type: 'authentication_error', ...unauthenticated[problem.reason] }
    case 'forbidden': {
      const message = `This API key does not have the ${problem.needs} scope. Create a key that has it.`
      return { status: 403, type: 'permission_error', code: 'API_KEY_INSUFFICIENT_SCOPE', message }
    }
    case 'notFound': {
      const message = `No webhook found with ID '${problem.id}'.`
      return { status: 404, type: 'not_found_error', code: 'WEBHOOK_NOT_FOUND', message, param: 'webhook_id' }
    }
    case 'routeUnknown': {
      const message = `There is no ${problem.method} ${problem.path}. Check the URL and the method.`
      return { status: 404, type: 'not_found_error', code: 'ENDPOINT_NOT_FOUND', message }
    }
    case 'methodNotAllowed': {
      const message = `${problem.method} is not allowed here. Allowed: ${problem.allowed.join(', ')}.`
      return { status: 405, type: 'validation_error', code: 'METHOD_NOT_ALLOWED', message }
    }
    case 'mediaTypeUnsupported': {
      const message = 'Send the request body as application/json.'
      return { status: 415, type: 'validation_error', code: 'UNSUPPORTED_MEDIA_TYPE', message }
    }
    case 'bodyMalformed':
      return invalid('INVALID_REQUEST_BODY', `The request body could not be read: ${problem.detail}.`)
    case 'bodyTooLarge': {
      const message = `The request body is larger than ${problem.bytesMax} bytes.`
      return { ...invalid('INVALID_REQUEST_BODY', message), status: 413 }
    }
    case 'invalid':
      return invalidFields(problem.fields)
    case 'conflict':
      return conflict(problem.code, `${problem.detail.charAt(0).toUpperCase()}${problem.detail.slice(1)}.`)
    case 'tooManyRequests': {
      const message = `You have exceeded the rate limit of ${problem.limit} requests per second.`
      const { retryAfterSeconds } = problem
      const code = 'RATE_LIMIT_EXCEEDED'
      return { status: 429, type: 'rate_limit_error', code, message, retryable: true, retryAfterSeconds }
    }
    case 'loopDetected': {
      const message = 'This request is a delivery of a webhook. A delivery may not call the API.'
      return { status: 508, type: 'server_error', code: 'LOOP_DETECTED', message }
    }
    case 'unavailable': {
      const { retryAfterSeconds } = problem
      const message = 'The service is unavailable for a moment. Try again.'
      return { ...serverError, status: 503, message, retryAfterSeconds }
    }
    case 'requestUnreadable': {
      const message = `The request could not be read: ${problem.detail}.`
      return { ...invalid('INVALID_REQUEST', message), status: problem.status }
    }
    case 'internal':
      return serverError
  }
}

const unauthenticated = {
  missing: { code: 'UNAUTHORIZED', message: 'Provide an API key: Authorization: Api-Key <your-key>.' },
  unknown: { code: 'API_KEY_INVALID', message: 'The API key is invalid or does not exist.' },
  expired: { code: 'API_KEY_INVALID', message: 'The API key is invalid or does not exist.' },
  revoked: { code: 'API_KEY_REVOKED', message: 'The API key was revoked.' },
} as const

const serverError: AlloError = {
  status: 500,
  type: 'server_error',
  code: 'INTERNAL_SERVER_ERROR',
  message: 'Something went wrong on our side.',
  retryable: true,
}

function conflict(code: string, message: string): AlloError {
  // These are our own limits. A retry would hit them again, so the error is not a retryable conflict.
  if (code === 'too_many_endpoints' || code === 'endpoints_too_large') return invalid('INVALID_REQUEST_BODY', message)
  const reused = code === idempotencyKeyReused.code
  return {
    status: 409,
    type: 'conflict_error',
    code: reused ? 'IDEMPOTENCY_KEY_REUSE' : 'OTHER_TRANSACTION_IN_PROGRESS',
    message,
    retryable: !reused,
  }
}

function invalid(code: string, message: string): AlloError {
  return { status: 400, type: 'validation_error', code, message }
}

function invalidFields(faults: readonly FieldError[]): AlloError {
  const unknownTopic = faults.find(isUnknownTopic)
  const first = unknownTopic ?? faults[0]
  const message = faults.map((fault) => `${vendorName(fault)}: ${fault.message}`).join('; ')
  return {
    ...invalid(
      unknownTopic === undefined ? 'INVALID_REQUEST_BODY' : 'INVALID_EVENT_TYPE',
      `Invalid request. ${message}.`,
    ),
    ...(first !== undefined && { param: vendorName(first).split('.')[0] ?? '' }),
    errors: faults,
  }
}

function vendorName({ field }: FieldError): string {
  const [head = '', ...rest] = field.split('.')
  return [vendorFields[head] ?? head, ...rest].join('.')
}

function codeOf(fault: FieldError): string {
  if (fault.rule === 'required') return 'REQUIRED'
  return isUnknownTopic(fault) ? 'INVALID_EVENT_TYPE' : 'INVALID_VALUE'
}

function isUnknownTopic(fault: FieldError): boolean {
  return fault.rule === 'choice' && vendorName(fault).startsWith('topics.')
}
