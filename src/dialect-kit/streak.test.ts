import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryId } from '../domain/ids.ts'
import { day } from '../domain/time.ts'
import { streak } from './health.ts'

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
