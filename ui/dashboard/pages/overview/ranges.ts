import type { Query } from '../../../shared/client.ts'

export interface Range {
  readonly name: string
  readonly title: string
  readonly step: 'minute' | 'hour' | 'day'
  readonly query: () => Query
}

const minuteMs = 60_000

function range(name: string, title: string, spanMs: number, step: Range['step'], stepMs: number): Range {
  return {
    name,
    title,
    step,
    // Rounded, so that reads of the same step are the same.
    query: () => ({ step, from: new Date(Math.floor((Date.now() - spanMs) / stepMs) * stepMs).toISOString() }),
  }
}

export const ranges: readonly [Range, ...Range[]] = [
  range('hour', 'the last hour', 60 * minuteMs, 'minute', minuteMs),
  range('day', 'the last 24 hours', 24 * 60 * minuteMs, 'hour', 60 * minuteMs),
  range('week', 'the last 7 days', 7 * 24 * 60 * minuteMs, 'hour', 60 * minuteMs),
  range('quarter', 'the last 90 days', 90 * 24 * 60 * minuteMs, 'day', 24 * 60 * minuteMs),
]

export function rangeOf(name: unknown): Range {
  return ranges.find((one) => one.name === name) ?? ranges[0]
}
