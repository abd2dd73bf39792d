// Problems in the form of the operator API: RFC 9457, with a stable code.

import { type FieldError, faultsText, type Problem } from '../domain/problem.ts'
import type { Answer } from '../http/answer.ts'
import type { AskedRequest } from '../http/front.ts'

/** A problem in the words of the operator API. */
export interface ProblemText {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
}

export function answerProblem(problem: Problem, request: AskedRequest): Answer {
  const { status, code, title, detail, errors, headers } = problemText(problem)
  return {
    status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...headers },
    body: {
      type: `urn:posthorn:error:${code}`,
      title,
      status,
      detail,
      code,
      requestId: request.id,
      ...(errors && { errors: errors.map(({ field, message }) => ({ field, message })) }),
    },
  }
}

const unreadableCodes = {
  400: 'request_malformed',
  408: 'request_timeout',
  417: 'expectation_failed',
  431: 'headers_too_large',
} as const

type ProblemOf<Kind extends Problem['kind']> = Extract<Problem, { readonly kind: Kind }>

export function problemText(problem: Problem): ProblemText {
  return textOf<Problem['kind']>(problem)
}

function textOf<Kind extends Problem['kind']>(problem: ProblemOf<Kind>): ProblemText {
  return texts[problem.kind](problem)
}

const texts: { readonly [Kind in Problem['kind']]: (problem: ProblemOf<Kind>) => ProblemText } = {
  unauthenticated: ({ reason }) => ({
    status: 401,
    code: 'unauthenticated',
    title: 'Unauthenticated',
    detail: unauthenticatedDetails[reason],
    headers: { 'www-authenticate': 'Bearer' },
  }),
  forbidden: ({ needs }) => ({ status: 403, code: 'forbidden', title: 'Forbidden', detail: `This needs ${needs}.` }),
  notFound: ({ what, id }) => ({
    status: 404,
    code: 'not_found',
    title: 'Not found',
    detail: `There is no ${what} ${id}.`,
  }),
  routeUnknown: ({ method, path }) => ({
    status: 404,
    code: 'route_unknown',
    title: 'Unknown route',
    detail: `There is no ${method} ${path}.`,
  }),
  methodNotAllowed: ({ method, allowed }) => ({
    status: 405,
    code: 'method_not_allowed',
    title: 'Method not allowed',
    detail: `${method} is not allowed here; ${methodsText(allowed)}.`,
  }),
  conflict: ({ code, detail }) => ({ status: 409, code, title: 'Conflict', detail: `${detail}.` }),
  bodyTooLarge: ({ bytesMax }) => ({
    status: 413,
    code: 'body_too_large',
    title: 'Body too large',
    detail: `A body has at most ${bytesMax} bytes.`,
  }),
  mediaTypeUnsupported: () => ({
    status: 415,
    code: 'media_type_unsupported',
    title: 'Unsupported media type',
    detail: 'Send the body as application/json in UTF-8.',
  }),
  bodyMalformed: ({ detail }) => ({ status: 400, code: 'body_malformed', title: 'Malformed body', detail }),
  invalid: ({ where, fields }) => ({
    status: 400,
    code: 'invalid',
    title: 'Invalid request',
    detail: `Invalid ${where}: ${faultsText(inWords(fields))}.`,
    errors: inWords(fields),
  }),
  tooManyRequests: ({ limit, retryAfterSeconds, detail }) => ({
    status: 429,
    code: 'too_many_requests',
    title: 'Too many requests',
    detail: detail ?? `The quota is ${limit} such requests a minute. Try again in ${retryAfterSeconds} s.`,
    headers: { 'retry-after': String(retryAfterSeconds) },
  }),
  loopDetected: () => ({
    status: 508,
    code: 'loop_detected',
    title: 'Loop detected',
    detail: 'This request is a delivery of this installation, and a delivery may not cause another one.',
  }),
  unavailable({ retryAfterSeconds, outcomeUnknown }) {
    const headers = { 'retry-after': String(retryAfterSeconds) }
    const detail =
      'The database failed during the call, which may have taken effect. Try again shortly, events with the same id.'
    return outcomeUnknown === true
      ? { status: 503, code: 'outcome_unknown', title: 'Outcome unknown', detail, headers }
      : { status: 503, code: 'unavailable', title: 'Unavailable', detail: 'Try again shortly.', headers }
  },
  requestUnreadable: ({ status, detail }) => ({
    status,
    code: unreadableCodes[status],
    title: 'Unreadable request',
    detail: `The request could not be read: ${detail}.`,
  }),
  internal: () => ({
    status: 500,
    code: 'internal',
    title: 'Internal error',
    detail: 'Something went wrong on our side; the request id is in the log.',
  }),
}

const unauthenticatedDetails = {
  missing: 'Send the operator key: Authorization: Bearer <key>.',
  unknown: 'The key is not known.',
  revoked: 'The key was revoked.',
  expired: 'The operator key has ended.',
} as const

/** `GET is`, or `GET, PATCH and DELETE are`. */
function methodsText(methods: readonly string[]): string {
  return `${methods.join(', ').replace(/, (\w+)$/, ' and $1')} ${methods.length === 1 ? 'is' : 'are'}`
}

const typeWords: Readonly<Record<string, string>> = {
  object: 'a JSON object',
  array: 'a JSON array',
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
}

/** The faults, with words for the types of JSON Schema: `must be a JSON object` for `must be object`. */
export function inWords(fields: readonly FieldError[]): readonly FieldError[] {
  return fields.map((fault) => {
    const isPlain = fault.rule === 'type' && /^must be \w+(?: or \w+)*$/.test(fault.message)
    if (!isPlain) return fault
    return { ...fault, message: fault.message.replaceAll(/\w+/g, (word) => typeWords[word] ?? word) }
  })
}
