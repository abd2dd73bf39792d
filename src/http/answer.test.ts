import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure, success } from '../domain/problem.ts'
import { answerWith, type SuccessAnswer } from './answer.ts'

test('a problem is passed on, and never rendered', () => {
  const problem = { kind: 'notFound', what: 'endpoint', id: 'ep_1' } as const
  const answered = answerWith(failure(problem), () => assert.fail('nothing is rendered'))
  assert.deepEqual(answered, { ok: false, problem })
})

test('a value in memory is answered without a promise', () => {
  const answered = answerWith(success('x'), (body) => ({ status: 200, body }))
  assert.deepEqual(answered, { ok: true, value: { status: 200, body: 'x' } })
})

test('a refusal does not type-check as the answer of a handler', () => {
  // @ts-expect-error: only problems are refusals, so that the front of the API renders them
  const refusal: SuccessAnswer = { status: 404, body: { detail: 'Invalid cursor' } }
  assert.equal(refusal.status, 404)
})
