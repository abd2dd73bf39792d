import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterKey, type NodeReport, type TailRow } from '../contracts/node-report.ts'
import { limits } from '../domain/limits.ts'
import { cutToSize, readReport } from './live-report.ts'

const bytesOf = (report: NodeReport): number => Buffer.byteLength(JSON.stringify(report))

function rowOf(at: number, text: string): TailRow {
  const ids = { node: '1', delivery: text, event: text, eventType: text, tenant: text, endpoint: text, dialect: text }
  return { at, ...ids, status: 'pending', attempt: 1, outcome: 'unreachable', httpStatus: null, durationMs: 10_000 }
}

function reportOf(rows: number, text: string): NodeReport {
  const watches = Array.from({ length: limits.tailFiltersMax }, (_, at) => ({ tenant: `${text}${at}`, endpoint: text }))
  return {
    number: 7,
    accepted: 3,
    attempts: { delivered: 1, rejected: 2, timedOut: 0, unreachable: 0, blocked: 0 },
    queued: 4,
    inFlight: 5,
    watches,
    matched: Object.fromEntries(watches.map((filter) => [filterKey(filter), 1000])),
    rows: Array.from({ length: rows }, (_, at) => rowOf(at, text)),
  }
}

test('a report that fits is sent whole, and is read as it was', () => {
  const report = { ...reportOf(20, 'x'.repeat(20)), watches: [{ tenant: 'acme', endpoint: null }], matched: {} }
  assert.deepEqual(cutToSize(report), report)
  assert.deepEqual(readReport(JSON.parse(JSON.stringify(report))), report)
})

test('a report that is too large loses its oldest rows, which it still counts', () => {
  const report = reportOf(400, 'x'.repeat(40))
  const cut = cutToSize(report)
  assert.ok(bytesOf(cut) <= limits.nodeReportBytesMax && bytesOf(cut) > limits.nodeReportBytesMax - 500)
  assert.deepEqual({ ...cut, rows: [] }, { ...report, rows: [] })
  assert.ok(cut.rows.length > 0)
  assert.deepEqual(cut.rows, report.rows.slice(-cut.rows.length))
})

test('a report of the longest ids fits too', () => {
  const cut = cutToSize(reportOf(400, 'é'.repeat(64)))
  assert.ok(bytesOf(cut) <= limits.nodeReportBytesMax)
  assert.notEqual(readReport(cut), null)
})
