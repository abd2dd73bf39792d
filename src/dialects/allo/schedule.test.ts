// The eight attempts, at the times that the vendor gives.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryAt } from '../../domain/retry.ts'
import { sampleMessage } from '../../../test/conformance/dialects/sample-message.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'
import definedAllo from './allo.ts'

const profile = profileOf('allo')

const { dialect: allo } = definedAllo

const failed = { kind: 'rejected', status: 500, retryAfterMs: null } as const
const { event } = sampleMessage(profile)

/** The times of all attempts, in seconds since the first one; `random` decides the jitter. */
function attemptTimes(random: () => number): number[] {
  const times = [0]
  let now = 0
  for (let attempt = 1; ; attempt++) {
    const verdict = allo.verdict(failed, attempt, event)
    if (verdict.kind !== 'retry') {
      assert.equal(verdict.kind, 'exhausted')
      return times
    }
    now = retryAt(now, verdict, failed, random, 1)
    times.push(now / 1000)
  }
}

test('a delivery has eight attempts, the last one after 27 h 35 min 5 s', () => {
  const [minute, hour] = [60, 3600]
  const elapsed = [0, 5, 5 + 5 * minute, 5 + 35 * minute, 5 + 35 * minute + 2 * hour]
  const last = [7, 17, 27].map((hours) => hours * hour + 35 * minute + 5)
  assert.deepEqual(
    attemptTimes(() => 0.5),
    [...elapsed, ...last],
  )
})

test('jitter keeps every wait within 20 % of the documented one', () => {
  for (const { share, random } of [
    { share: 0.8, random: () => 0 },
    { share: 1.2, random: () => 0.999_999_999 },
  ]) {
    const times = attemptTimes(random)
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    for (const [index, wait] of waits.entries()) {
      const documented = (profile.wire.waitsMs[index] ?? 0) / 1000
      assert.ok(Math.abs(wait - documented * share) < 0.002, `wait ${index + 1}: ${wait}`)
    }
  }
})

test('an attempt times out after 20 s', () => {
  assert.equal(allo.timeoutMs, 20_000)
})
