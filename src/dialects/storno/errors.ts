// Problems in the form of Storno.ro's API: `{error, message, code, errors?}`, and for 401 the form of its JWT library.
// Sources: README.md in this folder.

import type { FieldError, Problem } from '../../domain/problem.ts'
import type { Answer } from '../../http/answer.ts'
import { endpointDisabled } from '../../operations/endpoint-problems.ts'
import { companyDenied, companyMissing, planWithWebhooks } from './access.ts'

export function stornoProblem(problem: Problem): Answer {
  switch (problem.kind) {
    case 'unauthenticated': {
      const body = { code: 401, message: unauthenticated[problem.reason] }
      return { status: 401, headers: { 'www-authenticate': 'Bearer' }, body }
    }
    case 'forbidden':
      return forbidden(problem.needs)
    case 'notFound':
      return notFound(problem.what)
    case 'routeUnknown':
      return answer(404, 'Not found', `No route found for "${problem.method} ${problem.path}"`)
    case 'methodNotAllowed': {
      const message = `Method ${problem.method} is not allowed here (allowed: ${problem.allowed.join(', ')})`
      return answer(405, 'Method not allowed', message)
    }
    case 'mediaTypeUnsupported':
      return answer(415, 'Unsupported media type', 'The request body must be sent as application/json')
    case 'bodyMalformed':
      return answer(400, 'Invalid JSON', `The request body could not be read: ${problem.detail}`)
    case 'bodyTooLarge':
      return answer(413, 'Payload too large', `The request body must have at most ${problem.bytesMax} bytes`)
    case 'invalid':
      return invalid(problem.where, problem.fields)
    case 'conflict':
      return problem.code === endpointDisabled.code
        ? answer(422, 'Webhook is inactive', 'Activate the webhook before sending a test delivery')
        : answer(409, 'Conflict', problem.detail)
    case 'tooManyRequests': {
      const body = { error: 'Too many requests. Please try again later.' }
      return { status: 429, headers: { 'retry-after': String(problem.retryAfterSeconds) }, body }
    }
    case 'loopDetected':
      return answer(508, 'Loop detected', 'This request is a delivery of a webhook')
    case 'unavailable': {
      const unavailable = answer(503, 'Service unavailable', 'The service is unavailable for a moment. Try again.')
      return { ...unavailable, headers: { 'retry-after': String(problem.retryAfterSeconds) } }
    }
    case 'requestUnreadable':
      return answer(problem.status, 'Unreadable request', `The request could not be read: ${problem.detail}`)
    case 'internal':
      return answer(500, 'Internal server error', 'Something went wrong on our side')
  }
}

const unauthenticated = {
  missing: 'JWT Token not found',
  unknown: 'Invalid JWT Token',
  revoked: 'Invalid JWT Token',
  expired: 'Expired JWT Token',
} as const

function answer(status: number, error: string, message: string): Answer {
  return { status, body: { error, message, code: status } }
}

function forbidden(needs: string): Answer {
  switch (needs) {
    case companyMissing:
      return answer(403, 'Company context required', 'The X-Company header is required for this endpoint.')
    case companyDenied:
      return answer(403, 'Access denied', 'You do not have access to this company.')
    case planWithWebhooks:
      return { status: 402, body: { error: 'Webhooks are not available on your plan.', code: 'PLAN_LIMIT' } }
    default:
      return answer(403, 'Access denied', `Insufficient permissions — requires ${needs} permission`)
  }
}

function notFound(what: string): Answer {
  switch (what) {
    // A token may name a company that does not exist. The answer is the same as for another customer's company.
    case 'tenant':
      return forbidden(companyDenied)
    case 'delivery':
      return answer(404, 'Not found', 'Webhook delivery not found for this endpoint')
    default:
      return answer(404, 'Not found', 'Webhook endpoint not found for this company')
  }
}

function invalid(where: string, faults: readonly FieldError[]): Answer {
  const status = where === 'query' || faults.every(breaksBusinessRule) ? 422 : 400
  const errors = new Map<string, string>()
  for (const fault of faults) {
    const field = vendorField(fault)
    if (!errors.has(field)) errors.set(field, messageOf(fault))
  }
  const message = 'The request contains invalid data'
  const body = { error: 'Validation failed', message, code: status, errors: Object.fromEntries(errors) }
  return { status, body }
}

/** The vendor answers 422 to a well-formed value that it does not accept, and 400 to a malformed value. */
function breaksBusinessRule(fault: FieldError): boolean {
  return isSchemeFault(fault) || isUnknownEvent(fault)
}

function isSchemeFault({ field, rule, expected }: FieldError): boolean {
  return field === 'url' && rule === 'format' && expected !== undefined
}

function isUnknownEvent({ field, rule }: FieldError): boolean {
  return field.startsWith('eventTypes.') && rule === 'choice'
}

/** The vendor's names of fields, by the domain's names. */
const vendorFields: Readonly<Record<string, string>> = { eventTypes: 'events', enabled: 'isActive' }

/** The vendor's name of a field; an element of a list has the name of its list. */
function vendorField({ field }: FieldError): string {
  const [head = ''] = field.split('.')
  return vendorFields[head] ?? head
}

/** The message of a fault, in the style of the framework that the vendor's example shows. */
function messageOf(fault: FieldError): string {
  const { rule, message, limit, expected, value } = fault
  if (isSchemeFault(fault)) return 'A valid HTTPS URL is required.'
  if (isUnknownEvent(fault)) return `Invalid event type: ${String(value)}`
  if (rule === 'required') return 'This value should not be blank.'
  if (rule === 'type') return `This value should be of type ${(expected ?? '').replaceAll(' or ', '|')}.`
  if (rule === 'length' && Array.isArray(value) && value.length === 0) return 'At least one event type is required.'
  if (rule === 'length' && value === '') return 'This value should not be blank.'
  if (rule === 'length' && typeof value === 'string' && limit !== undefined) {
    return `This value is too long. It should have ${limit} characters or less.`
  }
  if (fault.field === 'url') return `The URL ${message}.`
  return `This value ${message}.`
}
