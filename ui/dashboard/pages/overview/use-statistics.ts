import { useMemo } from 'react'
import { useLive } from '../../../shared/live.ts'
import { useRead } from '../../../shared/queries.ts'
import type { Statistics } from '../../../shared/types.ts'
import type { Range } from './ranges.ts'
import { withTicks } from './with-ticks.ts'

const chartMs = 10_000

export interface LiveStatistics {
  /** With each second. */
  readonly now: Statistics
  /** For charts: another object every ten seconds. */
  readonly forCharts: Statistics
}

/** The statistics of a range. They are read once a minute: the stream has the seconds in between. */
export function useStatistics(range: Range) {
  const isLive = useLive('isLive')
  const ticks = useLive('ticks')
  const { data, dataUpdatedAt, isPlaceholderData, error, refetch } = useRead<Statistics>('/v1/stats', {
    query: range.query(),
    everyMs: isLive ? 60_000 : 10_000,
  })
  // A tick counts the second before it came.
  const later = isPlaceholderData ? [] : ticks.filter(({ cameAt }) => cameAt > dataUpdatedAt + 1000)
  const until = Math.floor((later.at(-1)?.cameAt ?? 0) / chartMs) * chartMs
  const forCharts = useMemo(
    () =>
      data &&
      withTicks(
        data,
        later.filter(({ cameAt }) => cameAt < until),
      ),
    // The ticks before a time do not change.
    [data, until],
  )
  const statistics = data && forCharts && { now: withTicks(data, later), forCharts }
  return { statistics, error, refetch }
}
