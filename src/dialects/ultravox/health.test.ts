import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../domain/attempt.ts'
import type { DeliveryId } from '../../domain/ids.ts'
import type { HealthFact } from '../../contracts/delivery-dialect.ts'
import { health, healthReport, readHealth } from './health.ts'

const refused: Outcome = { kind: 'rejected', status: 500, retryAfterMs: null }

function fact(at: number, more: Partial<HealthFact> = {}): HealthFact {
  return { at, succeeded: false, outcome: refused, delivery: 'd' as DeliveryId, ended: false, ...more }
}

function after(...facts: readonly HealthFact[]): string | null {
  return facts.reduce<string | null>((state, one) => {
    const change = health(state, one)
    assert.equal(change.disable, false, 'nothing is ever switched off')
    return change.health
  }, null)
}

const success = (at: number): HealthFact =>
  fact(at, { succeeded: true, ended: true, outcome: { kind: 'delivered', status: 204 } })

test('is normal, and has never changed, before any failure', () => {
  assert.deepEqual(readHealth(null), { status: 'normal', changedAt: null, failures: [] })
})

test('stays normal while a delivery is still retried, and remembers the failures', () => {
  assert.deepEqual(readHealth(after(fact(1), fact(2))), {
    status: 'normal',
    changedAt: null,
    failures: [
      { at: 2, text: 'HTTP 500' },
      { at: 1, text: 'HTTP 500' },
    ],
  })
})

test('turns unhealthy when a delivery has used up its retries; a further one changes nothing but the failures', () => {
  const state = after(fact(1), fact(2, { ended: true }), fact(3), fact(4, { ended: true }))
  assert.partialDeepStrictEqual(readHealth(state), { status: 'unhealthy', changedAt: 2 })
  assert.equal(readHealth(state).failures.length, 4)
})

test('turns back to normal with the next success, which forgets no failure', () => {
  const state = after(fact(1, { ended: true }), success(5))
  assert.deepEqual(readHealth(state), { status: 'normal', changedAt: 5, failures: [{ at: 1, text: 'HTTP 500' }] })
})

test('a success while normal changes nothing', () => {
  const before = after(fact(1, { ended: true }), success(5))
  assert.equal(health(before, success(9)).health, before)
})

test('a relapse is a change again', () => {
  const state = after(fact(1, { ended: true }), success(5), fact(6), fact(7, { ended: true }))
  assert.partialDeepStrictEqual(readHealth(state), { status: 'unhealthy', changedAt: 7 })
})

test('the newest ten failures are kept, newest first', () => {
  const state = after(...Array.from({ length: 14 }, (_, index) => fact(index + 1)))
  assert.deepEqual(
    readHealth(state).failures.map(({ at }) => at),
    [14, 13, 12, 11, 10, 9, 8, 7, 6, 5],
  )
})

test('a failure is told in short words', () => {
  const texts: [Outcome, string][] = [
    [{ kind: 'rejected', status: 404, retryAfterMs: null }, 'HTTP 404'],
    [{ kind: 'timedOut', phase: 'headers' }, 'Timeout'],
    [{ kind: 'unreachable', error: 'connection refused' }, 'connection refused'],
    [{ kind: 'blocked', error: 'a private address' }, 'a private address'],
  ]
  for (const [outcome, text] of texts) {
    assert.equal(readHealth(after(fact(1, { outcome }))).failures[0]?.text, text)
  }
})

test('the operator sees it as failing while it is unhealthy, and since when', () => {
  assert.equal(healthReport(null).status, 'healthy')
  assert.equal(healthReport(after(fact(1))).status, 'healthy')
  assert.partialDeepStrictEqual(healthReport(after(fact(1), fact(2, { ended: true }))), { status: 'failing', since: 2 })
  assert.equal(healthReport(after(fact(2, { ended: true }), success(3))).status, 'healthy')
})
