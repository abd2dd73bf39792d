// Allo's refusals: one envelope, with stable types and codes.

import type { Asked, ProblemName, Refusal } from '../../conformance/dialects/profile.ts'

const docs = 'https://help.withallo.com/en/v2/api-reference/guides/error-handling'

const fault = {
  type: 'object',
  properties: { field: { type: 'string' }, code: { type: 'string' }, message: { type: 'string', minLength: 1 } },
  required: ['field', 'code', 'message'],
  additionalProperties: false,
}

/** The envelope of every error. Its first six fields are always present. */
export const refusalSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        type: { type: 'string', pattern: '_error$' },
        code: { type: 'string', pattern: '^[A-Z_]+$' },
        message: { type: 'string', minLength: 1 },
        retryable: { type: 'boolean' },
        request_id: { type: 'string', minLength: 1 },
        doc_url: { type: 'string', pattern: `^${docs}#[A-Z_]+$` },
        param: { type: 'string' },
        errors: { type: 'array', items: fault, minItems: 1 },
        retry_after_seconds: { type: 'integer', minimum: 1 },
      },
      required: ['type', 'code', 'message', 'retryable', 'request_id', 'doc_url'],
      additionalProperties: false,
    },
  },
  required: ['error'],
  additionalProperties: false,
}

function refused(status: number, type: string, code: string, more: object = {}): Refusal {
  return { status, body: { error: { type, code, retryable: false, doc_url: `${docs}#${code}`, ...more } } }
}

/** The refusal of a field; `named` is the field's path, if it differs from the parameter. */
export function invalidBody(param: string, named: string = param, code = 'INVALID_VALUE'): Refusal {
  return refused(400, 'validation_error', 'INVALID_REQUEST_BODY', { param, errors: [{ field: named, code }] })
}

export function refusal(problem: ProblemName, { request, id, field = '' }: Asked): Refusal {
  switch (problem) {
    case 'keyMissing':
    case 'schemeWrong':
      return refused(401, 'authentication_error', 'UNAUTHORIZED')
    case 'keyUnknown':
      return refused(401, 'authentication_error', 'API_KEY_INVALID')
    case 'keyRevoked':
      return refused(401, 'authentication_error', 'API_KEY_REVOKED')
    case 'forbidden':
      return refused(403, 'permission_error', 'API_KEY_INSUFFICIENT_SCOPE')
    case 'notFound': {
      const message = `No webhook found with ID '${id}'.`
      return refused(404, 'not_found_error', 'WEBHOOK_NOT_FOUND', { param: 'webhook_id', message })
    }
    case 'fieldMissing':
      return invalidBody(field, field, 'REQUIRED')
    case 'fieldInvalid':
    case 'fieldUnknown':
      return invalidBody(field)
    case 'bodyMalformed':
      return refused(400, 'validation_error', 'INVALID_REQUEST_BODY')
    case 'bodyTooLarge':
      return refused(413, 'validation_error', 'INVALID_REQUEST_BODY', {
        message: 'The request body is larger than 196608 bytes.',
      })
    case 'mediaTypeUnsupported':
      return refused(415, 'validation_error', 'UNSUPPORTED_MEDIA_TYPE')
    case 'methodNotAllowed':
      return refused(405, 'validation_error', 'METHOD_NOT_ALLOWED')
    case 'routeUnknown':
      return refused(404, 'not_found_error', 'ENDPOINT_NOT_FOUND')
    case 'tooManyRequests': {
      const limit = request.method === 'GET' ? 20 : 5
      const message = `You have exceeded the rate limit of ${limit} requests per second.`
      const more = { retryable: true, retry_after_seconds: 1, message }
      return { ...refused(429, 'rate_limit_error', 'RATE_LIMIT_EXCEEDED', more), headers: { 'retry-after': '1' } }
    }
    case 'loopDetected':
      return refused(508, 'server_error', 'LOOP_DETECTED')
  }
}
