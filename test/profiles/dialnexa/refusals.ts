// DialNexa's refusals: NestJS's envelope, with class-validator's texts for fields.

import type { Asked, ProblemName, Refusal } from '../../conformance/dialects/profile.ts'

const text = { type: 'string', minLength: 1 }

/** The envelope of every error. The message of one fault is a text, that of several is a list. */
export const refusalSchema = {
  type: 'object',
  properties: {
    statusCode: { type: 'integer', minimum: 400, maximum: 599 },
    message: { anyOf: [text, { type: 'array', items: text, minItems: 2 }] },
    error: text,
  },
  required: ['statusCode', 'message', 'error'],
  additionalProperties: false,
}

function refused(statusCode: number, error: string, message: string | readonly string[]): Refusal {
  return { status: statusCode, body: { statusCode, message, error } }
}

/** The refusal of a field or several, with the full message. */
export function badRequest(message: string | readonly string[]): Refusal {
  return refused(400, 'Bad Request', message)
}

const required = ['url', 'events', 'secret']

export function refusal(problem: ProblemName, { request, field = '' }: Asked): Refusal {
  switch (problem) {
    case 'keyMissing':
    case 'schemeWrong':
    case 'keyUnknown':
    case 'keyRevoked':
      return refused(401, 'Unauthorized', 'Unauthorized')
    case 'forbidden':
      return refused(403, 'Forbidden', 'You do not have permission to access this resource')
    case 'notFound':
      return refused(404, 'Not Found', 'Webhook not found')
    case 'fieldMissing': {
      const missing = required.filter((name) => !Object.hasOwn(request.body ?? {}, name))
      const messages = missing.map((name) => `${name} should not be empty`)
      return badRequest(messages.length === 1 ? (messages[0] ?? '') : messages)
    }
    case 'fieldInvalid':
    case 'fieldUnknown':
      throw new Error(`fields.ts has no refusal for a wrong value of ${field}`)
    case 'bodyMalformed':
      return { status: 400, body: { statusCode: 400, error: 'Bad Request' } }
    case 'bodyTooLarge':
      return refused(413, 'Payload Too Large', 'request entity too large')
    case 'mediaTypeUnsupported':
      return refused(415, 'Unsupported Media Type', 'Unsupported Media Type')
    // Both have the same text: in NestJS a route is a path and a method.
    case 'methodNotAllowed':
    case 'routeUnknown':
      return refused(404, 'Not Found', `Cannot ${request.method} ${request.path}`)
    case 'tooManyRequests':
      return refused(429, 'Too Many Requests', 'Too many requests. Please slow down and retry after a moment.')
    case 'loopDetected':
      return refused(508, 'Loop Detected', 'This request is a delivery of a webhook')
  }
}
