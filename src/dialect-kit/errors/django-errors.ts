// The errors of products on Django REST Framework: `{"detail":…}`, or lists of messages by field.

import type { Problem } from '../../domain/problem.ts'
import { type CompiledErrors, errors, type Fault, sentence } from './errors.ts'

export interface DjangoForm {
  /** The fields that are UUIDs. */
  readonly uuids?: readonly string[]
  /** The fields that are lists: their faults are listed by index. */
  readonly lists?: readonly string[]
  /** The status without a key, or with a wrong one; default: 401. */
  readonly unauthenticated?: 401 | 403
  /** The text for a wrong key; default: `Invalid token.` */
  readonly keyUnknown?: string
}

// Newer releases of the framework say "No Webhook matches the given query.".
const notFound = 'Not found.'

export function djangoErrors({
  uuids = [],
  lists = [],
  unauthenticated = 401,
  keyUnknown = 'Invalid token.',
}: DjangoForm = {}): CompiledErrors {
  return errors({
    otherwise: {},
    'unauthenticated:missing': { status: unauthenticated, message: 'Authentication credentials were not provided.' },
    unauthenticated: { status: unauthenticated, message: keyUnknown },
    forbidden: { message: 'You do not have permission to perform this action.' },
    'notFound:page': { message: 'Invalid cursor' },
    notFound: { message: notFound },
    routeUnknown: { message: notFound },
    methodNotAllowed: { message: 'Method "{method}" not allowed.' },
    mediaTypeUnsupported: (_problem, { headers }) => ({
      message: `Unsupported media type "${headers['content-type'] ?? ''}" in request.`,
    }),
    bodyMalformed: ({ detail }, { body }) =>
      body === undefined ? { message: `JSON parse error - ${detail}` } : { body: noObject(body) },
    'invalid:path': { status: 404, body: { detail: notFound } },
    tooManyRequests: ({ retryAfterSeconds: seconds }) => ({
      message: `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`,
    }),
    bodyTooLarge: { message: 'Request body is larger than {bytesMax} bytes.' },
    loopDetected: { message: 'Loop detected: this request is a delivery of a webhook.' },
    unavailable: { message: 'Service temporarily unavailable, try again later.' },
    requestUnreadable: ({ detail }: Extract<Problem, { kind: 'requestUnreadable' }>) => ({ message: sentence(detail) }),
    internal: { message: 'A server error occurred.' },
    body: ({ faults, message }) => (faults.length === 0 ? { detail: message } : messagesByField(faults, uuids, lists)),
    schema: { type: 'object', properties: { detail: { type: 'string' } }, required: ['detail'] },
    invalidSchema: { type: 'object', additionalProperties: {} },
  })
}

/** The answer to a body that is JSON but not an object. */
function noObject(body: unknown): unknown {
  const text = body === null ? 'No data provided' : `Invalid data. Expected a dictionary, but got ${typeName(body)}.`
  return { non_field_errors: [text] }
}

/** A list of messages by field; for a fault within a list, by field and then by index. */
function messagesByField(faults: readonly Fault[], uuids: readonly string[], lists: readonly string[]): unknown {
  const messages: Record<string, string[] | Record<string, string[]>> = {}
  for (const fault of faults) {
    const [name = '', item] = fault.field.split('.')
    const isUuid = uuids.includes(name)
    const before = messages[name]
    // A fault inside an object is that of the field: no field is an object. If a list itself is wrong, its message
    // replaces those of its items.
    const isItem = item !== undefined && lists.includes(name) && /^\d+$/.test(item)
    if (!isItem) messages[name] = [messageOf(fault, name, isUuid, false)]
    else if (!Array.isArray(before)) messages[name] = { ...before, [item]: [messageOf(fault, name, isUuid, true)] }
  }
  return messages
}

const invalidUrl = 'Enter a valid URL.'

function messageOf(fault: Fault, name: string, isUuid: boolean, isItem: boolean): string {
  const { rule, limit, value, message, expected } = fault
  if (rule === 'required') return 'This field is required.'
  if (value === null) return 'This field may not be null.'
  if (isUuid) return 'Must be a valid UUID.'
  if (rule === 'choice' || (isItem && name === 'events')) return `"${valueText(value)}" is not a valid choice.`
  if (value === '') return 'This field may not be blank.'
  switch (rule) {
    case 'type':
      if (expected === 'array') return `Expected a list of items but got type "${typeName(value)}".`
      // The framework converts a number to text before it checks for a URL.
      return name === 'url' && typeof value === 'number' ? invalidUrl : 'Not a valid string.'
    case 'length':
      if (limit === undefined) return sentence(message)
      return `Ensure this field has no more than ${limit} ${Array.isArray(value) ? 'elements' : 'characters'}.`
    case 'format':
      // There is one text for all malformed URLs. Refusals that only Posthorn makes keep their own text.
      return name === 'url' && !/^must (?:not|be publicly)\b/.test(message) ? invalidUrl : sentence(message)
    default:
      return sentence(message)
  }
}

/** The Python type of a JSON value: `str`, `int`, `float`, `bool`, `list`, `dict`. */
function typeName(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'str'
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float'
    default:
      return Array.isArray(value) ? 'list' : 'dict'
  }
}

/** A JSON value as a message shows it: text unchanged, booleans as `True` and `False`, all others as JSON. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return JSON.stringify(value) ?? ''
}
