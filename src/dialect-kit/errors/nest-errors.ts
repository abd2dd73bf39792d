// The errors of products on NestJS: `{statusCode, message, error}`, with the messages of class-validator.

import { STATUS_CODES } from 'node:http'
import { limits } from '../../domain/limits.ts'
import { type CompiledErrors, type Fault, errors } from './errors.ts'

export interface NestForm {
  readonly notFound: string
  readonly forbidden?: string
  readonly tooManyRequests?: string
  /** The product's word for the owner of webhooks, in messages about our own limits. */
  readonly owner: string
  /** The order of faults in a message, by field. */
  readonly order: readonly string[]
}

export function nestErrors({ notFound, forbidden, tooManyRequests, owner, order }: NestForm): CompiledErrors {
  return errors({
    otherwise: {},
    unauthenticated: { message: 'Unauthorized' },
    forbidden: { message: forbidden ?? 'Forbidden resource' },
    notFound: { message: notFound },
    // Both have the same text: in NestJS a route is a path and a method.
    routeUnknown: (_problem, { method, url }) => ({ message: `Cannot ${method} ${url}` }),
    methodNotAllowed: (_problem, { method, url }) => ({ status: 404, message: `Cannot ${method} ${url}` }),
    mediaTypeUnsupported: { message: 'Unsupported Media Type' },
    bodyMalformed: { message: '{detail}' },
    bodyTooLarge: { message: 'request entity too large' },
    'conflict:too_many_endpoints': {
      message: `A ${owner} can have no more than ${limits.endpointsPerTenantMax} webhooks`,
    },
    'conflict:endpoints_too_large': { message: `The webhooks of this ${owner} are too large in all` },
    conflict: { message: 'The webhook was changed meanwhile' },
    tooManyRequests: { message: tooManyRequests ?? 'ThrottlerException: Too Many Requests' },
    loopDetected: { message: 'This request is a delivery of a webhook' },
    unavailable: { message: 'Service Unavailable' },
    requestUnreadable: { message: '{detail}' },
    internal: { message: 'Internal server error' },
    body: ({ status, message, faults }) => ({
      statusCode: status,
      message: faults.length === 0 ? message : messageOf(faults, order),
      error: STATUS_CODES[status],
    }),
    schema: {
      type: 'object',
      properties: {
        statusCode: { type: 'integer' },
        message: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
        error: { type: 'string' },
      },
      required: ['statusCode', 'message', 'error'],
    },
  })
}

/** The message of one fault is a text, that of several is a list. */
function messageOf(faults: readonly Fault[], order: readonly string[]): string | readonly string[] {
  const placed = faults.map((fault) => {
    const [name = '', item] = fault.field.split('.')
    const isItem = item !== undefined
    const text = `${isItem ? 'each value in ' : ''}${name} ${wordsOf(fault, name, isItem)}`
    return { text, place: order.indexOf(name) }
  })
  // A fault that several values of a list have is listed once.
  const messages = [...new Set(placed.toSorted((a, b) => a.place - b.place).map(({ text }) => text))]
  return messages.length === 1 ? (messages[0] ?? '') : messages
}

const typeWords: Readonly<Record<string, string>> = {
  array: 'must be an array',
  string: 'must be a string',
  boolean: 'must be a boolean value',
  integer: 'must be an integer number',
}

/** The message of a fault, as class-validator writes it. */
function wordsOf({ rule, limit, value, message, expected = '' }: Fault, name: string, isItem: boolean): string {
  switch (rule) {
    case 'required':
      return 'should not be empty'
    case 'type':
      return name === 'url' ? 'must be a valid URL' : (typeWords[expected] ?? message)
    case 'range':
      return `must not be ${Number(value) < Number(limit) ? 'less' : 'greater'} than ${limit}`
    case 'length':
      if (limit === undefined) return message
      // A limit of 1 is always a minimum: no field has a maximum of 1.
      if (limit === 1) return 'should not be empty'
      return Array.isArray(value) && !isItem
        ? `must contain no more than ${limit} elements`
        : `must be shorter than or equal to ${limit} characters`
    case 'choice':
      return `must be an event name of no more than ${limits.eventTypeCharsMax} characters, without wildcards`
    default:
      // There is one text for all malformed URLs. Refusals that only Posthorn makes keep their own text.
      return name === 'url' && !/^must (?:not|be publicly)\b/.test(message) ? 'must be a valid URL' : message
  }
}
