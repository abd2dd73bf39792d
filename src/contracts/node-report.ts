// The reports that nodes send each other while a stream of `GET /v1/stream` is open on one of them.

import type { Outcome } from '../domain/attempt.ts'

/** Numbers of events that were stored, and of attempts that ended, by outcome. */
export interface Counts {
  readonly accepted: number
  readonly attempts: Readonly<Record<Outcome['kind'], number>>
}

/** A recorded attempt, as streams show it. Times are in milliseconds since 1970. */
export interface TailRow {
  /** When the attempt ended. */
  readonly at: number
  /** The incarnation of the node that made it. */
  readonly node: string
  readonly delivery: string
  readonly event: string
  readonly eventType: string
  readonly tenant: string
  readonly endpoint: string
  readonly dialect: string
  /** The status of the delivery after the attempt. */
  readonly status: 'pending' | 'delivered' | 'failed' | 'cancelled'
  /** The number of the attempt, from 1. */
  readonly attempt: number
  readonly outcome: Outcome['kind']
  /** Null: there was no complete response. */
  readonly httpStatus: number | null
  readonly durationMs: number
}

/** The attempts that a stream shows: all, those of a tenant, or those of an endpoint of it. */
export interface TailFilter {
  readonly tenant: string | null
  readonly endpoint: string | null
}

/** A report of one node, on the time since its report before. */
export interface NodeReport extends Counts {
  /** Grows by one with each report, so that other nodes notice that they have missed one. */
  readonly number: number
  readonly queued: number
  readonly inFlight: number
  /** The filters of the streams on this node; empty: no stream is open on it. */
  readonly watches: readonly TailFilter[]
  /** The attempts that matched each filter, by `filterKey`; filters that none matched are left out. */
  readonly matched: Readonly<Record<string, number>>
  /** The last of these attempts, oldest first; at most `limits.streamRowsMax` for each filter. */
  readonly rows: readonly TailRow[]
}

/** Names a filter in a report. */
export function filterKey({ tenant, endpoint }: TailFilter): string {
  return JSON.stringify([tenant, endpoint])
}

/** The role of the database that carries reports between nodes. */
export interface ReportStore {
  /**
   * Sends a report of at most `limits.nodeReportBytesMax` bytes, as JSON, to the other nodes. A node gets it as a `Change`,
   * once or never.
   */
  report(report: NodeReport): Promise<void>
}
