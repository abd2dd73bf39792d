// The deliveries of polling endpoints: those that consumers fetch, and those that they have fetched.

import { cellOf, cellsMax, stepMs } from '../../domain/statistics.ts'
import { type EndpointKey, type Incarnation, uuidV7Time } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { never } from '../../domain/time.ts'
import { IncarnationLost } from '../../contracts/store.ts'
import type { Fetched, FetchedChoice, FetchedDelivery, FetchRequest } from '../../contracts/poll-store.ts'
import { eventColumns } from '../rows.ts'
import type { Database, Session } from './database.ts'
import { isBroken } from './errors.ts'
import { deliveryId } from './history.ts'
import { assertAlive, claimedOf, type ClaimRow } from './leases.ts'
import { sql } from './sql-text.ts'

/** `fetch_id` is the fetch before this one, which has lapsed; null: there is none. */
type FetchRow = ClaimRow & { fetch_id: string | null; due_at: number }

/** $1 endpoint, $2 now, $3 the most rows, $4 the bytes of event data of one fetch, $5 the fetch, $6 until, $7 node. */
const fetchStatement = sql`
  WITH
  due AS MATERIALIZED (
    SELECT id, event, due_at, fetch_id FROM deliveries
    WHERE status = 0 AND node = 0 AND endpoint = $1 AND due_at <= $2
    ORDER BY due_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
  ),
  sized AS MATERIALIZED (
    SELECT
      due.id,
      due.due_at,
      due.fetch_id,
      octet_length(e.data) AS bytes,
      sum(octet_length(e.data)) OVER (ORDER BY due.due_at, due.id) AS bytes_so_far
    FROM due
      JOIN events e ON e.seq = due.event AND e.seq = ANY(ARRAY(SELECT event FROM due))
  ),
  fitting AS MATERIALIZED (
    SELECT id, due_at, fetch_id FROM sized WHERE bytes_so_far - bytes < $4
  ),
  given AS (
    UPDATE deliveries d SET
      node = CASE WHEN f.fetch_id IS NULL THEN 0 ELSE $7 END,
      due_at = CASE WHEN f.fetch_id IS NULL THEN $6 ELSE d.due_at END,
      fetch_id = CASE WHEN f.fetch_id IS NULL THEN $5::uuid END
    FROM fitting f
    WHERE d.id = f.id AND d.id = ANY(ARRAY(SELECT id FROM fitting))
    RETURNING d.id AS delivery, d.endpoint, d.attempts, d.attempts_before, d.event, f.due_at, f.fetch_id
  )
  SELECT g.delivery, g.endpoint, g.attempts, g.attempts_before, g.fetch_id, g.due_at, ${eventColumns}
  FROM given g
    JOIN events e ON e.seq = g.event AND e.seq = ANY(ARRAY(SELECT event FROM given))
  ORDER BY g.due_at, g.delivery`

/** Leases the deliveries that `chosen` selects by their ids. $1 node, $2 endpoint. */
const leaseStatement = (chosen: string): string => sql`
  WITH
  fetched AS MATERIALIZED (
    SELECT id, fetch_id FROM deliveries
    WHERE ${chosen} AND status = 0 AND node = 0 AND fetch_id IS NOT NULL
    FOR UPDATE
  ),
  leased AS (
    UPDATE deliveries d SET node = $1, fetch_id = NULL
    FROM fetched f
    WHERE d.id = f.id AND d.id = ANY(ARRAY(SELECT id FROM fetched))
    RETURNING d.id AS delivery, d.endpoint, d.attempts, d.attempts_before, d.event, d.due_at, f.fetch_id
  )
  SELECT l.delivery, l.endpoint, l.attempts, l.attempts_before, l.fetch_id, l.due_at, ${eventColumns}
  FROM leased l
    JOIN events e ON e.seq = l.event AND e.seq = ANY(ARRAY(SELECT event FROM leased))`

const leaseById = leaseStatement('id = ANY($3::uuid[]) AND endpoint = $2')
/** $3 the due time, which leads to the deliveries of a fetch among all that wait; $4 the fetch. */
const leaseByFetch = leaseStatement('endpoint = $2 AND due_at = $3 AND fetch_id = $4::uuid')

/**
 * Polling endpoints with deliveries that have been due since `before`: they are due never. $1 never, $2 now, $3 the share of
 * the retention, $4 the retention, $5 the most endpoints.
 */
const unfetchedStatement = sql`
  WITH polling AS MATERIALIZED (
    SELECT endpoint FROM endpoint_status WHERE next_due_at >= $1 ORDER BY next_due_at
  )
  SELECT s.endpoint, k.before
  FROM polling s
    CROSS JOIN LATERAL (SELECT tenant FROM endpoints WHERE key = s.endpoint OFFSET 0) p
    CROSS JOIN LATERAL (SELECT retain_seconds FROM tenants WHERE label = p.tenant OFFSET 0) t
    CROSS JOIN LATERAL (
      SELECT ($2::bigint - $3::float8 * least($4::bigint, coalesce(t.retain_seconds::bigint * 1000, $4)))::bigint AS before
    ) k
    CROSS JOIN LATERAL (
      SELECT FROM deliveries WHERE status = 0 AND node = 0 AND endpoint = s.endpoint AND due_at <= k.before
      ORDER BY due_at
      LIMIT 1
    ) d
  LIMIT $5`

export function pollRole(db: Database) {
  return {
    async fetchDeliveries({ endpoint, fetch, node, until, rowsMax }: FetchRequest): Promise<Fetched> {
      const now = uuidV7Time(fetch)
      const rows = await leasing(node, (session) =>
        session.all<FetchRow>(
          fetchStatement,
          endpoint,
          now,
          rowsMax,
          limits.claimPerEndpointBytesMax,
          fetch,
          until,
          node,
        ),
      )
      return {
        deliveries: rows.filter((row) => row.fetch_id === null).map(claimedOf),
        lapsed: rows.filter((row) => row.fetch_id !== null).map(fetchedOf),
        more: rows.length > 0 && (await withDue([endpoint], now)).length > 0,
      }
    },

    async leaseFetched(node: Incarnation, endpoint: EndpointKey, choice: FetchedChoice): Promise<FetchedDelivery[]> {
      const rows = await leasing(node, (session) =>
        'ids' in choice
          ? session.all<FetchRow>(
              leaseById,
              node,
              endpoint,
              choice.ids.filter((id) => deliveryId.test(id)),
            )
          : session.all<FetchRow>(leaseByFetch, node, endpoint, choice.dueAt, choice.fetch),
      )
      return rows.map(fetchedOf)
    },

    withDueDeliveries: withDue,

    async failUnfetched(now: number, keptMs: number, retentionMs: number, rowsMax: number): Promise<boolean> {
      const rows = await db.all<{ endpoint: EndpointKey; before: number }>(
        unfetchedStatement,
        never,
        now,
        keptMs / retentionMs,
        retentionMs,
        limits.retentionStepTenants,
      )
      for (const { endpoint, before } of rows) await fail(endpoint, now, before, rowsMax)
      return rows.length > 0
    },
  }

  /** Runs a statement that leases deliveries to the node. @throws IncarnationLost */
  async function leasing<Rows>(node: Incarnation, action: (session: Session) => Promise<Rows>): Promise<Rows> {
    try {
      return await db.transaction(async (session) => {
        await assertAlive(session, node)
        return action(session)
      })
    } catch (error) {
      // If it took effect, this incarnation holds deliveries that the node does not know of.
      if (isBroken(error))
        throw new IncarnationLost('it is unknown whether a fetch took effect', { outcomeUnknown: true })
      throw error
    }
  }

  async function withDue(endpoints: readonly EndpointKey[], now: number): Promise<EndpointKey[]> {
    const rows = await db.all<{ endpoint: EndpointKey }>(
      `SELECT k.endpoint FROM unnest($1::bigint[]) AS k(endpoint)
         CROSS JOIN LATERAL (
           SELECT FROM deliveries WHERE status = 0 AND node = 0 AND endpoint = k.endpoint AND due_at <= $2
           ORDER BY due_at LIMIT 1) d`,
      endpoints,
      now,
    )
    return rows.map(({ endpoint }) => endpoint)
  }

  /** @param before deliveries fail that have been due since this time */
  function fail(endpoint: EndpointKey, now: number, before: number, rowsMax: number): Promise<void> {
    return db.transaction(async (session) => {
      const count = await session.run(
        `WITH old AS MATERIALIZED (
           SELECT id FROM deliveries WHERE status = 0 AND node = 0 AND endpoint = $1 AND due_at <= $2
           ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
         UPDATE deliveries d SET status = 2, due_at = NULL, reason = 'not fetched', ended_at = $4
         WHERE d.id = ANY(ARRAY(SELECT id FROM old))`,
        endpoint,
        before,
        rowsMax,
        now,
      )
      if (count === 0) return
      const cells = Array<number>(count).fill(endpoint * cellsMax + cellOf(null, 'failed'))
      const insert = 'INSERT INTO stats_commits (minute, cells) VALUES ($1, $2)'
      await session.run(insert, now - (now % stepMs.minute), JSON.stringify(cells))
    })
  }
}

function fetchedOf(row: FetchRow): FetchedDelivery {
  return { ...claimedOf(row), fetchedAt: uuidV7Time(row.fetch_id ?? ''), dueAt: row.due_at }
}
