// Problems in the form of Partoo's API: `{"errors":{<kind>:…}}`. Sources: README.md in this folder.

import type { FieldError, Problem } from '../../domain/problem.ts'
import type { Answer } from '../../http/answer.ts'
import { endpointDuplicate } from '../../operations/endpoint-problems.ts'
import { eventTypes, headerFault } from './wire.ts'

/** The fault of a field, or the faults of the fields inside it. */
type Fault = string | Choices | Faults
interface Choices {
  readonly explanation: string
  readonly choices: readonly string[]
}
interface Faults {
  [field: string]: Fault
}

/** The vendor's names of fields, by the domain's names. */
const vendorFields: Readonly<Record<string, string>> = { eventTypes: 'event_type', headers: 'custom_headers' }

const notFound = json(404, 'Resource not found')

export function partooProblem(problem: Problem): Answer {
  switch (problem.kind) {
    case 'unauthenticated':
      return { status: 401, body: { errors: { authentication: 'User not authenticated' } } }
    case 'forbidden':
      return { status: 403, body: { errors: { authorization: 'Operation not allowed' } } }
    case 'notFound':
    case 'routeUnknown':
      return notFound
    case 'invalid':
      // The only parameter of a path is an id. No webhook has a malformed id.
      return problem.where === 'path' ? notFound : json(400, nested(problem.fields))
    case 'conflict':
      return problem.code === endpointDuplicate
        ? json(400, { event_type: 'already exists' })
        : json(409, problem.detail)
    case 'bodyMalformed':
      return json(400, `Invalid JSON body: ${problem.detail}`)
    case 'bodyTooLarge':
      return json(413, `Request body is larger than ${problem.bytesMax} bytes`)
    case 'methodNotAllowed':
      return json(405, 'Method not allowed')
    case 'mediaTypeUnsupported':
      return json(415, 'Unsupported media type. Please use application/json')
    case 'tooManyRequests':
      return json(429, 'Too many requests', problem.retryAfterSeconds)
    case 'loopDetected':
      return json(508, 'Loop detected: this request is a delivery of a webhook')
    case 'unavailable':
      return json(503, 'Service unavailable', problem.retryAfterSeconds)
    case 'requestUnreadable':
      return json(problem.status, problem.detail)
    case 'internal':
      return json(500, 'Internal server error')
  }
}

function json(status: number, fault: Fault, retryAfterSeconds?: number): Answer {
  return {
    status,
    ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } }),
    body: { errors: { json: fault } },
  }
}

/** Faults by field; within a list, by index: `{"items":{"0":{"url":"is required"}}}`. */
function nested(fields: readonly FieldError[]): Faults {
  const faults = emptyFaults()
  for (const field of fields) {
    const path = pathOf(field.field)
    put(faults, path, wordsOf(field, path))
  }
  return faults
}

/** Without a prototype, because customers choose header names, for example `__proto__`. */
function emptyFaults(): Faults {
  return Object.create(null) as Faults
}

function put(into: Faults, [name = '', ...rest]: readonly string[], fault: Fault): void {
  if (rest.length === 0) {
    into[name] ??= fault
    return
  }
  const inner = (into[name] ??= emptyFaults())
  // The whole field already has a fault: faults inside it are left out.
  if (typeof inner !== 'string' && !isChoices(inner)) put(inner, rest, fault)
}

function isChoices(fault: Choices | Faults): fault is Choices {
  return Array.isArray(fault['choices'])
}

/** The path of a field. `items.0.headers.X-A.B` is the header `X-A.B`: header names may contain full stops. */
function pathOf(field: string): readonly string[] {
  const [, item, name = '', inner] = /^(items\.\d+(?=\.))?\.?([^.]*)(?:\.(.*))?$/s.exec(field) ?? []
  const vendorName = vendorFields[name] ?? name
  const head = [...(item?.split('.') ?? []), vendorName]
  // The vendor has one event type, the domain a list of them.
  return inner === undefined || vendorName === 'event_type' ? head : [...head, inner]
}

function wordsOf({ rule, message, expected, value }: FieldError, path: readonly string[]): Fault {
  if (rule === 'type' && expected !== undefined) return `must be ${article(expected)} ${expected}`
  if (rule === 'choice' && path.at(-1) === 'event_type') {
    return { explanation: `${String(value)} is an incorrect value`, choices: eventTypes.map(({ name }) => name) }
  }
  if (rule === 'format' && message.startsWith('must match pattern')) return headerFault(path.at(-1) ?? '')
  return message.replace('URL', 'url')
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? 'an' : 'a'
}
