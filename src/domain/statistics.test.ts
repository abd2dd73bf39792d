import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Attempt } from './attempt.ts'
import { addCell, addSums, cellOf, cellsMax, countsOf, noSums } from './statistics.ts'

function attemptOf(durationMs: number): Attempt {
  return { number: 1, startedAt: 0, durationMs, outcome: { kind: 'delivered', status: 200 }, response: null }
}

test('a percentile of durations is right within 10 %, also as a sum of parts', () => {
  const durations = fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(durations, durations, (first, second) => {
      const parts = [first, second].map((part) => {
        const sums = noSums()
        for (const durationMs of part) addCell(sums, cellOf(attemptOf(durationMs), 'delivered'), 1)
        return sums
      })
      const whole = noSums()
      for (const part of parts) addSums(whole, part)
      const { attempts, ended, latencyMs } = countsOf(whole)
      const ordered = [...first, ...second].toSorted((one, other) => one - other)
      assert.equal(attempts.delivered, ordered.length)
      assert.equal(ended.delivered, ordered.length)
      for (const [name, share] of [
        ['p50', 0.5],
        ['p95', 0.95],
        ['p99', 0.99],
      ] as const) {
        const exact = ordered[Math.ceil(share * ordered.length) - 1] ?? 0
        const shown = latencyMs?.[name] ?? Number.NaN
        // Whole milliseconds: half of one is lost to rounding.
        assert.ok(Math.abs(shown - exact) <= 0.1 * exact + 1, `${name} is ${exact}, shown as ${shown}`)
      }
    }),
  )
})

test('every move has a cell below the bound, and longer attempts are in the last bucket', () => {
  for (const durationMs of [0, 1, 32_767, 32_768, 10 ** 9]) {
    const cell = cellOf({ ...attemptOf(durationMs), outcome: { kind: 'blocked', error: '' } }, 'waiting')
    assert.ok(cell < cellsMax)
    const sums = noSums()
    addCell(sums, cell, 2)
    assert.equal(countsOf(sums).attempts.blocked, 2)
    assert.deepEqual(countsOf(sums).ended, { delivered: 0, failed: 0, cancelled: 0 })
    assert.equal(countsOf(sums).latencyMs?.p50, durationMs < 32_767 ? 1 : 30_048)
  }
  assert.ok(cellOf(null, 'waiting') < cellsMax)
})
