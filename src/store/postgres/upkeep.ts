// What is done beside the traffic, in small steps: cancelling, retention, values of the installation. Every node does
// it: a step that another node is at is left to that one.

import { lowestUuidV7, uuidV7Time, type EndpointKey } from '../../domain/ids.ts'
import type { Database, Session } from './database.ts'
import { pruneQuotas } from './quotas.ts'

/**
 * For endpoint_status s: whether the endpoint is off, so that `sweep` finds what came to wait for it since. Not as
 * EXISTS, for which all endpoints may be read at once.
 */
export const isOff =
  '(SELECT true FROM endpoints p WHERE p.key = s.endpoint AND p.enabled AND p.deleted_at IS NULL) IS NULL'

/** Nodes that are gone are remembered for so long: one of them may wake up and ask what became of it. */
const deadNodesKept = `interval '1 day'`

/**
 * Cancels at most `rowsMax` deliveries that wait for an endpoint; gives how many. Its row in endpoint_status must be
 * locked, so that none can come to wait in between.
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
         SELECT CASE WHEN NOT EXISTS (SELECT FROM tenants t WHERE t.id = p.tenant) THEN 'tenant deleted'
           WHEN p.deleted_at IS NOT NULL THEN 'endpoint deleted' WHEN p.disabled_reason = 'gone' THEN 'endpoint gone'
           ELSE 'endpoint disabled' END FROM endpoints p WHERE p.key = $1), 'endpoint deleted')
     WHERE d.id = ANY(ARRAY(SELECT id FROM waiting))`,
    endpoint,
    now,
    rowsMax,
  )
  if (count < rowsMax) await session.run('UPDATE endpoint_status SET next_due_at = NULL WHERE endpoint = $1', endpoint)
  return count
}

export function upkeepRole(db: Database) {
  /** Deliveries up to this id were looked at by retention already; what is left of them is pending. */
  let prunedTo = lowestUuidV7(0)

  return {
    async sweep(now: number, rowsMax: number): Promise<boolean> {
      return db.transaction(async (session) => {
        const row = await session.get<{ endpoint: EndpointKey }>(
          'SELECT endpoint FROM endpoint_status WHERE sweep LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED',
        )
        if (row === undefined) return false
        // Asked once its row is locked: whoever set the mark may not have seen that the endpoint was switched on meanwhile.
        const on = await session.run(
          `UPDATE endpoint_status s SET sweep = false, next_due_at = 0 WHERE endpoint = $1 AND NOT ${isOff}`,
          row.endpoint,
        )
        if (on > 0) return true
        if ((await cancelWaiting(session, row.endpoint, now, rowsMax)) < rowsMax) {
          await session.run('UPDATE endpoint_status SET sweep = false WHERE endpoint = $1', row.endpoint)
        }
        return true
      })
    },

    async prune(before: number, now: number, rowsMax: number): Promise<number> {
      return db.transaction(async (session) => {
        const mine = await session.get<{ mine: boolean }>(
          `SELECT pg_try_advisory_xact_lock(hashtext($1)) AS mine`,
          `posthorn retention ${db.schema}`,
        )
        if (mine?.mine !== true) return 0
        const oldDeliveries = await pruneDeliveries(session, before, rowsMax)
        if (oldDeliveries > 0) return oldDeliveries
        return (await pruneEvents(session, before, rowsMax)) + (await pruneRest(session, before, now, rowsMax))
      })
    },

    async writeOnce(name: string, value: string): Promise<string> {
      await db.run('INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING', name, value)
      return (await db.get<{ value: string }>('SELECT value FROM installation WHERE name = $1', name))?.value ?? value
    },

    ping: () => db.ping(),
  }

  async function pruneDeliveries(session: Session, before: number, rowsMax: number): Promise<number> {
    const rows = await session.all<{ id: string; status: number }>(
      'SELECT id, status FROM deliveries WHERE id > $1::uuid AND id < $2::uuid ORDER BY id LIMIT $3',
      prunedTo,
      lowestUuidV7(before),
      rowsMax,
    )
    const ended = rows.flatMap((row) => (row.status === 0 ? [] : [row.id]))
    if (ended.length > 0) {
      // One that was made to wait again meanwhile stays, with its attempts.
      await session.run(
        `WITH gone AS (DELETE FROM deliveries WHERE status <> 0 AND ctid = ANY(ARRAY(
           SELECT ctid FROM deliveries WHERE id = ANY($1::uuid[]) ORDER BY id)) RETURNING id)
         DELETE FROM attempts WHERE delivery = ANY(ARRAY(SELECT id FROM gone))`,
        ended,
      )
    }
    const last = rows.length < rowsMax ? undefined : rows.at(-1)
    prunedTo = last?.id ?? lowestUuidV7(0)
    return ended.length > 0 || last !== undefined ? rows.length : 0
  }

  /** An event goes when no delivery as old as it is left. */
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

  async function pruneRest(session: Session, before: number, now: number, rowsMax: number): Promise<number> {
    const answers = await session.run(
      `DELETE FROM idempotent_answers WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM idempotent_answers WHERE expires_at <= $1 LIMIT $2))`,
      now,
      rowsMax,
    )
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
    return answers + keys.length + (await pruneQuotas(session, now, rowsMax))
  }
}
