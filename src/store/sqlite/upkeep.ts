// Maintenance in small steps beside the traffic: the sweep, retention, values of the installation.

import { lowestUuidV7, uuidV7Time, type EndpointKey } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { Database } from './database.ts'
import { settle } from './deferred-indexes.ts'

/**
 * For updates of endpoint_status that make a delivery wait: marks the endpoint for `sweep` if it is disabled or
 * deleted.
 */
export const markIfOff = `sweep = max(sweep, NOT EXISTS (
  SELECT 1 FROM endpoints p WHERE p.key = endpoint_status.endpoint AND p.enabled = 1 AND p.deleted_at IS NULL))`

/** Cancels at most `rowsMax` deliveries that wait for an endpoint. Returns the number of cancelled deliveries. */
export function cancelWaiting(db: Database, endpoint: EndpointKey, now: number, rowsMax: number): number {
  const rows = db.all<{ id: string }>(
    'SELECT id FROM deliveries WHERE status = 0 AND node IS NULL AND endpoint = ? LIMIT ?',
    endpoint,
    rowsMax,
  )
  const reason = db.get<{ reason: string }>(
    `SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM tenants WHERE id = endpoints.tenant) THEN 'tenant deleted'
       WHEN deleted_at IS NOT NULL THEN 'endpoint deleted' WHEN disabled_reason = 'gone' THEN 'endpoint gone'
       ELSE 'endpoint disabled' END AS reason FROM endpoints WHERE key = ?`,
    endpoint,
  )?.reason
  for (const { id } of rows) {
    db.run(
      'UPDATE deliveries SET status = 3, due_at = NULL, reason = ?, ended_at = ? WHERE id = ?',
      reason ?? 'endpoint deleted',
      now,
      id,
    )
  }
  if (rows.length < rowsMax) db.run('UPDATE endpoint_status SET next_due_at = NULL WHERE endpoint = ?', endpoint)
  return rows.length
}

/**
 * One step of making the file smaller. A file that an older Posthorn created keeps its pages until it is converted
 * (docs/operating.md). Returns the number of pages that were given back.
 */
function giveBackPages(db: Database): number {
  const count = (what: 'page_count' | 'freelist_count'): number =>
    db.get<Record<string, number>>(`PRAGMA ${what}`)?.[what] ?? 0
  const hasManyFree = (): boolean => count('freelist_count') > count('page_count') * limits.freePagesShare
  if (!hasManyFree()) return 0
  const before = count('page_count')
  db.transaction(() => db.exec(`PRAGMA incremental_vacuum(${limits.freedPagesStep})`))
  const given = before - count('page_count')
  if (given > 0 && !hasManyFree()) db.checkpoint()
  return given
}

export function upkeepRole(db: Database) {
  /** Retention has already read the deliveries up to this id. Those that are still stored are pending. */
  let prunedTo = ''

  return {
    sweep(now: number, rowsMax: number): boolean {
      return db.transaction(() => {
        const row = db.get<{ endpoint: number }>('SELECT endpoint FROM endpoint_status WHERE sweep = 1 LIMIT 1')
        if (row === undefined) return false
        if (cancelWaiting(db, row.endpoint as EndpointKey, now, rowsMax) < rowsMax) {
          db.run('UPDATE endpoint_status SET sweep = 0 WHERE endpoint = ?', row.endpoint)
        }
        return true
      })
    },

    prune(before: number, now: number, rowsMax: number): number {
      const rows = db.transaction(() => {
        settle(db)
        const oldDeliveries = pruneDeliveries(before, rowsMax)
        if (oldDeliveries > 0) return oldDeliveries
        return pruneEvents(before, rowsMax) + pruneRest(before, now, rowsMax)
      })
      return rows > 0 ? rows : giveBackPages(db)
    },

    writeOnce(name: string, value: string): string {
      db.transaction(() => db.run('INSERT INTO installation VALUES (?, ?) ON CONFLICT DO NOTHING', name, value))
      return db.get<{ value: string }>('SELECT value FROM installation WHERE name = ?', name)?.value ?? value
    },

    ping(): void {
      db.ping()
    },
  }

  function pruneDeliveries(before: number, rowsMax: number): number {
    const rows = db.all<{ id: string; endpoint: number; status: number }>(
      'SELECT id, endpoint, status FROM deliveries WHERE id > ? AND id < ? ORDER BY id LIMIT ?',
      prunedTo,
      lowestUuidV7(before),
      rowsMax,
    )
    for (const { id, endpoint, status } of rows) {
      if (status === 0) continue
      db.run('DELETE FROM attempts WHERE delivery = ?', id)
      db.run('DELETE FROM deliveries_of_endpoint WHERE endpoint = ? AND id = ?', endpoint, id)
      db.run('DELETE FROM deliveries WHERE id = ?', id)
    }
    prunedTo = rows.length < rowsMax ? '' : (rows.at(-1)?.id ?? '')
    return rows.some((row) => row.status !== 0) || prunedTo !== '' ? rows.length : 0
  }

  /** Removes events that are older than `before` and older than the oldest delivery. */
  function pruneEvents(before: number, rowsMax: number): number {
    const oldest = db.get<{ id: string | null }>('SELECT min(id) AS id FROM deliveries')?.id ?? null
    const until = oldest === null ? before : Math.min(before, uuidV7Time(oldest))
    const rows = db.all<{ seq: number; tenant: string; accepted_at: number }>(
      'SELECT seq, tenant, accepted_at FROM events WHERE accepted_at < ? ORDER BY accepted_at LIMIT ?',
      until,
      rowsMax,
    )
    for (const { seq, tenant, accepted_at: acceptedAt } of rows) {
      db.run('DELETE FROM events_of_tenant WHERE tenant = ? AND accepted_at = ? AND seq = ?', tenant, acceptedAt, seq)
      db.run('DELETE FROM events WHERE seq = ?', seq)
    }
    return rows.length
  }

  function pruneRest(before: number, now: number, rowsMax: number): number {
    let count = db.run(
      `DELETE FROM idempotent_answers WHERE (api_key, idempotency_key) IN
         (SELECT api_key, idempotency_key FROM idempotent_answers WHERE expires_at <= ? LIMIT ?)`,
      now,
      rowsMax,
    )
    const endpoints = db.all<{ key: number }>(
      `SELECT key FROM endpoints WHERE deleted_at < ? AND NOT EXISTS
         (SELECT 1 FROM deliveries_of_endpoint WHERE endpoint = endpoints.key) LIMIT ?`,
      before,
      rowsMax,
    )
    for (const { key } of endpoints) {
      db.run('DELETE FROM endpoint_status WHERE endpoint = ?', key)
      count += db.run('DELETE FROM endpoints WHERE key = ?', key)
    }
    return count
  }
}
