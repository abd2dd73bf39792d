import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { iso, isoMicroseconds, isoSeconds } from './time.ts'

test('a time has the form of ISO 8601 in UTC', () => {
  // Some of the times are of the same second, and some are not.
  const times = fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: -(2 ** 46), max: 2 ** 47 }))
  fc.assert(fc.property(times, (ms) => assert.equal(iso(ms), new Date(ms).toISOString())))
  assert.equal(isoSeconds(1_769_860_800_123), '2026-01-31T12:00:00Z')
  assert.equal(isoMicroseconds(1_769_860_800_123), '2026-01-31T12:00:00.123000')
  assert.throws(() => iso(Number.NaN), RangeError)
})
