// Storno.ro's refusals: `{error, message, code, errors?}`; 401, 402 and 429 have other forms.

import type { Asked, ProblemName, Refusal } from '../../conformance/dialects/profile.ts'

const text = { type: 'string', minLength: 1 }

function closed(properties: object, required: readonly string[] = Object.keys(properties)): object {
  return { type: 'object', properties, required, additionalProperties: false }
}

export const refusalSchema = {
  anyOf: [
    closed({ code: { const: 401 }, message: text }),
    closed({ error: text, code: { const: 'PLAN_LIMIT' } }),
    closed({ error: { const: 'Too many requests. Please try again later.' } }),
    closed(
      {
        error: text,
        message: text,
        code: { type: 'integer', minimum: 400, maximum: 599 },
        errors: { type: 'object', additionalProperties: text, minProperties: 1 },
      },
      ['error', 'message', 'code'],
    ),
  ],
}

function refused(code: number, error: string, more: object = {}): Refusal {
  return { status: code, body: { error, code, ...more } }
}

function unauthenticated(message: string): Refusal {
  return { status: 401, body: { code: 401, message }, headers: { 'www-authenticate': 'Bearer' } }
}

export function invalid(code: 400 | 422, errors: object): Refusal {
  return refused(code, 'Validation failed', { message: 'The request contains invalid data', errors })
}

/** The refusal of each problem, as the vendor's reference describes it; `field` is the field at fault. */
export function refusal(problem: ProblemName, { request, field = '' }: Asked): Refusal {
  switch (problem) {
    case 'keyMissing':
    case 'schemeWrong':
      return unauthenticated('JWT Token not found')
    case 'keyUnknown':
    case 'keyRevoked':
      return unauthenticated('Invalid JWT Token')
    case 'forbidden': {
      const permission = request.method === 'GET' ? 'webhook.view' : 'webhook.manage'
      const message = `Insufficient permissions — requires ${permission} permission`
      return refused(403, 'Access denied', { message })
    }
    case 'notFound':
      return refused(404, 'Not found', { message: 'Webhook endpoint not found for this company' })
    case 'fieldMissing':
      return invalid(400, { [field]: 'This value should not be blank.' })
    case 'fieldInvalid':
    case 'fieldUnknown':
      return refused(400, 'Validation failed')
    case 'bodyMalformed':
      return refused(400, 'Invalid JSON')
    case 'bodyTooLarge':
      return refused(413, 'Payload too large', { message: 'The request body must have at most 196608 bytes' })
    case 'mediaTypeUnsupported':
      return refused(415, 'Unsupported media type')
    case 'methodNotAllowed':
      return refused(405, 'Method not allowed')
    case 'routeUnknown':
      return refused(404, 'Not found')
    case 'tooManyRequests':
      return { status: 429, body: { error: 'Too many requests. Please try again later.' } }
    case 'loopDetected':
      return refused(508, 'Loop detected')
  }
}
