// Maintenance in small steps beside the traffic: the sweep, retention, values of the installation. Every node runs it.
// A node skips a step that another node is running.

import { lowestUuidV7, uuidV7Time, type EndpointKey } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { PruneStep } from '../../contracts/upkeep-store.ts'
import type { Database, Session } from './database.ts'
import { pruneOutbox } from './outbox.ts'
import { pruneQuotas } from './quotas.ts'
import { countCancelled } from './stats.ts'

/**
 * For endpoint_status s: whether the endpoint is disabled or deleted. An update that makes a delivery wait then marks
 * the endpoint for `sweep`. Not written as EXISTS, because the planner might read all endpoints for it.
 */
export const isOff =
  '(SELECT true FROM endpoints p WHERE p.key = s.endpoint AND p.enabled AND p.deleted_at IS NULL) IS NULL'

/** How long dead nodes stay in the table: a frozen process may continue and ask for the state of its incarnation. */
const deadNodesKept = `interval '1 day'`

/**
 * Cancels at most `rowsMax` deliveries that wait for an endpoint. Returns the number of cancelled deliveries. The
 * caller must have locked the row in endpoint_status, so that no other delivery starts to wait in the meantime.
 */
export async function cancelWaiting(
  session: Session,
  endpoint: EndpointKey,
  now: number,
  rowsMax: number,
): Promise<number> {
  const count = await session.run(
    `WITH waiting AS MATERIALIZED (
       SELECT id FROM deliveries WHERE status = 0 AND node = 0 AND endpoint = $1 ORDER BY due_at LIMIT $3 FOR UPDATE)
     UPDATE deliveries d SET status = 3, due_at = NULL, ended_at = $2, reason = coalesce((
         SELECT CASE WHEN p.deleted_at IS NOT NULL THEN 'endpoint deleted' WHEN p.disabled_reason = 'gone' THEN 'endpoint gone'
           ELSE 'endpoint disabled' END FROM endpoints p WHERE p.key = $1), 'endpoint deleted')
     WHERE d.id = ANY(ARRAY(SELECT id FROM waiting))`,
    endpoint,
    now,
    rowsMax,
  )
  await countCancelled(session, now, [endpoint], [count])
  if (count < rowsMax) await session.run('UPDATE endpoint_status SET next_due_at = NULL WHERE endpoint = $1', endpoint)
  return count
}

export function upkeepRole(db: Database) {
  /** Retention has already read the deliveries up to this id. Those that are still stored are pending. */
  let prunedTo = lowestUuidV7(0)
  /** Tenants up to this label have no more rows to remove. */
  let prunedTenant = ''

  return {
    async sweep(now: number, rowsMax: number): Promise<boolean> {
      return db.transaction(async (session) => {
        const row = await session.get<{ endpoint: EndpointKey }>(
          'SELECT endpoint FROM endpoint_status WHERE sweep LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED',
        )
        if (row === undefined) return false
        // Checked under the lock: the transaction that set the mark may have missed that the endpoint was enabled.
        const enabled = await session.run(
          `UPDATE endpoint_status s SET sweep = false, next_due_at = 0 WHERE endpoint = $1 AND NOT ${isOff}`,
          row.endpoint,
        )
        if (enabled > 0) return true
        if ((await cancelWaiting(session, row.endpoint, now, rowsMax)) < rowsMax) {
          await session.run('UPDATE endpoint_status SET sweep = false WHERE endpoint = $1', row.endpoint)
        }
        return true
      })
    },

    async prune(before: number, now: number, rowsMax: number): Promise<PruneStep> {
      return db.transaction(async (session): Promise<PruneStep> => {
        const mine = await session.get<{ mine: boolean }>(
          `SELECT pg_try_advisory_xact_lock(hashtext($1)) AS mine`,
          `posthorn retention ${db.schema}`,
        )
        if (mine?.mine !== true) return { visited: 0, hasRemoved: false }
        const deliveries = await pruneDeliveries(session, before, rowsMax)
        if (deliveries.visited > 0) return deliveries
        const events = await pruneEvents(session, before, rowsMax)
        const tenants = await pruneTenants(session, before, now, rowsMax)
        const visited = events + tenants.visited + (await pruneRest(session, before, now, rowsMax))
        return { visited, hasRemoved: events > 0 || tenants.hasRemoved }
      })
    },

    async writeOnce(name: string, value: string): Promise<string> {
      await db.run('INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING', name, value)
      return (await db.get<{ value: string }>('SELECT value FROM installation WHERE name = $1', name))?.value ?? value
    },

    async storedBytes(): Promise<number> {
      const row = await db.get<{ bytes: number }>(
        `SELECT sum(pg_total_relation_size(oid))::bigint AS bytes FROM pg_class
         WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)`,
        db.schema,
      )
      return row?.bytes ?? 0
    },

    ping: () => db.ping(),
  }

  async function pruneDeliveries(session: Session, before: number, rowsMax: number): Promise<PruneStep> {
    const rows = await session.all<{ id: string; status: number }>(
      'SELECT id, status FROM deliveries WHERE id > $1::uuid AND id < $2::uuid ORDER BY id LIMIT $3',
      prunedTo,
      lowestUuidV7(before),
      rowsMax,
    )
    const ended = rows.flatMap((row) => (row.status === 0 ? [] : [row.id]))
    if (ended.length > 0) await removeEnded(session, ended)
    const last = rows.length < rowsMax ? undefined : rows.at(-1)
    prunedTo = last?.id ?? lowestUuidV7(0)
    const hasRemoved = ended.length > 0
    return { visited: hasRemoved || last !== undefined ? rows.length : 0, hasRemoved }
  }

  /** Removes deliveries with their attempts. One that was made to wait again in the meantime stays. */
  async function removeEnded(session: Session, ids: readonly string[]): Promise<void> {
    await session.run(
      `WITH gone AS (DELETE FROM deliveries WHERE status <> 0 AND ctid = ANY(ARRAY(
         SELECT ctid FROM deliveries WHERE id = ANY($1::uuid[]) ORDER BY id)) RETURNING id)
       DELETE FROM attempts WHERE delivery = ANY(ARRAY(SELECT id FROM gone))`,
      ids,
    )
  }

  /** Removes events that are older than `before` and older than the oldest delivery. */
  async function pruneEvents(session: Session, before: number, rowsMax: number): Promise<number> {
    const oldest = await session.get<{ id: string }>('SELECT id FROM deliveries ORDER BY id LIMIT 1')
    const until = oldest === undefined ? before : Math.min(before, uuidV7Time(oldest.id))
    return session.run(
      `DELETE FROM events WHERE seq = ANY(ARRAY(
         SELECT seq FROM events WHERE accepted_at < $1 ORDER BY accepted_at LIMIT $2))`,
      until,
      rowsMax,
    )
  }

  /** Removes rows of tenants whose time is shorter than that of the installation. */
  async function pruneTenants(session: Session, before: number, now: number, rowsMax: number): Promise<PruneStep> {
    const tenants = await session.all<{ label: string; retain_seconds: number }>(
      `SELECT label, retain_seconds FROM tenants
       WHERE retain_seconds IS NOT NULL AND label > $1 ORDER BY label LIMIT $2`,
      prunedTenant,
      limits.retentionStepTenants,
    )
    for (const { label, retain_seconds: seconds } of tenants) {
      const own = now - 1000 * seconds
      const count = own > before ? await pruneTenant(session, label, own, rowsMax) : 0
      if (count > 0) return { visited: count, hasRemoved: true }
      prunedTenant = label
    }
    if (tenants.length < limits.retentionStepTenants) prunedTenant = ''
    return { visited: prunedTenant === '' ? 0 : tenants.length, hasRemoved: false }
  }

  async function pruneTenant(session: Session, label: string, before: number, rowsMax: number): Promise<number> {
    const ended = await session.all<{ id: string }>(
      `SELECT d.id FROM endpoints p CROSS JOIN LATERAL (
         SELECT id FROM deliveries WHERE endpoint = ANY(ARRAY[p.key]) AND id < $2 AND status <> 0
         ORDER BY endpoint, id LIMIT $3) d
       WHERE p.tenant = $1 LIMIT $3`,
      label,
      lowestUuidV7(before),
      rowsMax,
    )
    if (ended.length > 0) {
      await removeEnded(
        session,
        ended.map(({ id }) => id),
      )
      return ended.length
    }
    const oldest = await session.get<{ id: string | null }>(
      `SELECT min(d.id::text) AS id FROM endpoints p CROSS JOIN LATERAL (
         SELECT id FROM deliveries WHERE endpoint = ANY(ARRAY[p.key]) ORDER BY endpoint, id LIMIT 1) d
       WHERE p.tenant = $1`,
      label,
    )
    return session.run(
      `DELETE FROM events WHERE seq = ANY(ARRAY(
         SELECT seq FROM events WHERE tenant = ANY(ARRAY[$1]) AND accepted_at < $2 ORDER BY tenant, accepted_at LIMIT $3))`,
      label,
      Math.min(before, uuidV7Time(oldest?.id ?? lowestUuidV7(before))),
      rowsMax,
    )
  }

  async function pruneRest(session: Session, before: number, now: number, rowsMax: number): Promise<number> {
    const answers = await session.run(
      `DELETE FROM idempotent_answers WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM idempotent_answers WHERE expires_at <= $1 LIMIT $2))`,
      now,
      rowsMax,
    )
    const erasures = await session.run(
      'DELETE FROM erasures WHERE id = ANY(ARRAY(SELECT id FROM erasures WHERE ended_at < $1 LIMIT $2))',
      before,
      rowsMax,
    )
    const replays = await pruneReplays(session, now, rowsMax)
    const published = await pruneOutbox(session, before, rowsMax)
    const gone = await session.all<{ key: number }>(
      `DELETE FROM endpoints WHERE key = ANY(ARRAY(
         SELECT key FROM endpoints p WHERE deleted_at < $1
           AND (SELECT true FROM deliveries d WHERE d.endpoint = p.key LIMIT 1) IS NULL
         ORDER BY deleted_at LIMIT $2)) RETURNING key`,
      before,
      rowsMax,
    )
    const keys = gone.map((row) => row.key)
    if (keys.length > 0) {
      await session.run('DELETE FROM endpoint_status WHERE endpoint = ANY($1::bigint[])', keys)
      await session.run('DELETE FROM endpoint_attempts WHERE endpoint = ANY($1::bigint[])', keys)
    }
    await session.run(`DELETE FROM nodes WHERE dead_at < clock_timestamp() - ${deadNodesKept}`)
    return answers + erasures + replays + published + keys.length + (await pruneQuotas(session, now, rowsMax))
  }
}

/** Removes replays that ended long ago, and previews that have expired. */
async function pruneReplays(session: Session, now: number, rowsMax: number): Promise<number> {
  let count = 0
  for (const [column, until] of [
    ['ended_at', now - limits.replayKeptMs],
    ['expires_at', now],
  ] as const) {
    count += await session.run(
      `DELETE FROM replays WHERE id = ANY(ARRAY(
         SELECT id FROM replays WHERE ${column} <= $1 ORDER BY ${column} LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      until,
      rowsMax,
    )
  }
  return count
}
