import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../domain/attempt.ts'
import type { DeliveryId } from '../../domain/ids.ts'
import type { HealthFact } from '../../contracts/delivery-dialect.ts'
import { exhaustion, readExhaustion } from './health.ts'

const { health, healthReport } = exhaustion

const refused: Outcome = { kind: 'rejected', status: 500, retryAfterMs: null }

function fact(at: number, more: Partial<HealthFact> = {}): HealthFact {
  return { at, succeeded: false, outcome: refused, delivery: 'd' as DeliveryId, ended: false, ...more }
}

function after(...facts: readonly HealthFact[]): string | null {
  return facts.reduce<string | null>((state, one) => {
    const change = health(state, one)
    assert.equal(change.disable, false, 'the webhook is disabled')
    return change.health
  }, null)
}

const success = (at: number): HealthFact =>
  fact(at, { succeeded: true, ended: true, outcome: { kind: 'delivered', status: 204 } })

test('a webhook is normal before its first failure, and its status has never changed', () => {
  assert.deepEqual(readExhaustion(null), { status: 'normal', changedAt: null, failures: [] })
})

test('a webhook stays normal while a delivery is retried, and its failures are stored', () => {
  assert.deepEqual(readExhaustion(after(fact(1), fact(2))), {
    status: 'normal',
    changedAt: null,
    failures: [
      { at: 2, text: 'HTTP 500' },
      { at: 1, text: 'HTTP 500' },
    ],
  })
})

test('a webhook becomes unhealthy when a delivery has used up its retries, and later failures are only listed', () => {
  const state = after(fact(1), fact(2, { ended: true }), fact(3), fact(4, { ended: true }))
  assert.partialDeepStrictEqual(readExhaustion(state), { status: 'unhealthy', changedAt: 2 })
  assert.equal(readExhaustion(state).failures.length, 4)
})

test('a webhook becomes normal again with the next success, and keeps its failures', () => {
  const state = after(fact(1, { ended: true }), success(5))
  assert.deepEqual(readExhaustion(state), { status: 'normal', changedAt: 5, failures: [{ at: 1, text: 'HTTP 500' }] })
})

test('a success of a normal webhook changes nothing', () => {
  const before = after(fact(1, { ended: true }), success(5))
  assert.equal(health(before, success(9)).health, before)
})

test('a webhook that becomes unhealthy again has a new time of change', () => {
  const state = after(fact(1, { ended: true }), success(5), fact(6), fact(7, { ended: true }))
  assert.partialDeepStrictEqual(readExhaustion(state), { status: 'unhealthy', changedAt: 7 })
})

test('the ten newest failures are kept, newest first', () => {
  const state = after(...Array.from({ length: 14 }, (_, index) => fact(index + 1)))
  assert.deepEqual(
    readExhaustion(state).failures.map(({ at }) => at),
    [14, 13, 12, 11, 10, 9, 8, 7, 6, 5],
  )
})

test('each outcome has a short text', () => {
  const cases: { outcome: Outcome; text: string }[] = [
    { outcome: { kind: 'rejected', status: 404, retryAfterMs: null }, text: 'HTTP 404' },
    { outcome: { kind: 'timedOut', phase: 'headers' }, text: 'Timeout' },
    { outcome: { kind: 'unreachable', error: 'connection refused' }, text: 'connection refused' },
    { outcome: { kind: 'blocked', error: 'a private address' }, text: 'the host has no public address' },
    { outcome: { kind: 'unreachable', error: 'name not found' }, text: 'the host has no public address' },
  ]
  for (const { outcome, text } of cases) {
    assert.equal(readExhaustion(after(fact(1, { outcome }))).failures[0]?.text, text)
  }
})

test('the operator sees an unhealthy webhook as failing, with the time since when', () => {
  assert.equal(healthReport(null).status, 'healthy')
  assert.equal(healthReport(after(fact(1))).status, 'healthy')
  assert.partialDeepStrictEqual(healthReport(after(fact(1), fact(2, { ended: true }))), { status: 'failing', since: 2 })
  assert.equal(healthReport(after(fact(2, { ended: true }), success(3))).status, 'healthy')
})
