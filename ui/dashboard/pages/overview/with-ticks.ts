// Statistics that were read a while ago, with the seconds that have passed since.

import type { Statistics, StatisticsCounts, Tick } from '../../../shared/types.ts'
import { noCounts, stepMs } from './counts.ts'

/** @param ticks the seconds that the statistics do not count yet */
export function withTicks(statistics: Statistics, ticks: readonly Tick[]): Statistics {
  const ms = stepMs[statistics.step]
  const series = statistics.data[0] ?? { key: null, tenant: null, points: [], total: noCounts }
  const points = new Map(series.points.map((point) => [Date.parse(point.at), point]))
  let { total } = series
  let end = Date.parse(statistics.to)
  for (const tick of ticks) {
    const at = Math.floor(Date.parse(tick.at) / ms) * ms
    points.set(at, { ...plus(points.get(at) ?? noCounts, tick), at: new Date(at).toISOString() })
    total = plus(total, tick)
    end = Math.max(end, at + ms)
  }
  const to = new Date(end).toISOString()
  return { ...statistics, to, data: [{ ...series, total, points: [...points.values()] }] }
}

function plus({ events, attempts, ended, latencyMs }: StatisticsCounts, tick: Tick): StatisticsCounts {
  return {
    events: events + tick.accepted,
    attempts: {
      delivered: attempts.delivered + tick.attempts.delivered,
      rejected: attempts.rejected + tick.attempts.rejected,
      timedOut: attempts.timedOut + tick.attempts.timedOut,
      unreachable: attempts.unreachable + tick.attempts.unreachable,
      blocked: attempts.blocked + tick.attempts.blocked,
    },
    // An attempt that succeeds ends its delivery.
    ended: { ...ended, delivered: ended.delivered + tick.attempts.delivered },
    latencyMs,
  }
}
