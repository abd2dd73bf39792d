// The report of a node as other nodes get it: cut to its size, and checked, because every login of the
// database can send a notification.

import { Type } from 'typebox'
import { Compile } from 'typebox/schema'
import type { NodeReport, TailFilter, TailRow } from '../contracts/node-report.ts'
import { limits } from '../domain/limits.ts'

const Count = Type.Integer({ minimum: 0 })
const Id = Type.Union([Type.String(), Type.Null()])
const outcomes = ['delivered', 'rejected', 'timedOut', 'unreachable', 'blocked'] as const

const reportSchema = Compile(
  Type.Object({
    number: Count,
    accepted: Count,
    attempts: Type.Record(Type.Enum(outcomes), Count),
    queued: Count,
    inFlight: Count,
    watches: Type.Array(Type.Object({ tenant: Id, endpoint: Id })),
    matched: Type.Record(Type.String(), Count),
    rows: Type.Array(
      Type.Object({
        // The times that a Date can hold.
        at: Type.Integer({ minimum: 0, maximum: 8.64e15 }),
        node: Type.String(),
        delivery: Type.String(),
        event: Type.String(),
        eventType: Type.String(),
        tenant: Type.String(),
        endpoint: Type.String(),
        dialect: Type.String(),
        status: Type.Enum(['pending', 'delivered', 'failed', 'cancelled']),
        attempt: Count,
        outcome: Type.Enum(outcomes),
        httpStatus: Type.Union([Count, Type.Null()]),
        durationMs: Count,
      }),
    ),
  }),
)

/** Null: `value` is no report. */
export function readReport(value: unknown): NodeReport | null {
  return reportSchema.Check(value) ? value : null
}

/**
 * The report in at most `limits.nodeReportBytesMax`: it loses the oldest rows first, which `matched` still counts, then the
 * last filters.
 */
export function cutToSize(report: NodeReport): NodeReport {
  let left = limits.nodeReportBytesMax - bytesOf({ ...report, watches: [], matched: {}, rows: [] })
  const fits = (part: unknown): boolean => (left -= bytesOf(part) + 1) >= 0
  const watches: TailFilter[] = report.watches.filter(fits)
  const matched = Object.fromEntries(Object.entries(report.matched).filter(fits))
  const rows: TailRow[] = report.rows.toReversed().filter(fits)
  return { ...report, watches, matched, rows: rows.toReversed() }
}

function bytesOf(part: unknown): number {
  return Buffer.byteLength(JSON.stringify(part))
}
