// The shape of errors, for definitions that no compiler of types has read. The function of the body is called once for each
// kind of problem, so that its faults are found when the dialect is loaded.

import type { Problem } from '../../domain/problem.ts'
import { DefinitionError } from '../definition-error.ts'
import { isAsync, unknownName } from '../shape.ts'

type ProblemKind = Problem['kind']
type ProblemOf<Kind extends ProblemKind> = Extract<Problem, { readonly kind: Kind }>
type Facts = Readonly<Record<string, unknown>>

/** The fields of each kind of problem that messages can quote. */
const quotable: { readonly [Kind in ProblemKind]: readonly Exclude<keyof ProblemOf<Kind>, 'kind'>[] } = {
  bodyMalformed: ['detail'],
  bodyTooLarge: ['bytesMax'],
  conflict: ['code', 'detail'],
  forbidden: ['needs'],
  internal: [],
  invalid: ['where'],
  loopDetected: [],
  mediaTypeUnsupported: ['accepted'],
  methodNotAllowed: ['method', 'allowed'],
  notFound: ['what', 'id'],
  requestUnreadable: ['status', 'detail'],
  routeUnknown: ['method', 'path'],
  tooManyRequests: ['limit', 'retryAfterSeconds'],
  unauthenticated: ['reason'],
  unavailable: ['retryAfterSeconds'],
}
/** The fields of the problem that a message quotes. */
export const placeholders = /\{\w+\}/g
const otherMembers = ['body', 'otherwise', 'contentType', 'schema', 'invalidSchema']

/** @throws DefinitionError: no such kind of problem, a status that is none, or a message with a field that does not exist */
function checkSaying(name: string, saying: unknown): void {
  if (otherMembers.includes(name)) return
  const [kind = ''] = name.split(':')
  if (!Object.hasOwn(quotable, kind)) {
    throw new DefinitionError(`errors.${name}`, `is no kind of problem; known are ${Object.keys(quotable).join(', ')}`)
  }
  if (isAsync(saying)) throw new DefinitionError(`errors.${name}`, 'must not be async')
  if (saying === null || !['object', 'function', 'undefined'].includes(typeof saying)) {
    throw new DefinitionError(
      `errors.${name}`,
      "must be an object such as { status: 404, message: 'Not found.' }, or a function",
    )
  }
  const { status = 400, message = '' } = Object(saying) as { readonly status?: unknown; readonly message?: unknown }
  if (!Number.isInteger(status) || Number(status) < 200 || Number(status) >= 600) {
    throw new DefinitionError(`errors.${name}.status`, 'must be a status from 200 to 599')
  }
  if (typeof message !== 'string') throw new DefinitionError(`errors.${name}.message`, 'must be a string')
  const known = quotable[kind as ProblemKind].map((field) => `{${field}}`)
  const unknown = message.match(placeholders)?.find((one) => !known.includes(one))
  if (unknown !== undefined) throw unknownName(`errors.${name}.message: ${unknown}`, known)
}

/** @throws DefinitionError, and what the function of the body throws */
export function checkErrorForm(given: Facts): void {
  for (const [name, saying] of Object.entries(given)) checkSaying(name, saying)
  if (typeof given['body'] !== 'function') throw new DefinitionError('errors.body', 'must be a function')
  if (isAsync(given['body'])) throw new DefinitionError('errors.body', 'must not be async')
  if (typeof given['otherwise'] !== 'object' || given['otherwise'] === null) {
    throw new DefinitionError(
      'errors.otherwise',
      'must be an object with your own facts of errors; {} if there are none',
    )
  }
  const read = factsRead(given, given['body'] as (facts: Facts) => unknown)
  for (const [name, saying] of sayingsIn(given)) {
    if (typeof saying === 'function') continue
    const unread = Object.keys(saying as object).find((fact) => !ownWords.includes(fact) && !read.has(fact))
    if (unread !== undefined) throw unknownName(`errors.${name}.${unread}`, [...ownWords, ...read])
  }
}

/** The words that every kind of problem may have. */
const ownWords = ['status', 'message', 'body', 'headers']

function sayingsIn(form: Facts): readonly (readonly [name: string, saying: unknown])[] {
  return Object.entries(form).filter(([name, saying]) => !otherMembers.includes(name) && saying !== undefined)
}

/** The names of the facts that the body shows. @throws DefinitionError the function returns no body */
function factsRead(form: Facts, bodyOf: (facts: Facts) => unknown): ReadonlySet<string> {
  const read = new Set<string>()
  for (const [name, said] of [['internal', {}] as const, ['invalid', {}] as const, ...sayingsIn(form)]) {
    if (typeof said === 'function' || 'body' in (said as object)) continue
    const facts: Facts = {
      ...(form['otherwise'] as object),
      kind: name.split(':')[0],
      status: 400,
      message: 'url is required',
      faults: name === 'invalid' ? [{ field: 'url', rule: 'required', message: 'is required' }] : [],
      retryAfterSeconds: null,
      request: { id: '', method: 'GET', url: '/', headers: {}, body: undefined },
      ...(said as object),
    }
    const body = bodyOf(
      new Proxy(facts, {
        get(all, fact) {
          if (typeof fact === 'string') read.add(fact)
          return Reflect.get(all, fact) as unknown
        },
        ownKeys(all) {
          for (const fact of Object.keys(all)) read.add(fact)
          return Reflect.ownKeys(all)
        },
      }),
    )
    if (body === undefined)
      throw new DefinitionError('errors.body', 'must return the body of the error, and returns nothing')
  }
  return read
}
