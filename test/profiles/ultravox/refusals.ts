// Ultravox's refusals: `{"detail":…}`, or messages by field and, within a list, by index.

import type { Asked, ProblemName, Refusal } from '../../conformance/dialects/profile.ts'

const messages = { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 }
const list = {
  anyOf: [
    messages,
    { type: 'object', patternProperties: { '^\\d+$': messages }, additionalProperties: false, minProperties: 1 },
  ],
}

export const refusalSchema = {
  anyOf: [
    {
      type: 'object',
      properties: { detail: { type: 'string', minLength: 1 } },
      required: ['detail'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: {
        url: messages,
        agentId: messages,
        events: list,
        secrets: list,
        cursor: messages,
        non_field_errors: messages,
      },
      additionalProperties: false,
      minProperties: 1,
    },
  ],
}

/** The refusal of a field; `wrong` is a message, or messages by index. */
export function invalid(field: string, wrong: string | Readonly<Record<number, string>>): Refusal {
  const messagesOfField =
    typeof wrong === 'string'
      ? [wrong]
      : Object.fromEntries(Object.entries(wrong).map(([index, message]) => [index, [message]]))
  return { status: 400, body: { [field]: messagesOfField } }
}

function refused(status: number, detail: string): Refusal {
  return { status, body: { detail } }
}

export function refusal(problem: ProblemName, { request, field = '' }: Asked): Refusal {
  switch (problem) {
    case 'keyMissing':
    case 'schemeWrong':
      return refused(403, 'Authentication credentials were not provided.')
    case 'keyUnknown':
    case 'keyRevoked':
      return refused(403, 'Invalid API key')
    case 'forbidden':
      return refused(403, 'You do not have permission to perform this action.')
    case 'notFound':
    case 'routeUnknown':
      return refused(404, 'Not found.')
    case 'fieldMissing':
      return invalid(field, 'This field is required.')
    case 'fieldInvalid':
    case 'fieldUnknown':
      // Each wrong value has its own message in fields.ts.
      return { status: 400, body: {} }
    case 'bodyMalformed':
      return { status: 400, body: noObject[String(request.raw)] ?? {} }
    case 'bodyTooLarge':
      return refused(413, 'Request body is larger than 196608 bytes.')
    case 'mediaTypeUnsupported':
      return refused(415, `Unsupported media type "${request.headers?.['content-type']}" in request.`)
    case 'methodNotAllowed':
      return refused(405, `Method "${request.method}" not allowed.`)
    case 'tooManyRequests': {
      const detail = 'Request was throttled. Expected available in 1 second.'
      return { ...refused(429, detail), headers: { 'retry-after': '1' } }
    }
    case 'loopDetected':
      return refused(508, 'Loop detected: this request is a delivery of a webhook.')
  }
}

/** The answers to bodies that are JSON but not objects, by body. */
const noObject: Readonly<Record<string, object>> = {
  '[]': { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] },
  '"url"': { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] },
  '12': { non_field_errors: ['Invalid data. Expected a dictionary, but got int.'] },
  null: { non_field_errors: ['No data provided'] },
}
