import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Statistics, Tick } from '../../../shared/types.ts'
import { noCounts } from './counts.ts'
import { withTicks } from './with-ticks.ts'

const at = (time: string) => `2026-01-01T${time}.000Z`
const tick = (time: string, accepted: number, delivered: number, rejected = 0): Tick => ({
  at: at(time),
  accepted,
  attempts: { ...noCounts.attempts, delivered, rejected },
  waiting: 0,
  queued: 0,
  inFlight: 0,
  nodes: 1,
})
const shared = { from: at('10:00:00'), to: at('10:02:00'), step: 'minute', by: null, more: 0 } as const

test('ticks are added to the total and to their minutes, and the range grows', () => {
  const known = { ...noCounts, events: 5, latencyMs: { p50: 1, p95: 2, p99: 3 } }
  const data = [{ key: null, tenant: null, points: [{ at: at('10:01:00'), ...known }], total: known }]
  const statistics: Statistics = { ...shared, data }
  const found = withTicks(statistics, [tick('10:01:59', 1, 2, 1), tick('10:02:00', 3, 4)])
  assert.equal(found.to, at('10:03:00'))
  const [series] = found.data
  assert.deepEqual([series?.total.events, series?.total.ended.delivered, series?.total.latencyMs?.p50], [9, 6, 1])
  assert.deepEqual(
    series?.points.map((point) => [point.at, point.events, point.attempts.delivered, point.attempts.rejected]),
    [
      [at('10:01:00'), 6, 2, 1],
      [at('10:02:00'), 3, 4, 0],
    ],
  )
})

test('without ticks the statistics stay as they are, and without statistics the ticks are all', () => {
  assert.deepEqual(withTicks({ ...shared, data: [] }, []).data[0]?.total, noCounts)
  assert.equal(withTicks({ ...shared, data: [] }, [tick('10:00:01', 7, 0)]).data[0]?.total.events, 7)
})
