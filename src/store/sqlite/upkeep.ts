// Maintenance in small steps beside the traffic: the sweep, retention, values of the installation.

import { lowestUuidV7, uuidV7Time, type EndpointKey } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { PruneStep } from '../../contracts/upkeep-store.ts'
import type { Database } from './database.ts'
import { settle } from './deferred-indexes.ts'
import { type EventRow, eventRow, removeDelivery, removeEvents } from './removals.ts'
import { countCancelled } from './stats.ts'

/**
 * For updates of endpoint_status that make a delivery wait: marks the endpoint for `sweep` if it is disabled or
 * deleted.
 */
export const markIfOff = `sweep = max(sweep, NOT EXISTS (
  SELECT 1 FROM endpoints p WHERE p.key = endpoint_status.endpoint AND p.enabled = 1 AND p.deleted_at IS NULL))`

/** A delivery of endpoint ?2 waits, and is due at ?1. */
export const waitsUntil = `UPDATE endpoint_status
  SET next_due_at = ifnull(min(next_due_at, max(?1, ifnull(paused_until, 0))), max(?1, ifnull(paused_until, 0))),
    ${markIfOff}
  WHERE endpoint = ?2`

/** Cancels at most `rowsMax` deliveries that wait for an endpoint. Returns the number of cancelled deliveries. */
export function cancelWaiting(db: Database, endpoint: EndpointKey, now: number, rowsMax: number): number {
  const rows = db.all<{ id: string }>(
    'SELECT id FROM deliveries WHERE status = 0 AND node IS NULL AND endpoint = ? LIMIT ?',
    endpoint,
    rowsMax,
  )
  const reason = db.get<{ reason: string }>(
    `SELECT CASE WHEN deleted_at IS NOT NULL THEN 'endpoint deleted' WHEN disabled_reason = 'gone' THEN 'endpoint gone'
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
  countCancelled(db, now, endpoint, rows.length)
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
  // A page that moves while the file is scrubbed might be missed.
  const isScrubbed = db.get('SELECT 1 FROM erasures WHERE ended_at IS NULL LIMIT 1') !== undefined
  if (isScrubbed || !hasManyFree()) return 0
  const before = count('page_count')
  db.transaction(() => db.exec(`PRAGMA incremental_vacuum(${limits.freedPagesStep})`))
  const given = before - count('page_count')
  if (given > 0 && !hasManyFree()) db.checkpoint()
  return given
}

export function upkeepReads(db: Database) {
  return {
    storedBytes(): number {
      const size = 'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size'
      return db.get<{ bytes: number }>(size)?.bytes ?? 0
    },
  }
}

export function upkeepRole(db: Database) {
  /** Retention has already read the deliveries up to this id. Those that are still stored are pending. */
  let prunedTo = ''
  /** All entries that retention may have to remove are in the indexes. */
  let isSettled = false
  /** Tenants up to this label have no more rows to remove. */
  let prunedTenant = ''

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

    prune(before: number, now: number, rowsMax: number): PruneStep {
      // Once for all steps: entries that are added meanwhile are not old.
      if (!isSettled) db.transaction(() => settle(db))
      isSettled = true
      const step = db.erasing((): PruneStep => {
        const deliveries = pruneDeliveries(before, rowsMax)
        if (deliveries.visited > 0) return deliveries
        const events = pruneEvents(before, rowsMax)
        const tenants = pruneTenants(before, now, rowsMax)
        const visited = events + tenants.visited + pruneRest(before, now, rowsMax)
        return { visited, hasRemoved: events > 0 || tenants.hasRemoved }
      })
      if (step.visited > 0) return step
      isSettled = false
      db.emptyLog()
      return { visited: giveBackPages(db), hasRemoved: false }
    },

    writeOnce(name: string, value: string): string {
      db.transaction(() => db.run('INSERT INTO installation VALUES (?, ?) ON CONFLICT DO NOTHING', name, value))
      return db.get<{ value: string }>('SELECT value FROM installation WHERE name = ?', name)?.value ?? value
    },

    ping(): void {
      db.ping()
    },
  }

  function pruneDeliveries(before: number, rowsMax: number): PruneStep {
    const rows = db.all<{ id: string; endpoint: number; status: number }>(
      'SELECT id, endpoint, status FROM deliveries WHERE id > ? AND id < ? ORDER BY id LIMIT ?',
      prunedTo,
      lowestUuidV7(before),
      rowsMax,
    )
    for (const { id, endpoint, status } of rows) {
      if (status !== 0) removeDelivery(db, endpoint, id)
    }
    prunedTo = rows.length < rowsMax ? '' : (rows.at(-1)?.id ?? '')
    const hasRemoved = rows.some((row) => row.status !== 0)
    return { visited: hasRemoved || prunedTo !== '' ? rows.length : 0, hasRemoved }
  }

  /** Removes events that are older than `before` and older than the oldest delivery. */
  function pruneEvents(before: number, rowsMax: number): number {
    const oldest = db.get<{ id: string | null }>('SELECT min(id) AS id FROM deliveries')?.id ?? null
    const until = oldest === null ? before : Math.min(before, uuidV7Time(oldest))
    const rows = db.all<EventRow>(
      `SELECT ${eventRow} FROM events e WHERE accepted_at < ? ORDER BY accepted_at LIMIT ?`,
      until,
      rowsMax,
    )
    return removeEvents(db, rows)
  }

  /** Removes rows of tenants whose time is shorter than that of the installation. */
  function pruneTenants(before: number, now: number, rowsMax: number): PruneStep {
    const tenants = db.all<{ label: string; retain_seconds: number }>(
      'SELECT label, retain_seconds FROM tenants WHERE retain_seconds IS NOT NULL AND label > ? ORDER BY label LIMIT ?',
      prunedTenant,
      limits.retentionStepTenants,
    )
    for (const { label, retain_seconds: seconds } of tenants) {
      const own = now - 1000 * seconds
      const count = own > before ? pruneTenant(label, own, rowsMax) : 0
      if (count > 0) return { visited: count, hasRemoved: true }
      prunedTenant = label
    }
    if (tenants.length < limits.retentionStepTenants) prunedTenant = ''
    return { visited: prunedTenant === '' ? 0 : tenants.length, hasRemoved: false }
  }

  function pruneTenant(label: string, before: number, rowsMax: number): number {
    const rows = db.all<{ id: string; endpoint: number }>(
      `SELECT i.id, i.endpoint FROM endpoints p CROSS JOIN deliveries_of_endpoint i ON i.endpoint = p.key
         CROSS JOIN deliveries d ON d.id = i.id
       WHERE p.tenant = ? AND i.id < ? AND d.status <> 0 LIMIT ?`,
      label,
      lowestUuidV7(before),
      rowsMax,
    )
    for (const { id, endpoint } of rows) removeDelivery(db, endpoint, id)
    if (rows.length > 0) return rows.length
    const oldest = db.get<{ id: string | null }>(
      `SELECT min((SELECT min(id) FROM deliveries_of_endpoint WHERE endpoint = key)) AS id FROM endpoints
       WHERE tenant = ?`,
      label,
    )?.id
    const events = db.all<EventRow>(
      `SELECT ${eventRow} FROM events_of_tenant i CROSS JOIN events e ON e.seq = i.seq
       WHERE i.tenant = ? AND i.accepted_at < ? LIMIT ?`,
      label,
      Math.min(before, uuidV7Time(oldest ?? lowestUuidV7(before))),
      rowsMax,
    )
    return removeEvents(db, events)
  }

  function pruneRest(before: number, now: number, rowsMax: number): number {
    let count = db.run(
      `DELETE FROM idempotent_answers WHERE (api_key, idempotency_key) IN
         (SELECT api_key, idempotency_key FROM idempotent_answers WHERE expires_at <= ? LIMIT ?)`,
      now,
      rowsMax,
    )
    count += db.run(
      'DELETE FROM erasures WHERE id IN (SELECT id FROM erasures WHERE ended_at < ? LIMIT ?)',
      before,
      rowsMax,
    )
    count += pruneReplays(db, now, rowsMax)
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

/** Removes replays that ended long ago, and previews that have expired. */
function pruneReplays(db: Database, now: number, rowsMax: number): number {
  let count = 0
  for (const [column, until] of [
    ['ended_at', now - limits.replayKeptMs],
    ['expires_at', now],
  ] as const) {
    const old = `SELECT id FROM replays WHERE ${column} <= ? LIMIT ?`
    count += db.run(`DELETE FROM replays WHERE id IN (${old})`, until, rowsMax)
  }
  return count
}
