// Statistics: counts of events, attempts and ended deliveries. Durations are counted in buckets, each 2^(1/4) times as wide
// as the one before. Buckets of several rows add up, and a percentile of the sum is right within 10 %.

import type { Attempt } from './attempt.ts'
import type { TenantId } from './ids.ts'
import { day, hour, minute } from './time.ts'

export type StatsStep = 'minute' | 'hour' | 'day'

/** Lengths in milliseconds. Hours and days begin in UTC. */
export const stepMs: Readonly<Record<StatsStep, number>> = { minute, hour, day }

const attemptKinds = ['delivered', 'rejected', 'timedOut', 'unreachable', 'blocked'] as const
const endKinds = ['delivered', 'failed', 'cancelled'] as const

/** Outcomes of attempts, in the order of `Sums`. */
export type AttemptKind = (typeof attemptKinds)[number]
type EndKind = (typeof endKinds)[number]

/** Counts of one span of time. */
export interface StatsCounts {
  /** Accepted events. */
  readonly events: number
  /** Attempts by outcome. */
  readonly attempts: Readonly<Record<AttemptKind, number>>
  /** Deliveries that ended. One that is retried by hand may end again, and then counts again. */
  readonly ended: Readonly<Record<EndKind, number>>
  /** Percentiles of the durations of attempts with any outcome; null: there were none. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null
}

/** @property at the beginning of the step */
export interface StatsPoint extends StatsCounts {
  readonly at: number
}

export interface StatsSeries {
  /** A dialect, a tenant, an endpoint, an event type or an outcome; null: the series is of everything. */
  readonly key: string | null
  /** The tenant of the endpoint, if `key` is the id of an endpoint. */
  readonly tenant: TenantId | null
  /** In the order of time, without steps in which nothing was counted. */
  readonly points: readonly StatsPoint[]
  readonly total: StatsCounts
}

/**
 * The counts of one span of time as numbers that add up: events, attempts by outcome, ends by state, and attempts by
 * bucket of their duration.
 */
export type Sums = number[]

const attemptsAt = 1
const endsAt = attemptsAt + attemptKinds.length
export const bucketsAt = endsAt + endKinds.length
export const bucketsMax = 60

export function noSums(): Sums {
  return Array<number>(bucketsAt + bucketsMax).fill(0)
}

export function addSums(to: Sums, from: Sums): void {
  for (const [index, count] of from.entries()) to[index] = (to[index] ?? 0) + count
}

const longestMs = 2 ** (bucketsMax / 4)
const bucketOfMs = Uint8Array.from({ length: longestMs }, (_, ms) => Math.floor(4 * Math.log2(Math.max(1, ms))))

function bucketOf(durationMs: number): number {
  return bucketOfMs[durationMs] ?? bucketsMax - 1
}

/** The middle of a bucket in milliseconds. */
function msOf(bucket: number): number {
  return Math.round(2 ** ((bucket + 0.5) / 4))
}

// A cell says what one move counts: the outcome and the bucket of its attempt, and how the delivery ended, as one
// number below `cellsMax`.
export const cellsMax = 2048
const noAttempt = attemptKinds.length
const notEnded = endKinds.length

/** The cell of a move. */
export function cellOf(attempt: Attempt | null, to: EndKind | 'waiting'): number {
  const kind = attempt === null ? noAttempt : attemptKinds.indexOf(attempt.outcome.kind)
  const bucket = attempt === null ? 0 : bucketOf(attempt.durationMs)
  return (kind * 64 + bucket) * 4 + (to === 'waiting' ? notEnded : endKinds.indexOf(to))
}

/** The cell of a waiting delivery that is cancelled. */
export const cancelledCell = cellOf(null, 'cancelled')

/** Adds moves with the same cell. */
export function addCell(sums: Sums, cell: number, count: number): void {
  const end = cell % 4
  const bucket = Math.floor(cell / 4) % 64
  const kind = Math.floor(cell / 256)
  if (end !== notEnded) add(sums, endsAt + end, count)
  if (kind === noAttempt) return
  add(sums, attemptsAt + kind, count)
  add(sums, bucketsAt + bucket, count)
}

function add(sums: Sums, index: number, count: number): void {
  sums[index] = (sums[index] ?? 0) + count
}

/** Attempts and events: the size of a series. */
export function sizeOf(sums: Sums): number {
  return sumOf(sums.slice(0, endsAt))
}

export function isEmpty(sums: Sums): boolean {
  return sums.every((count) => count === 0)
}

export function countsOf(sums: Sums): StatsCounts {
  const at = (index: number): number => sums[index] ?? 0
  return {
    events: at(0),
    attempts: record(attemptKinds, (index) => at(attemptsAt + index)),
    ended: record(endKinds, (index) => at(endsAt + index)),
    latencyMs: latencyOf(sums.slice(bucketsAt)),
  }
}

function record<Name extends string>(
  names: readonly Name[],
  valueOf: (index: number) => number,
): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, index) => [name, valueOf(index)])) as Record<Name, number>
}

function latencyOf(buckets: readonly number[]): StatsCounts['latencyMs'] {
  const count = sumOf(buckets)
  if (count <= 0) return null
  const percentile = (share: number): number => {
    let rest = Math.ceil(share * count)
    return msOf(buckets.findIndex((attempts) => (rest -= attempts) <= 0))
  }
  return { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) }
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Splits a series by the outcomes of its attempts, the largest first. The parts count nothing but these attempts. */
export function byOutcome({ points, total }: StatsSeries): StatsSeries[] {
  const nothing = countsOf(noSums())
  return attemptKinds
    .filter((kind) => total.attempts[kind] > 0)
    .toSorted((one, other) => total.attempts[other] - total.attempts[one])
    .map((kind) => {
      const only = ({ attempts }: StatsCounts): StatsCounts => {
        return { ...nothing, attempts: { ...nothing.attempts, [kind]: attempts[kind] } }
      }
      const counted = points.filter(({ attempts }) => attempts[kind] !== 0)
      return {
        key: kind,
        tenant: null,
        points: counted.map((one) => ({ at: one.at, ...only(one) })),
        total: only(total),
      }
    })
}
