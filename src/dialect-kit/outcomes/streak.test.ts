import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryId } from '../../domain/ids.ts'
import { day } from '../../domain/time.ts'
import { failuresInARow, streak } from './health.ts'

const outcome = { kind: 'timedOut', phase: 'headers' } as const
const fact = (at: number, succeeded = false) =>
  ({ at, succeeded, outcome, delivery: 'd' as DeliveryId, ended: false }) as const

test('an endpoint is disabled when it has failed for the given time without a success', () => {
  const { health, healthReport } = streak('5d')
  const first = health(null, fact(1000))
  assert.deepEqual(healthReport(first.health), {
    status: 'failing',
    reason: 'nothing but failures since the last success',
    since: 1000,
  })
  assert.equal(health(first.health, fact(1000 + 5 * day - 1)).disable, false)
  assert.equal(health(first.health, fact(1000 + 5 * day)).disable, true)
  assert.deepEqual(health(first.health, fact(2000, true)), { health: null, disable: false })
  assert.deepEqual(healthReport(null), { status: 'healthy', reason: null, since: null })
})

test('without a time, the endpoint is never disabled', () => {
  const { health } = streak()
  assert.equal(health(health(null, fact(0)).health, fact(1000 * day)).disable, false)
})

test('an endpoint is disabled after a number of failures in a row', () => {
  const { health, healthReport } = failuresInARow(3)
  const after = (...successes: readonly boolean[]) => {
    let change: ReturnType<typeof health> = { health: null, disable: false }
    for (const [index, succeeded] of successes.entries()) change = health(change.health, fact(index + 1, succeeded))
    return change
  }
  assert.equal(after(false, false, true, false, false).disable, false)
  assert.equal(after(true, false, false, false).disable, true)
  assert.deepEqual(healthReport(after(true, false, false).health), {
    status: 'failing',
    reason: '2 failures in a row; disabled after 3',
    since: 2,
  })
  assert.deepEqual(healthReport(after(false, true).health), { status: 'healthy', reason: null, since: null })
})
