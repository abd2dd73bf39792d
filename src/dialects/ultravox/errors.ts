// Problems in the form of Ultravox's API: `{"detail":…}`, or lists of messages by field, as in Django REST Framework.
// Sources: README.md in this folder.

import type { FieldError, Problem } from '../../domain/problem.ts'
import type { Answer } from '../../http/answer.ts'
import type { AskedRequest } from '../../http/front.ts'
import { typeName, valueText } from './python-words.ts'

// Newer releases of the framework say "No Webhook matches the given query.".
const notFound = 'Not found.'

export function ultravoxProblem(problem: Problem, request: AskedRequest): Answer {
  switch (problem.kind) {
    case 'unauthenticated':
      return problem.reason === 'missing'
        ? detail(403, 'Authentication credentials were not provided.')
        : detail(403, 'Invalid API key')
    case 'forbidden':
      return detail(403, 'You do not have permission to perform this action.')
    case 'notFound':
      return detail(404, problem.what === 'page' ? 'Invalid cursor' : notFound)
    case 'routeUnknown':
      return detail(404, notFound)
    case 'methodNotAllowed':
      return detail(405, `Method "${problem.method}" not allowed.`)
    case 'mediaTypeUnsupported':
      return detail(415, `Unsupported media type "${request.headers['content-type'] ?? ''}" in request.`)
    case 'bodyMalformed':
      return request.body === undefined ? detail(400, `JSON parse error - ${problem.detail}`) : noObject(request.body)
    case 'bodyTooLarge':
      return detail(413, `Request body is larger than ${problem.bytesMax} bytes.`)
    case 'invalid':
      return problem.where === 'path' ? detail(404, notFound) : { status: 400, body: messagesByField(problem.fields) }
    case 'conflict':
      return detail(409, sentence(problem.detail))
    case 'tooManyRequests': {
      const { retryAfterSeconds: seconds } = problem
      const text = `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`
      return detail(429, text, seconds)
    }
    case 'loopDetected':
      return detail(508, 'Loop detected: this request is a delivery of a webhook.')
    case 'unavailable':
      return detail(503, 'Service temporarily unavailable, try again later.', problem.retryAfterSeconds)
    case 'requestUnreadable':
      return detail(problem.status, sentence(problem.detail))
    case 'internal':
      return detail(500, 'A server error occurred.')
  }
}

function detail(status: number, text: string, retryAfterSeconds?: number): Answer {
  return {
    status,
    ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } }),
    body: { detail: text },
  }
}

/** The answer to a body that is JSON but not an object. */
function noObject(body: unknown): Answer {
  const text = body === null ? 'No data provided' : `Invalid data. Expected a dictionary, but got ${typeName(body)}.`
  return { status: 400, body: { non_field_errors: [text] } }
}

/** The vendor's names of fields, by the domain's names. */
const vendorFields: Readonly<Record<string, string>> = { eventTypes: 'events', filters: 'agentId' }

/** A list of messages by field; for a fault within a list, by field and then by index. */
function messagesByField(faults: readonly FieldError[]): unknown {
  const messages: Record<string, string[] | Record<string, string[]>> = {}
  for (const fault of faults) {
    const [head = '', item] = fault.field.split('.')
    const name = vendorFields[head] ?? head
    const before = messages[name]
    // If the list itself is wrong, its message replaces those of its items.
    if (item === undefined || name === 'agentId') messages[name] = [messageOf(fault, name, false)]
    else if (!Array.isArray(before)) messages[name] = { ...before, [item]: [messageOf(fault, name, true)] }
  }
  return messages
}

function messageOf(fault: FieldError, name: string, isItem: boolean): string {
  const { rule, limit, value, message } = fault
  if (rule === 'required') return 'This field is required.'
  if (value === null) return 'This field may not be null.'
  if (name === 'agentId') return 'Must be a valid UUID.'
  if (name === 'events' && isItem) return `"${valueText(value)}" is not a valid choice.`
  if (value === '') return 'This field may not be blank.'
  const isList = (name === 'events' || name === 'secrets') && !isItem
  switch (rule) {
    case 'type':
      if (isList) return `Expected a list of items but got type "${typeName(value)}".`
      // The framework converts a number to text before it checks for a URL.
      return name === 'url' && typeof value === 'number' ? invalidUrl : 'Not a valid string.'
    case 'length':
      if (limit === undefined) return sentence(message)
      return `Ensure this field has no more than ${limit} ${isList ? 'elements' : 'characters'}.`
    case 'format':
      // The vendor has one text for all malformed URLs. Refusals that only Posthorn makes keep their own text.
      return name === 'url' && !/^must (?:not|be publicly)\b/.test(message) ? invalidUrl : sentence(message)
    default:
      return sentence(message)
  }
}

const invalidUrl = 'Enter a valid URL.'

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}
