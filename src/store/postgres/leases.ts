// Nodes, and the deliveries that they hold. A node is alive as long as its heartbeats arrive, by the clock of the
// database.

import type { DeliveryId, EndpointKey, Incarnation } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { type EventColumns, eventColumns, eventOf, tenantIdOf } from '../rows.ts'
import { IncarnationLost } from '../../contracts/store.ts'
import { type LostNode, nodeLost } from '../../domain/operational-events.ts'
import type {
  Claim,
  ClaimedDelivery,
  ClaimRequest,
  DueEndpoint,
  Heartbeat,
  NodeFacts,
  NodeRow,
} from '../../contracts/lease-store.ts'
import type { Changes } from './changes.ts'
import type { Commits } from './commit.ts'
import type { Database, Session } from './database.ts'
import { classify, isBroken } from './errors.ts'
import { sql } from './sql-text.ts'
import { tell } from './tellings.ts'
import { isOff } from './upkeep.ts'

/** Two nodes that join at the same time may choose the same slot. One of them gets this error and chooses again. */
const uniqueViolation = '23505'

export function leaseRole(db: Database, changes: Changes, commits: Commits, facts: NodeFacts | null) {
  return {
    shared: true,

    async join(now: number): Promise<Incarnation> {
      for (;;) {
        try {
          // On the connection that listens, so that the node misses no change from now on.
          const row = await changes.connection.use((session) =>
            session.get<{ incarnation: number }>(
              `INSERT INTO nodes (started_at, heartbeat_at, name, version, role, slot)
               SELECT $1, clock_timestamp(), $2, $3, $4, min(free) FROM generate_series(0, (SELECT count(*) FROM nodes)::int) AS free
               WHERE free NOT IN (SELECT slot FROM nodes WHERE dead_at IS NULL)
               RETURNING incarnation`,
              now,
              changes.name,
              facts?.version ?? null,
              facts?.role ?? null,
            ),
          )
          return row?.incarnation as Incarnation
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === uniqueViolation)) throw classify(error)
        }
      }
    },

    async leave(node: Incarnation): Promise<void> {
      await db.transaction((session) => declareDead(session, 'incarnation = $1', node))
    },

    async heartbeat(node: Incarnation): Promise<Heartbeat> {
      try {
        const row = await changes.connection.use((session) =>
          session.get<Heartbeat>(
            `WITH me AS (UPDATE nodes SET heartbeat_at = clock_timestamp()
               WHERE incarnation = $1 AND dead_at IS NULL AND commits >= $2 RETURNING incarnation)
             SELECT EXISTS (SELECT FROM me) AS alive, coalesce((SELECT
               (1000 * extract(epoch FROM clock_timestamp() - min(heartbeat_at)))::bigint
               FROM nodes WHERE dead_at IS NULL AND incarnation <> $1), 0) AS "silentMs"`,
            node,
            // A database that lost confirmed commits in a failover leases other deliveries to the node than it knows of.
            commits.confirmedOf(node),
          ),
        )
        return row ?? { alive: false, silentMs: 0 }
      } catch (error) {
        throw classify(error)
      }
    },

    takeOver(node: Incarnation, silentMs: number, now: number): Promise<LostNode[]> {
      const silent = `incarnation <> $1 AND heartbeat_at < clock_timestamp() - $2 * interval '1 millisecond'`
      return db.transaction(async (session) => {
        const lost = await declareDead(session, silent, node, silentMs)
        await tell(
          session,
          changes,
          lost.map((one) => nodeLost(one, node, now)),
          now,
        )
        return lost
      })
    },

    async dueEndpoints(now: number, endpointsMax: number): Promise<DueEndpoint[]> {
      const rows = await db.all<DueEndpoint>(dueStatement, now, limits.dueEndpointsReadMax, endpointsMax)
      return rows.map(({ endpoint, tenant }) => ({ endpoint, tenant: tenantIdOf(tenant) }))
    },

    async claim(node: Incarnation, now: number, requests: readonly ClaimRequest[]): Promise<Claim> {
      try {
        return await db.transaction((session) => claimIn(session, node, now, requests))
      } catch (error) {
        // If the claim took effect, this incarnation holds deliveries that the node does not know of.
        if (isBroken(error))
          throw new IncarnationLost('it is unknown whether a claim took effect', { outcomeUnknown: true })
        throw error
      }
    },

    async nextDueAt(): Promise<number | null> {
      const row = await db.get<{ due: number | null }>(
        'SELECT min(next_due_at) AS due FROM endpoint_status WHERE next_due_at IS NOT NULL',
      )
      return row?.due ?? null
    },

    async countWaiting(): Promise<number> {
      const row = await db.get<{ count: number }>(
        'SELECT count(*) AS count FROM deliveries WHERE status = 0 AND node = 0',
      )
      return row?.count ?? 0
    },

    async listNodes(): Promise<NodeRow[]> {
      const rows = await db.all<Omit<NodeRow, 'facts'> & { version: string | null; role: NodeFacts['role'] | null }>(
        `SELECT incarnation, started_at AS "startedAt", version, role,
           dead_at IS NULL AND heartbeat_at > clock_timestamp() - $1 * interval '1 millisecond' AS "isLive",
           (1000 * extract(epoch FROM heartbeat_at))::bigint AS "heartbeatAt"
         FROM nodes ORDER BY incarnation DESC LIMIT $2`,
        limits.deadAfterMs,
        limits.nodesListedMax,
      )
      return rows.map(({ version, role, ...row }) => {
        return { ...row, facts: version === null || role === null ? null : { version, role } }
      })
    },
  }

  /**
   * Declares dead the living nodes that match the condition `which`, and releases the deliveries that they hold.
   * Returns these nodes.
   */
  async function declareDead(session: Session, which: string, ...values: number[]): Promise<LostNode[]> {
    // This lock also conflicts with the lock of a claim. A commit or a claim of such a node that is running ends before
    // the node is declared dead, so the deliveries that it leased are released too.
    const dead = await session.all<LostNode>(
      `SELECT incarnation, started_at AS "startedAt", version, role,
         (1000 * extract(epoch FROM heartbeat_at))::bigint AS "heartbeatAt"
       FROM nodes WHERE dead_at IS NULL AND ${which} FOR UPDATE`,
      ...values,
    )
    if (dead.length === 0) return dead
    const incarnations = dead.map((row) => row.incarnation)
    await session.run(
      'UPDATE nodes SET dead_at = clock_timestamp() WHERE incarnation = ANY($1::bigint[])',
      incarnations,
    )
    await release(session, incarnations)
    return dead
  }

  /** Makes leased deliveries wait again. They are due already, so their endpoints become due at once. */
  async function release(session: Session, nodes: readonly number[]): Promise<void> {
    const held = 'status = 0 AND node = ANY($1::bigint[])'
    // Only the index of pending deliveries has this order, so the planner uses that index.
    const endpoints = `SELECT endpoint FROM deliveries WHERE ${held} ORDER BY node`
    await session.run(
      `WITH locked AS MATERIALIZED (
         SELECT endpoint FROM endpoint_status
         WHERE endpoint = ANY(ARRAY(SELECT DISTINCT endpoint FROM (${endpoints}) d))
         ORDER BY endpoint FOR NO KEY UPDATE)
       UPDATE endpoint_status s SET next_due_at = 0, sweep = s.sweep OR ${isOff}
       WHERE s.endpoint = ANY(ARRAY(SELECT endpoint FROM locked))`,
      nodes,
    )
    const count = await session.run(`UPDATE deliveries SET node = 0 WHERE ${held}`, nodes)
    if (count > 0) await session.run('SELECT pg_notify($1, $2)', ...changes.message({ kind: 'due' }))
  }
}

/** $1 now, $2 and $3 as `limits.dueEndpointsReadMax` and `endpointsMax`. */
export const dueStatement = sql`
  WITH due AS MATERIALIZED (
    SELECT endpoint, next_due_at FROM endpoint_status WHERE next_due_at <= $1 ORDER BY next_due_at LIMIT $2
  )
  SELECT endpoint, tenant
  FROM (
    SELECT d.endpoint, e.tenant, d.next_due_at, row_number() OVER (PARTITION BY e.tenant ORDER BY d.next_due_at) AS turn
    FROM due d
      JOIN endpoints e ON e.key = d.endpoint AND e.key = ANY(ARRAY(SELECT endpoint FROM due))
  ) d
  ORDER BY turn, next_due_at
  LIMIT $3`

/** $1 node, $2 endpoints, $3 their rooms, $4 now, $5 bytes of event data that a claim takes of one endpoint. */
export const claimStatement = sql`
  WITH
  due AS MATERIALIZED (
    SELECT d.id, d.event, d.due_at, r.place
    FROM unnest($2::bigint[], $3::int[]) WITH ORDINALITY AS r(endpoint, room, place)
      CROSS JOIN LATERAL (
        SELECT id, event, due_at FROM deliveries
        WHERE status = 0 AND node = 0 AND endpoint = r.endpoint AND due_at <= $4
        ORDER BY due_at
        LIMIT r.room
        FOR UPDATE SKIP LOCKED
      ) d
  ),
  sized AS MATERIALIZED (
    SELECT
      due.id,
      due.place,
      octet_length(e.data) AS bytes,
      sum(octet_length(e.data)) OVER (PARTITION BY due.place ORDER BY due.due_at, due.id) AS bytes_so_far
    FROM due
      JOIN events e ON e.seq = due.event AND e.seq = ANY(ARRAY(SELECT event FROM due))
  ),
  fitting AS MATERIALIZED (
    SELECT id, place FROM sized WHERE bytes_so_far - bytes < $5
  ),
  leased AS (
    UPDATE deliveries d SET node = $1
    FROM fitting f
    WHERE d.id = f.id AND d.id = ANY(ARRAY(SELECT id FROM fitting))
    RETURNING d.id AS delivery, d.endpoint, d.attempts, d.attempts_before, d.due_at, d.event, f.place
  )
  SELECT l.delivery, l.endpoint, l.attempts, l.attempts_before, ${eventColumns}
  FROM leased l
    JOIN events e ON e.seq = l.event AND e.seq = ANY(ARRAY(SELECT event FROM leased))
  ORDER BY l.place, l.due_at`

/** Locks the node, which delays another node that wants to declare it dead, but no commit of this node. @throws IncarnationLost */
export async function assertAlive(session: Session, node: Incarnation): Promise<void> {
  const alive = await session.run('SELECT FROM nodes WHERE incarnation = $1 AND dead_at IS NULL FOR KEY SHARE', node)
  if (alive === 0) throw new IncarnationLost('this node was silent for so long that it was declared dead')
}

async function claimIn(
  session: Session,
  node: Incarnation,
  now: number,
  requests: readonly ClaimRequest[],
): Promise<Claim> {
  await assertAlive(session, node)
  const open = await lockOpen(session, requests, now)
  const taken = requests.filter((request) => open.has(request.endpoint))
  if (taken.length === 0) return { deliveries: [], more: [] }
  const endpoints = taken.map((request) => request.endpoint)
  const rows = await session.all<ClaimRow>(
    claimStatement,
    node,
    endpoints,
    taken.map((request) => request.room),
    now,
    limits.claimPerEndpointBytesMax,
  )
  // An endpoint that still has due deliveries becomes due again soon. By then a lane of some node may have room.
  const next = await session.all<{ endpoint: EndpointKey; more: boolean | null }>(
    `UPDATE endpoint_status s SET next_due_at = CASE WHEN n.due <= $2 THEN $2 + $3 ELSE n.due END
     FROM (SELECT endpoint, (SELECT min(d.due_at) FROM deliveries d
             WHERE d.status = 0 AND d.node = 0 AND d.endpoint = r.endpoint) AS due
           FROM unnest($1::bigint[]) AS r(endpoint)) n
     WHERE s.endpoint = n.endpoint AND s.endpoint = ANY($1::bigint[]) RETURNING s.endpoint, n.due <= $2 AS more`,
    endpoints,
    now,
    limits.claimAgainMs,
  )
  const more = new Set(next.flatMap((row) => (row.more === true ? [row.endpoint] : [])))
  return { deliveries: rows.map(claimedOf), more: endpoints.filter((endpoint) => more.has(endpoint)) }
}

/**
 * Locks the endpoints, except those that another transaction has locked, and returns those that are enabled and not
 * paused. The disabled ones are marked for `sweep`. The lock comes before the deliveries are read, so that the due time that the claim writes takes
 * account of every delivery that starts to wait in the meantime.
 */
async function lockOpen(
  session: Session,
  requests: readonly ClaimRequest[],
  now: number,
): Promise<ReadonlySet<EndpointKey>> {
  const locked = await session.all<{ endpoint: EndpointKey; off: boolean; paused: boolean }>(
    `SELECT s.endpoint, ${isOff} AS off, (s.paused_until > $2) IS TRUE AS paused
     FROM endpoint_status s WHERE s.endpoint = ANY($1::bigint[])
     FOR NO KEY UPDATE OF s SKIP LOCKED`,
    requests.map((request) => request.endpoint),
    now,
  )
  const disabled = locked.flatMap((row) => (row.off ? [row.endpoint] : []))
  if (disabled.length > 0) {
    await session.run(
      'UPDATE endpoint_status SET next_due_at = NULL, sweep = true WHERE endpoint = ANY($1::bigint[])',
      disabled,
    )
  }
  const paused = locked.flatMap((row) => (row.paused && !row.off ? [row.endpoint] : []))
  if (paused.length > 0) {
    await session.run(
      'UPDATE endpoint_status SET next_due_at = paused_until WHERE endpoint = ANY($1::bigint[])',
      paused,
    )
  }
  return new Set(locked.flatMap((row) => (row.off || row.paused ? [] : [row.endpoint])))
}

export type ClaimRow = EventColumns & { delivery: string; endpoint: number; attempts: number; attempts_before: number }

export function claimedOf(row: ClaimRow): ClaimedDelivery {
  return {
    id: row.delivery as DeliveryId,
    endpoint: row.endpoint as EndpointKey,
    attempts: row.attempts,
    attemptsBefore: row.attempts_before,
    event: eventOf(row),
  }
}
