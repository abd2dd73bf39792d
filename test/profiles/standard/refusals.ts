// Refusals of the operator API, which are also those of the standard dialect: problem documents of RFC 9457.

import type { Asked, ProblemName, Refusal } from '../../conformance/dialects/profile.ts'

const fault = {
  type: 'object',
  properties: { field: { type: 'string' }, message: { type: 'string', minLength: 1 } },
  required: ['field', 'message'],
  additionalProperties: false,
}

export const refusalSchema = {
  type: 'object',
  properties: {
    type: { type: 'string', pattern: '^urn:posthorn:error:[a-z_]+$' },
    title: { type: 'string', minLength: 1 },
    status: { type: 'integer' },
    detail: { type: 'string', minLength: 1 },
    code: { type: 'string' },
    requestId: { type: 'string', minLength: 1 },
    errors: { type: 'array', items: fault, minItems: 1 },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  additionalProperties: false,
}

function refused(status: number, code: string, more: object = {}): Refusal {
  const headers = {
    'content-type': 'application/problem+json; charset=utf-8',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  }
  return { status, headers, body: { status, code, type: `urn:posthorn:error:${code}`, ...more } }
}

export function invalid(field: string): Refusal {
  return refused(400, 'invalid', { errors: [{ field }] })
}

export function refusal(problem: ProblemName, { field = '', id = '' }: Asked): Refusal {
  switch (problem) {
    case 'keyMissing':
    case 'schemeWrong':
    case 'keyUnknown':
    case 'keyRevoked':
      return refused(401, 'unauthenticated')
    case 'forbidden':
      return refused(403, 'forbidden')
    case 'notFound':
      return refused(404, 'not_found', { detail: `There is no endpoint ${id}.` })
    case 'fieldMissing':
    case 'fieldInvalid':
    case 'fieldUnknown':
      return invalid(field)
    case 'bodyMalformed':
      return refused(400, 'body_malformed')
    case 'bodyTooLarge':
      return refused(413, 'body_too_large', { detail: 'A body has at most 196608 bytes.' })
    case 'mediaTypeUnsupported':
      return refused(415, 'media_type_unsupported')
    case 'methodNotAllowed':
      return refused(405, 'method_not_allowed')
    case 'routeUnknown':
      return refused(404, 'route_unknown')
    case 'tooManyRequests':
      return refused(429, 'too_many_requests')
    case 'loopDetected':
      return refused(508, 'loop_detected')
  }
}
