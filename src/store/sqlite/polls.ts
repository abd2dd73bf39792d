// The deliveries of polling endpoints: those that consumers fetch, and those that they have fetched.

import { cellOf, cellsMax } from '../../domain/statistics.ts'
import { type DeliveryId, type EndpointKey, type Incarnation, uuidV7Time } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { never } from '../../domain/time.ts'
import type { ClaimedDelivery } from '../../contracts/lease-store.ts'
import type { Fetched, FetchedChoice, FetchedDelivery, FetchRequest } from '../../contracts/poll-store.ts'
import { eventColumns, statusCode } from '../rows.ts'
import type { Database } from './database.ts'
import { claimedOf, type ClaimRow, fitting } from './leases.ts'
import { addCounts } from './stats.ts'

const columns = `d.id AS delivery, d.attempts, d.attempts_before, d.fetch_id, d.due_at, ${eventColumns}
  FROM deliveries d JOIN events e ON e.seq = d.event`

type FetchRow = ClaimRow & { fetch_id: string | null; due_at: number }

/** Polling endpoints with deliveries that have been due since `before`: they are due never. */
const unfetched = `SELECT endpoint, before FROM (
    SELECT s.endpoint, ?1 - ?2 * min(?3, ifnull(t.retain_seconds * 1000, ?3)) AS before
    FROM endpoint_status s CROSS JOIN endpoints p ON p.key = s.endpoint CROSS JOIN tenants t ON t.label = p.tenant
    WHERE s.next_due_at = ?4) k
  WHERE EXISTS (
    SELECT 1 FROM deliveries d WHERE d.status = 0 AND d.node IS NULL AND d.endpoint = k.endpoint AND d.due_at <= k.before)
  LIMIT ?5`

export function pollRole(db: Database) {
  const dueRows = db.prepare(
    `SELECT ${columns}
     WHERE d.status = 0 AND d.node IS NULL AND d.endpoint = ? AND d.due_at <= ? ORDER BY d.due_at LIMIT ?`,
  )
  const fetchedRow = db.prepare(
    `SELECT ${columns} WHERE d.id = ? AND d.endpoint = ? AND d.status = 0 AND d.node IS NULL AND d.fetch_id IS NOT NULL`,
  )
  const give = db.prepare('UPDATE deliveries SET fetch_id = ?, due_at = ? WHERE id = ?')
  const lease = db.prepare('UPDATE deliveries SET fetch_id = NULL, node = ? WHERE id = ?')

  return {
    fetchDeliveries({ endpoint, fetch, node, until, rowsMax }: FetchRequest): Fetched {
      return db.transaction(() => {
        const rows = fitting(dueRows.iterate(endpoint, uuidV7Time(fetch), rowsMax) as Iterable<FetchRow>)
        const deliveries: ClaimedDelivery[] = []
        const lapsed: FetchedDelivery[] = []
        for (const row of rows) {
          if (row.fetch_id === null) {
            give.run(fetch, until, row.delivery)
            deliveries.push(claimedOf(row, endpoint))
          } else {
            lapsed.push(leased(row, endpoint, node))
          }
        }
        return { deliveries, lapsed, more: dueAmong(db, [endpoint], uuidV7Time(fetch)).length > 0 }
      })
    },

    leaseFetched(node: Incarnation, endpoint: EndpointKey, choice: FetchedChoice): FetchedDelivery[] {
      return db.transaction(() => {
        const ids = 'ids' in choice ? choice.ids : idsOf(endpoint, choice)
        return ids.flatMap((id) => {
          const row = fetchedRow.get(id, endpoint) as FetchRow | undefined
          return row === undefined ? [] : [leased(row, endpoint, node)]
        })
      })
    },

    failUnfetched(now: number, keptMs: number, retentionMs: number, rowsMax: number): boolean {
      return db.transaction(() => {
        const rows = db.all<{ endpoint: number; before: number }>(
          unfetched,
          now,
          keptMs / retentionMs,
          retentionMs,
          never,
          limits.retentionStepTenants,
        )
        for (const { endpoint, before } of rows) fail(endpoint, now, before, rowsMax)
        return rows.length > 0
      })
    },
  }

  function leased(row: FetchRow, endpoint: EndpointKey, node: Incarnation): FetchedDelivery {
    lease.run(node, row.delivery)
    return { ...claimedOf(row, endpoint), fetchedAt: uuidV7Time(row.fetch_id ?? ''), dueAt: row.due_at }
  }

  /** The due time leads to the deliveries of one fetch among all that wait. */
  function idsOf(endpoint: EndpointKey, { fetch, dueAt }: Extract<FetchedChoice, { fetch: unknown }>): DeliveryId[] {
    const rows = db.all<{ id: DeliveryId }>(
      'SELECT id FROM deliveries WHERE status = 0 AND node IS NULL AND endpoint = ? AND due_at = ? AND fetch_id = ?',
      endpoint,
      dueAt,
      fetch,
    )
    return rows.map(({ id }) => id)
  }

  /** @param before deliveries fail that have been due since this time */
  function fail(endpoint: number, now: number, before: number, rowsMax: number): void {
    const count = db.run(
      `UPDATE deliveries SET status = ?, due_at = NULL, reason = 'not fetched', ended_at = ? WHERE id IN (
         SELECT id FROM deliveries WHERE status = 0 AND node IS NULL AND endpoint = ? AND due_at <= ? LIMIT ?)`,
      statusCode.failed,
      now,
      endpoint,
      before,
      rowsMax,
    )
    const cell = endpoint * cellsMax + cellOf(null, 'failed')
    addCounts(db, now, Array<number>(count).fill(cell))
  }
}

/** Runs on the reading thread: a poll that finds nothing costs no commit any time. */
export function pollReads(db: Database) {
  return {
    withDueDeliveries(endpoints: readonly EndpointKey[], now: number): EndpointKey[] {
      return dueAmong(db, endpoints, now)
    },
  }
}

function dueAmong(db: Database, endpoints: readonly EndpointKey[], now: number): EndpointKey[] {
  return db
    .all<{ endpoint: EndpointKey }>(
      `SELECT k.value AS endpoint FROM json_each(?) k WHERE EXISTS (
         SELECT 1 FROM deliveries WHERE status = 0 AND node IS NULL AND endpoint = k.value AND due_at <= ?)`,
      JSON.stringify(endpoints),
      now,
    )
    .map(({ endpoint }) => endpoint)
}
