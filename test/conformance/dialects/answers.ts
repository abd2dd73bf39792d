// Checks of answers: against published schemas, against expected refusals, and against each other.

import assert from 'node:assert/strict'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import type { ApiAnswer, Asked, Fields, ProblemName, Profile, Refusal } from './profile.ts'

/** The id of an endpoint. Fails if there is none. */
export function idIn(profile: Profile, endpoint: Fields): string {
  const { idField } = profile.api
  const id = endpoint[idField]
  assert.ok(typeof id === 'string' || typeof id === 'number', `no ${idField} in ${JSON.stringify(endpoint)}`)
  return String(id)
}

/** The URL of an endpoint. Fails if there is none: a comparison of two absent values would prove nothing. */
export function urlIn(profile: Profile, endpoint: Fields): string {
  const { urlField } = profile.api
  const url = endpoint[urlField]
  assert.ok(typeof url === 'string', `no ${urlField} in ${JSON.stringify(endpoint)}`)
  return url
}

const validators = new WeakMap<object, ReturnType<typeof Compile>>()

/** Fails unless the body of an answer is JSON of this schema. */
export function checkShape(schema: object, answer: ApiAnswer): void {
  let validator = validators.get(schema)
  if (validator === undefined) {
    validator = Compile(schema as TSchema)
    validators.set(schema, validator)
  }
  assert.match(answer.headers['content-type'] ?? '', /^application\/(?:problem\+)?json\b/, answer.text)
  if (validator.Check(answer.body)) return
  const [, [fault]] = validator.Errors(answer.body)
  assert.fail(`${fault?.instancePath} ${fault?.message}: ${answer.text}`)
}

/** Fails unless the answer is the refusal that the vendor documents. */
export function checkRefusal(profile: Profile, problem: ProblemName, answer: ApiAnswer, asked: Asked): void {
  checkExpected(profile.api.refusal(problem, asked, answer), answer, problem)
}

export function checkExpected(
  { status, body, names = '', headers = {} }: Refusal,
  answer: ApiAnswer,
  title: string,
): void {
  const statuses = status === undefined ? [400, 422] : [status]
  assert.ok(statuses.includes(answer.status), `${title}: ${answer.status} ${answer.text}`)
  if (body !== undefined) assert.partialDeepStrictEqual(answer.body, body, answer.text)
  assert.ok(answer.text.includes(names), `${title}: ${names} is not in ${answer.text}`)
  for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers[name], value)
}

/** Headers that differ between requests even if the answers are the same. */
const passing = /^(?:date|keep-alive|connection|x-request-id|.*ratelimit-.*)$/

/**
 * Fails if two answers differ in more than the endpoint ids of their requests. Both requests must have had the same
 * request id.
 */
export function checkIndistinguishable(
  one: { readonly answer: ApiAnswer; readonly id: string },
  other: { readonly answer: ApiAnswer; readonly id: string },
): void {
  assert.equal(one.answer.status, other.answer.status)
  assert.equal(one.answer.text.replaceAll(one.id, '<id>'), other.answer.text.replaceAll(other.id, '<id>'))
  const sameLength = one.id.length === other.id.length
  const lasting = (answer: ApiAnswer): [string, string][] =>
    Object.entries(answer.headers).filter(([name]) => !passing.test(name) && (sameLength || name !== 'content-length'))
  assert.deepEqual(lasting(one.answer), lasting(other.answer))
}
