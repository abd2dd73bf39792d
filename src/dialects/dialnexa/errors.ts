// Problems in the form of DialNexa's API: `{statusCode,message,error}`, as in NestJS. Sources: README.md in this
// folder.

import { STATUS_CODES } from 'node:http'
import { limits } from '../../domain/limits.ts'
import type { FieldError, Problem } from '../../domain/problem.ts'
import type { Answer } from '../../http/answer.ts'
import type { AskedRequest } from '../../http/front.ts'

export function dialnexaProblem(problem: Problem, request: AskedRequest): Answer {
  switch (problem.kind) {
    case 'unauthenticated':
      return answer(401, 'Unauthorized')
    case 'forbidden':
      return answer(403, 'You do not have permission to access this resource')
    case 'notFound':
      return answer(404, 'Webhook not found')
    // Both have the same text: in NestJS a route is a path and a method.
    case 'routeUnknown':
    case 'methodNotAllowed':
      return answer(404, `Cannot ${request.method} ${request.url}`)
    case 'mediaTypeUnsupported':
      return answer(415, 'Unsupported Media Type')
    case 'bodyMalformed':
      return answer(400, problem.detail)
    case 'bodyTooLarge':
      return answer(413, 'request entity too large')
    case 'invalid':
      return answer(400, messageOf(problem.fields))
    case 'conflict':
      return answer(409, conflicts.get(problem.code) ?? 'The webhook was changed meanwhile')
    case 'tooManyRequests': {
      const message = 'Too many requests. Please slow down and retry after a moment.'
      return answer(429, message, problem.retryAfterSeconds)
    }
    case 'loopDetected':
      return answer(508, 'This request is a delivery of a webhook')
    case 'unavailable':
      return answer(503, 'Service Unavailable', problem.retryAfterSeconds)
    case 'requestUnreadable':
      return answer(problem.status, problem.detail)
    case 'internal':
      return answer(500, 'Internal server error')
  }
}

const conflicts: ReadonlyMap<string, string> = new Map([
  ['too_many_endpoints', `A workspace can have no more than ${limits.endpointsPerTenantMax} webhooks`],
  ['endpoints_too_large', 'The webhooks of this workspace are too large in all'],
])

function answer(statusCode: number, message: string | readonly string[], retryAfterSeconds?: number): Answer {
  return {
    status: statusCode,
    ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } }),
    body: { statusCode, message, error: STATUS_CODES[statusCode] },
  }
}

/** The vendor's names of fields, by the domain's names. */
const vendorFields: Readonly<Record<string, string>> = { eventTypes: 'events', secrets: 'secret' }

/** The order of faults in a message. */
const order = ['url', 'events', 'secret', 'is_active', 'page', 'limit']

/** The message of one fault is a text, that of several is a list. */
function messageOf(faults: readonly FieldError[]): string | readonly string[] {
  const placed = faults.map((fault) => {
    const [head = '', item] = fault.field.split('.')
    const name = vendorFields[head] ?? head
    const ofItem = name === 'events' && item !== undefined
    const text = `${ofItem ? 'each value in ' : ''}${name} ${wordsOf(fault, name, ofItem)}`
    return { text, place: order.indexOf(name) }
  })
  // A fault that several values of a list have is listed once.
  const messages = [...new Set(placed.toSorted((a, b) => a.place - b.place).map(({ text }) => text))]
  return messages.length === 1 ? (messages[0] ?? '') : messages
}

const invalidUrl = 'must be a valid URL'

const typeWords: Readonly<Record<string, string>> = {
  url: invalidUrl,
  events: 'must be an array',
  secret: 'must be a string',
  is_active: 'must be a boolean value',
  page: 'must be an integer number',
  limit: 'must be an integer number',
}

/** The message of a fault, in the style of class-validator, which produces the vendor's own messages. */
function wordsOf({ rule, limit, value, message }: FieldError, name: string, ofItem: boolean): string {
  switch (rule) {
    case 'required':
      return 'should not be empty'
    case 'type':
      return ofItem ? 'must be a string' : (typeWords[name] ?? message)
    case 'range':
      return `must not be ${Number(value) < Number(limit) ? 'less' : 'greater'} than ${limit}`
    case 'length':
      if (limit === undefined) return message
      // A limit of 1 is always a minimum: no field has a maximum of 1.
      if (limit === 1) return 'should not be empty'
      return name === 'events' && !ofItem
        ? `must contain no more than ${limit} elements`
        : `must be shorter than or equal to ${limit} characters`
    case 'choice':
      return `must be an event name of no more than ${limits.eventTypeCharsMax} characters, without wildcards`
    default:
      // The vendor has one text for all malformed URLs. Refusals that only Posthorn makes keep their own text.
      return name === 'url' && !/^must (?:not|be publicly)\b/.test(message) ? invalidUrl : message
  }
}
