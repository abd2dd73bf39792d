// The answers to refused requests. A dialect says for each kind of problem what its vendor says; the kit supplies
// statuses and plain texts for what the vendor does not document.

import { checkErrorForm, placeholders } from './error-shape.ts'
import type { FieldError, Problem } from '../../domain/problem.ts'
import type { Answer } from '../../http/answer.ts'
import type { AskedRequest } from '../../http/front.ts'

export type ProblemKind = Problem['kind']
type ProblemOf<Kind extends ProblemKind> = Extract<Problem, { readonly kind: Kind }>

/** A fault of one field, by the vendor's name: `topics.0` is the first topic. */
export type Fault = FieldError

/** The facts from which the answer to a problem is written. */
export interface ErrorFacts {
  readonly kind: ProblemKind
  readonly status: number
  readonly message: string
  /** The faults of the fields; empty: the problem is not about fields. */
  readonly faults: readonly Fault[]
  /** How long the caller should wait; null: a wait does not help. */
  readonly retryAfterSeconds: number | null
  readonly request: AskedRequest
}

/**
 * What the vendor says of one kind of problem: a status, a message, and the dialect's own facts. `{needs}` in a message
 * is the field `needs` of the problem.
 */
type Said<More> = Partial<Pick<ErrorFacts, 'status' | 'message'>> & {
  /** Replaces the whole body. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
} & Partial<More>

type Saying<Kind extends ProblemKind, More> =
  | Said<More>
  | ((problem: ProblemOf<Kind>, request: AskedRequest) => Said<More>)

/** The problems that have a name of their own besides their kind: `conflict:too_many_endpoints`. */
interface Details {
  readonly unauthenticated: ProblemOf<'unauthenticated'>['reason']
  readonly notFound: ProblemOf<'notFound'>['what']
  readonly invalid: ProblemOf<'invalid'>['where']
  readonly conflict: string
  readonly forbidden: string
}

type Sayings<More> = { readonly [Kind in ProblemKind]?: Saying<Kind, More> } & {
  readonly [Kind in keyof Details as `${Kind}:${Details[Kind]}`]?: Saying<Kind, More>
}

export type ErrorForm<More> = Sayings<More> & {
  /** The body of an error. */
  readonly body: (facts: ErrorFacts & More) => unknown
  /** The dialect's own facts of an error that does not give them. */
  readonly otherwise: More
  /** The media type of errors; default: `application/json`. */
  readonly contentType?: string
  /** JSON Schema of the body; default: any object. */
  readonly schema?: object
  /** JSON Schema of the body for faults of fields; default: `schema`. */
  readonly invalidSchema?: object
}

export type AnswerProblem = (problem: Problem, request: AskedRequest) => Answer

export interface CompiledErrors {
  /** @param vendorName the vendor's name of a field, by the domain's name */
  readonly answerWith: (vendorName: (field: string) => string) => AnswerProblem
  readonly schema: object
  /** The schema for faults of fields, if it is another one. */
  readonly invalidSchema?: object
}

/** Compiles the errors of a dialect. `More` are facts of its own that `body` shows, such as a code. */
export function errors<More extends object>(form: ErrorForm<More>): CompiledErrors {
  checkErrorForm(form)
  const sayings = form as unknown as Readonly<Record<string, Saying<ProblemKind, More> | undefined>>
  return {
    schema: form.schema ?? { type: 'object' },
    ...(form.invalidSchema && { invalidSchema: form.invalidSchema }),
    answerWith: (vendorName) => (given, request) => {
      const problem = inVendorNames(given, vendorName)
      const saying = sayings[`${problem.kind}:${detailOf(problem)}`] ?? sayings[problem.kind] ?? {}
      const said = typeof saying === 'function' ? saying(problem, request) : saying
      const facts = {
        ...form.otherwise,
        kind: problem.kind,
        faults: problem.kind === 'invalid' ? problem.fields : [],
        retryAfterSeconds: 'retryAfterSeconds' in problem ? problem.retryAfterSeconds : null,
        request,
        ...plainly(problem),
        ...said,
      }
      const { status, retryAfterSeconds } = facts
      const isTemplate = typeof saying !== 'function' && said.message !== undefined
      const message = isTemplate ? filled(said.message, problem) : facts.message
      const headers = {
        ...(form.contentType !== undefined && { 'content-type': form.contentType }),
        ...(retryAfterSeconds !== null && { 'retry-after': String(retryAfterSeconds) }),
        ...said.headers,
      }
      const body = said.body ?? form.body({ ...facts, message })
      return { status, ...(Object.keys(headers).length > 0 && { headers }), body }
    },
  }
}

/** The name that a problem has besides its kind. */
function detailOf(problem: Problem): string {
  switch (problem.kind) {
    case 'unauthenticated':
      return problem.reason
    case 'notFound':
      return problem.what
    case 'invalid':
      return problem.where
    case 'conflict':
      return problem.code
    case 'forbidden':
      return problem.needs
    default:
      return ''
  }
}

/** The message with the fields of the problem in place of their names. */
function filled(message: string, problem: Problem): string {
  const fields = problem as unknown as Readonly<Record<string, unknown>>
  return message.replaceAll(placeholders, (placeholder) => String(fields[placeholder.slice(1, -1)]))
}

function inVendorNames(problem: Problem, vendorName: (field: string) => string): Problem {
  if (problem.kind !== 'invalid') return problem
  return { ...problem, fields: problem.fields.map((fault) => ({ ...fault, field: vendorName(fault.field) })) }
}

/** The status and text of a problem, for vendors that document none. */
function plainly(problem: Problem): Pick<ErrorFacts, 'status' | 'message'> {
  switch (problem.kind) {
    case 'unauthenticated':
      return { status: 401, message: 'The API key is missing or not valid.' }
    case 'forbidden':
      return { status: 403, message: `This API key may not do this: it needs ${problem.needs}.` }
    case 'notFound':
      return { status: 404, message: 'Not found.' }
    case 'invalid':
      return {
        status: 400,
        message: sentence(problem.fields.map(({ field, message }) => `${field} ${message}`).join('; ')),
      }
    case 'conflict':
      return { status: 409, message: sentence(problem.detail) }
    case 'tooManyRequests':
      return { status: 429, message: `Too many requests: try again in ${problem.retryAfterSeconds} s.` }
    case 'loopDetected':
      return { status: 508, message: 'This request is a delivery of a webhook. A delivery may not call the API.' }
    case 'unavailable':
      return { status: 503, message: 'The service is unavailable for a moment. Try again.' }
    case 'routeUnknown':
      return { status: 404, message: `There is no ${problem.method} ${problem.path}.` }
    case 'methodNotAllowed':
      return { status: 405, message: `${problem.method} is not allowed here. Allowed: ${problem.allowed.join(', ')}.` }
    case 'mediaTypeUnsupported':
      return { status: 415, message: `Send the request body as ${problem.accepted.join(' or ')}.` }
    case 'bodyMalformed':
      return { status: 400, message: `The request body could not be read: ${problem.detail}.` }
    case 'bodyTooLarge':
      return { status: 413, message: `The request body is larger than ${problem.bytesMax} bytes.` }
    case 'requestUnreadable':
      return { status: problem.status, message: `The request could not be read: ${problem.detail}.` }
    case 'internal':
      return { status: 500, message: 'Something went wrong on our side.' }
  }
}

/** The text with a capital letter and a full stop. */
export function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}
