// How a problem reads in Partoo's API: `{"errors":{<kind>:…}}`. Sources: README.md beside this file.

import type { FieldError, Problem } from '../../domain/problem.ts'
import type { Answer } from '../../http/answer.ts'
import { endpointDuplicate } from '../../operations/endpoint-problems.ts'
import { eventTypes, headerNameFault } from './wire.ts'

/** What is wrong with a field, or with the fields inside of it. */
type Fault = string | Choices | Faults
interface Choices {
  readonly explanation: string
  readonly choices: readonly string[]
}
interface Faults {
  [field: string]: Fault
}

/** The domain's names of fields, in the vendor's words. */
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
      // The only thing in a path is an id: one of another form is nobody's.
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
    case 'unavailable':
      return json(503, 'Service unavailable', problem.retryAfterSeconds)
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

/** Faults by field; those of a list by its index: `{"items":{"0":{"url":"is required"}}}`. */
function nested(fields: readonly FieldError[]): Faults {
  const faults = emptyFaults()
  for (const field of fields) {
    const path = pathOf(field.field)
    put(faults, path, wordsOf(field, path))
  }
  return faults
}

/** Without a prototype: customers choose names of headers, `__proto__` for one. */
function emptyFaults(): Faults {
  return Object.create(null) as Faults
}

function put(into: Faults, [name = '', ...rest]: readonly string[], fault: Fault): void {
  if (rest.length === 0) {
    into[name] ??= fault
    return
  }
  const inner = (into[name] ??= emptyFaults())
  // A field that is wrong as a whole has been named already.
  if (typeof inner !== 'string' && !isChoices(inner)) put(inner, rest, fault)
}

function isChoices(fault: Choices | Faults): fault is Choices {
  return Array.isArray(fault['choices'])
}

/** `items.0.headers.X-A.B` is the header `X-A.B`: names of headers may hold full stops. */
function pathOf(field: string): readonly string[] {
  const [, item, name = '', inner] = /^(items\.\d+(?=\.))?\.?([^.]*)(?:\.(.*))?$/s.exec(field) ?? []
  const vendorName = vendorFields[name] ?? name
  const head = [...(item?.split('.') ?? []), vendorName]
  // An event type is one value here, and a list in the domain.
  return inner === undefined || vendorName === 'event_type' ? head : [...head, inner]
}

function wordsOf({ rule, message, expected, value }: FieldError, path: readonly string[]): Fault {
  if (rule === 'type' && expected !== undefined) return `must be ${article(expected)} ${expected}`
  if (rule === 'choice' && path.at(-1) === 'event_type') {
    return { explanation: `${String(value)} is an incorrect value`, choices: eventTypes.map(({ name }) => name) }
  }
  if (rule === 'format' && message.startsWith('must match pattern')) return headerNameFault
  return message.replace('URL', 'url')
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? 'an' : 'a'
}
