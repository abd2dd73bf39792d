// Partoo's refusals: `{"errors":{<kind>:…}}`, with one text or one text per field.

import type { Asked, ProblemName, Refusal } from '../../conformance/dialects/profile.ts'
import { wordsFor } from './fields.ts'

/** The envelope of every error, with exactly one kind of error. */
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
      // In a create without a body, the missing field is the list itself.
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
    case 'loopDetected':
      return refused(508, 'Loop detected: this request is a delivery of a webhook')
  }

  /** The body of create is a list of configurations, that of update is one configuration. */
  function atField(words: unknown): Refusal {
    const fault = { [field]: words }
    return refused(400, request.method === 'POST' ? { items: { 0: fault } } : fault)
  }
}
