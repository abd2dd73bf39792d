// How Partoo refuses: `{"errors":{<kind>:…}}`, a text or one per field.

import type { Asked, ProblemName, Refusal } from '../../conformance/dialects/profile.ts'
import { wordsFor } from './fields.ts'

/** One kind of error at a time. */
export const refusalSchema = {
  type: 'object',
  properties: {
    errors: {
      type: 'object',
      properties: {
        json: {
          anyOf: [
            { type: 'string', minLength: 1 },
            { type: 'object', minProperties: 1 },
          ],
        },
        authentication: { type: 'string' },
        authorization: { type: 'string' },
      },
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: false,
    },
  },
  required: ['errors'],
  additionalProperties: false,
}

const unauthenticated = { status: 401, body: { errors: { authentication: 'User not authenticated' } } }

export function refused(status: number, json: unknown): Refusal {
  return { status, body: { errors: { json } } }
}

export function refusal(problem: ProblemName, { request, field = '', value }: Asked): Refusal {
  switch (problem) {
    case 'keyMissing':
    case 'schemeWrong':
    case 'keyUnknown':
    case 'keyRevoked':
      return unauthenticated
    case 'forbidden':
      return { status: 403, body: { errors: { authorization: 'Operation not allowed' } } }
    case 'notFound':
    case 'routeUnknown':
      return refused(404, 'Resource not found')
    case 'fieldMissing':
      // A create without a body lacks the list, and not yet a field in it.
      return request.body === undefined ? refused(400, { items: 'is required' }) : atField('is required')
    case 'fieldInvalid':
    case 'fieldUnknown':
      return atField(wordsFor(field, value))
    case 'bodyMalformed':
      return { status: 400, body: { errors: {} } }
    case 'bodyTooLarge':
      return refused(413, 'Request body is larger than 196608 bytes')
    case 'mediaTypeUnsupported':
      return refused(415, 'Unsupported media type. Please use application/json')
    case 'methodNotAllowed':
      return refused(405, 'Method not allowed')
    case 'tooManyRequests':
      return refused(429, 'Too many requests')
  }

  /** Create has a list of configurations, update is about one. */
  function atField(words: unknown): Refusal {
    const fault = { [field]: words }
    return refused(400, request.method === 'POST' ? { items: { 0: fault } } : fault)
  }
}
