import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Outcome } from './attempt.ts'
import { limits } from './limits.ts'
import { retryAt, retryBySchedule } from './retry.ts'

const schedule = { waitsMs: [1000, 5000], exact: false }
const failed: Outcome = { kind: 'rejected', status: 500, retryAfterMs: null }
const wait = (waitMs: number, exact = false) => ({ kind: 'retry', waitMs, exact }) as const

test('a schedule returns each wait in turn and is then exhausted', () => {
  assert.deepEqual(retryBySchedule(schedule, 1), wait(1000))
  assert.deepEqual(retryBySchedule(schedule, 2), wait(5000))
  assert.deepEqual(retryBySchedule(schedule, 3), { kind: 'exhausted' })
})

test('jitter stays within 20 % of the wait, and exact waits have no jitter', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
      const at = retryAt(0, wait(10_000), failed, () => random, 1)
      assert.ok(at >= 8000 && at <= 12_000)
      assert.equal(
        retryAt(0, wait(10_000, true), failed, () => random, 1),
        10_000,
      )
    }),
  )
})

test('Retry-After counts only with 429 and 503, never shortens a wait, and is capped at one day', () => {
  const dueAt = (status: number, retryAfterMs: number): number =>
    retryAt(0, wait(10_000, true), { kind: 'rejected', status, retryAfterMs }, () => 0.5, 1)
  assert.equal(dueAt(429, 60_000), 60_000)
  assert.equal(dueAt(503, 60_000), 60_000)
  assert.equal(dueAt(500, 60_000), 10_000)
  assert.equal(dueAt(429, 1000), 10_000)
  assert.equal(dueAt(503, 1e15), limits.retryAfterMsMax)
})

test('the scale multiplies the wait of the schedule but not Retry-After', () => {
  assert.equal(
    retryAt(0, wait(10_000, true), failed, () => 0.5, 0.1),
    1000,
  )
  assert.equal(
    retryAt(0, wait(10_000, true), { kind: 'rejected', status: 429, retryAfterMs: 5000 }, () => 0.5, 0.1),
    5000,
  )
})
