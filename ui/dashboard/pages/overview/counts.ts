import type { StatisticsCounts } from '../../../shared/types.ts'

export function attemptsIn(attempts: StatisticsCounts['attempts']): number {
  return Object.values(attempts).reduce((sum, count) => sum + count, 0)
}

export const noCounts: StatisticsCounts = {
  events: 0,
  attempts: { delivered: 0, rejected: 0, timedOut: 0, unreachable: 0, blocked: 0 },
  ended: { delivered: 0, failed: 0, cancelled: 0 },
  latencyMs: null,
}

/** The steps of statistics in milliseconds. */
export const stepMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
