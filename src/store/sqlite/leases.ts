// Nodes, and the deliveries that they hold.

import { limits } from '../../domain/limits.ts'
import type { DeliveryId, EndpointKey, Incarnation } from '../../domain/ids.ts'
import { type LostNode, nodeLost } from '../../domain/operational-events.ts'
import type {
  Claim,
  ClaimedDelivery,
  ClaimRequest,
  DueEndpoint,
  Heartbeat,
  NodeRow,
} from '../../contracts/lease-store.ts'
import type { Database } from './database.ts'
import { eventColumns, type EventColumns, eventOf, tenantIdOf } from '../rows.ts'
import { tellings } from './tellings.ts'
import { markIfOff } from './upkeep.ts'

const nextDue = `SELECT min(due_at) FROM deliveries WHERE status = 0 AND node IS NULL AND endpoint = ?1`

export function leaseRole(db: Database) {
  const { tell } = tellings(db)
  const dueRows = db.prepare(
    `SELECT endpoint, tenant FROM (
       SELECT d.endpoint, e.tenant, d.next_due_at,
         row_number() OVER (PARTITION BY e.tenant ORDER BY d.next_due_at) AS turn
       FROM (SELECT endpoint, next_due_at FROM endpoint_status WHERE next_due_at <= ? ORDER BY next_due_at LIMIT ?) d
         JOIN endpoints e ON e.key = d.endpoint
     ) ORDER BY turn, next_due_at LIMIT ?`,
  )
  const claimRows = db.prepare(
    `SELECT d.id AS delivery, d.attempts, d.attempts_before, ${eventColumns}
     FROM deliveries d JOIN events e ON e.seq = d.event
     WHERE d.status = 0 AND d.node IS NULL AND d.endpoint = ? AND d.due_at <= ? ORDER BY d.due_at LIMIT ?`,
  )
  const lease = db.prepare('UPDATE deliveries SET node = ? WHERE id = ?')
  const enabledRow = db.prepare(
    `SELECT s.paused_until AS pausedUntil FROM endpoints e JOIN endpoint_status s ON s.endpoint = e.key
     WHERE e.key = ? AND e.enabled = 1 AND e.deleted_at IS NULL`,
  )

  return {
    join(now: number): Incarnation {
      return db.transaction(() => {
        const row = db.get<{ incarnation: number }>(
          'INSERT INTO nodes (started_at, heartbeat_at) VALUES (?, ?) RETURNING incarnation',
          now,
          now,
        )
        // With `IS NOT NULL`, SQLite would scan all stored deliveries.
        release('node > 0', [])
        return row?.incarnation as Incarnation
      })
    },

    leave(node: Incarnation): void {
      db.transaction(() => {
        release('node = ?', [node])
        db.run('DELETE FROM nodes WHERE incarnation = ?', node)
      })
    },

    heartbeat(node: Incarnation, now: number): Heartbeat {
      const alive = db.run('UPDATE nodes SET heartbeat_at = ? WHERE incarnation = ?', now, node) === 1
      return { alive, silentMs: 0 }
    },

    takeOver(node: Incarnation, _silentMs: number, now: number): LostNode[] {
      return db.transaction(() => {
        const rows = db.all<Pick<LostNode, 'incarnation' | 'startedAt'>>(
          'DELETE FROM nodes WHERE incarnation <> ? RETURNING incarnation, started_at AS startedAt',
          node,
        )
        const nodes = rows.map((row) => ({ ...row, version: null, role: null, heartbeatAt: null }))
        tell(
          nodes.map((one) => nodeLost(one, node, now)),
          now,
        )
        return nodes
      })
    },

    dueEndpoints(now: number, endpointsMax: number): DueEndpoint[] {
      const rows = dueRows.all(now, limits.dueEndpointsReadMax, endpointsMax) as unknown as DueEndpoint[]
      return rows.map(({ endpoint, tenant }) => ({ endpoint, tenant: tenantIdOf(tenant) }))
    },

    claim(node: Incarnation, now: number, requests: readonly ClaimRequest[]): Claim {
      return db.transaction(() => {
        const deliveries: ClaimedDelivery[] = []
        const more: EndpointKey[] = []
        for (const { endpoint, room } of requests) {
          const enabled = enabledRow.get(endpoint) as { pausedUntil: number | null } | undefined
          if (enabled === undefined) {
            db.run('UPDATE endpoint_status SET next_due_at = NULL, sweep = 1 WHERE endpoint = ?', endpoint)
            continue
          }
          if (enabled.pausedUntil !== null && enabled.pausedUntil > now) {
            db.run('UPDATE endpoint_status SET next_due_at = paused_until WHERE endpoint = ?', endpoint)
            continue
          }
          for (const row of fitting(claimRows.iterate(endpoint, now, room) as Iterable<ClaimRow>)) {
            lease.run(node, row.delivery)
            deliveries.push(claimedOf(row, endpoint))
          }
          // If deliveries are still due, the endpoint becomes due again soon: its lane may have room by then.
          const next = db.get<{ due: number | null }>(`SELECT (${nextDue}) AS due`, endpoint)?.due ?? null
          const isDue = next !== null && next <= now
          if (isDue) more.push(endpoint)
          const lookAt = isDue ? now + limits.claimAgainMs : next
          db.run('UPDATE endpoint_status SET next_due_at = ? WHERE endpoint = ?', lookAt, endpoint)
        }
        return { deliveries, more }
      })
    },

    nextDueAt(): number | null {
      const row = db.get<{ due: number | null }>(
        'SELECT min(next_due_at) AS due FROM endpoint_status WHERE next_due_at IS NOT NULL',
      )
      return row?.due ?? null
    },
  }

  /** Makes leased deliveries wait again. They are due already, so their endpoints become due at once. */
  function release(held: string, values: number[]): void {
    db.run(
      `UPDATE endpoint_status SET next_due_at = 0, ${markIfOff}
       WHERE endpoint IN (SELECT DISTINCT endpoint FROM deliveries WHERE status = 0 AND ${held})`,
      ...values,
    )
    db.run(`UPDATE deliveries SET node = NULL WHERE status = 0 AND ${held}`, ...values)
  }
}

/** Runs on the reading thread: counting a long backlog takes time, and commits must not wait for it. */
export function leaseReads(db: Database) {
  return {
    countWaiting(): number {
      const row = db.get<{ count: number }>(
        'SELECT count(*) AS count FROM deliveries WHERE status = 0 AND node IS NULL',
      )
      return row?.count ?? 0
    },

    listNodes(): NodeRow[] {
      const rows = db.all<Pick<NodeRow, 'incarnation' | 'startedAt'>>(
        'SELECT incarnation, started_at AS startedAt FROM nodes ORDER BY incarnation DESC LIMIT ?',
        limits.nodesListedMax,
      )
      return rows.map((row) => ({ ...row, facts: null, isLive: true, heartbeatAt: null }))
    },
  }
}

/**
 * Reads rows one by one up to the bound: all rows that a lane has room for may be too large for one message between
 * threads.
 */
export function fitting<Row extends ClaimRow>(rows: Iterable<Row>): Row[] {
  const taken: Row[] = []
  let bytes = 0
  for (const row of rows) {
    taken.push(row)
    bytes += row.data.length
    if (bytes >= limits.claimPerEndpointBytesMax) break
  }
  return taken
}

export type ClaimRow = EventColumns & { delivery: string; attempts: number; attempts_before: number }

export function claimedOf(row: ClaimRow, endpoint: EndpointKey): ClaimedDelivery {
  return {
    id: row.delivery as DeliveryId,
    endpoint,
    attempts: row.attempts,
    attemptsBefore: row.attempts_before,
    event: eventOf(row),
  }
}
