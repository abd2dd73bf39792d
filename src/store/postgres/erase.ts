// Erasing: the rows of labels that no tenant has, and single payloads and responses. Every node runs the steps. A node
// skips a step that another node is running. Dead rows stay in the files until the server vacuums (docs/operating.md).

import type { NewAuditRecord } from '../../domain/audit.ts'
import type { Erasure } from '../../domain/erasure.ts'
import type { DeliveryId, EndpointKey, ErasureId, EventId, TenantId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { ErasedEvent, EraseStep, NewErasure } from '../../contracts/erase-store.ts'
import { type ErasureColumns, erasureOf, tenantIdOf } from '../rows.ts'
import { addAudit, eraseChanges } from './audit.ts'
import type { Changes } from './changes.ts'
import { type Database, type Session, withoutNul } from './database.ts'
import { deliveryId, idsFrom } from './history.ts'
import { addErasure, isLiving, labelOf } from './labels.ts'
import { eraseOutbox } from './outbox.ts'
import { countCancelled, eraseRollups, labelLeftIn, keepDialect, type StatsSteps } from './stats.ts'

interface EventPlace {
  readonly seq: number
  readonly id: string
  readonly tenant: string
  readonly accepted_at: number
}

const place = 'seq, id, tenant, accepted_at'

/** A transaction that was running beside the one that began the erasure may still add rows with the label. */
const isSettled = `NOT coalesce(xid BETWEEN pg_snapshot_xmin(pg_current_snapshot())::text::bigint
  AND pg_snapshot_xmax(pg_current_snapshot())::text::bigint, false)`

export function eraseRole(db: Database, changes: Changes, steps: StatsSteps) {
  return {
    async eraseStep(now: number, rowsMax: number): Promise<EraseStep> {
      const step = await db.transaction(async (session) => {
        if (!(await isMine(session))) return 'done'
        const running = await session.get<{ id: string; label: string; settled: boolean }>(
          `SELECT id, label, ${isSettled} AS settled FROM erasures WHERE ended_at IS NULL ORDER BY created_at LIMIT 1`,
        )
        if (running === undefined) return 'done'
        return running.settled ? eraseRows(session, running, now, rowsMax) : 'wait'
      })
      if (step !== 'stats_commits' && step !== 'stats_gathered') return step
      if (step === 'stats_commits') await steps.gather(limits.statsGatherRows)
      else await steps.fold(limits.statsFoldRows)
      return 'more'
    },

    erasePayload(
      tenant: TenantId,
      id: EventId,
      erasure: NewErasure,
      audit: readonly NewAuditRecord[] = [],
    ): Promise<ErasedEvent | null> {
      return changes.make(async (change) => {
        const { session } = change
        const event = await session.get<EventPlace>(
          `SELECT ${place} FROM events WHERE id = ANY($1::text[]) AND tenant = ${labelOf('$2')} ORDER BY id FOR UPDATE`,
          [withoutNul(id)],
          tenant,
        )
        if (event === undefined) return null
        await addErasure(session, erasure, 'payload', tenant, null)
        await addAudit(session, audit)
        const { erased } = await eraseEvent(session, event, erasure.createdAt)
        await change.eventsErased([erased])
        return erased
      })
    },

    async eraseResponse(
      delivery: DeliveryId,
      number: number,
      erasure: NewErasure,
      audit: readonly NewAuditRecord[] = [],
    ): Promise<boolean> {
      if (!deliveryId.test(delivery)) return false
      return db.transaction(async (session) => {
        const of = await session.get<{ tenant: string }>(
          `SELECT tenant FROM endpoints p WHERE ${isLiving('tenant')} AND key = ANY(ARRAY(
             SELECT endpoint FROM deliveries WHERE id = ANY($1::uuid[]) ORDER BY id)) ORDER BY key`,
          [delivery],
        )
        if (of === undefined) return false
        const { createdAt } = erasure
        if ((await eraseResponses(session, createdAt, 'number = $3', [delivery], number)) === 0) return false
        await addErasure(session, erasure, 'response', tenantIdOf(of.tenant), null)
        await addAudit(session, audit)
        return true
      })
    },

    eraseExpired(now: number, rowsMax: number): Promise<ErasedEvent[]> {
      return changes.make(async (change) => {
        const { session } = change
        const due = await session.all<EventPlace>(
          `SELECT ${place} FROM events WHERE erase_at <= $1 ORDER BY erase_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
          now,
          rowsMax,
        )
        const erased: ErasedEvent[] = []
        for (const event of due) erased.push(await expire(session, event, now))
        if (erased.length > 0) await change.eventsErased(erased)
        return erased
      })
    },
  }

  async function isMine(session: Session): Promise<boolean> {
    const row = await session.get<{ mine: boolean }>(
      'SELECT pg_try_advisory_xact_lock(hashtext($1)) AS mine',
      `posthorn erasures ${db.schema}`,
    )
    return row?.mine === true
  }
}

/**
 * Removes rows of a label. Deliveries that a node holds are removed later. A table with counts that name the label: they
 * are yet to be moved to the rollups of its dialect.
 */
async function eraseRows(
  session: Session,
  { id, label }: { readonly id: string; readonly label: string },
  now: number,
  rowsMax: number,
): Promise<EraseStep | 'stats_commits' | 'stats_gathered'> {
  const row = await session.get<{ key: EndpointKey }>(
    'SELECT key FROM endpoints WHERE tenant = $1 ORDER BY tenant LIMIT 1',
    label,
  )
  if (row !== undefined) return eraseEndpoint(session, id, row.key, now, rowsMax)
  const count =
    (await eraseEvents(session, label, rowsMax)) +
    (await eraseChanges(session, 'label', label, now, rowsMax)) +
    (await eraseOutbox(session, label, rowsMax)) +
    (await session.run(
      `DELETE FROM idempotent_answers WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM idempotent_answers WHERE tenant = $1 LIMIT $2))`,
      label,
      rowsMax,
    )) +
    (await session.run(
      'DELETE FROM replays WHERE id = ANY(ARRAY(SELECT id FROM replays WHERE tenant = $1 ORDER BY tenant LIMIT $2))',
      label,
      rowsMax,
    ))
  if (count > 0 || (await eraseRollups(session, label, limits.retentionStepRows)) > 0) return 'more'
  const left = await labelLeftIn(session, label)
  if (left !== null) return left
  await session.run('UPDATE erasures SET label = NULL, ended_at = $1 WHERE id = $2', now, id)
  return { ended: [id as ErasureId] }
}

async function eraseEndpoint(
  session: Session,
  erasure: string,
  key: EndpointKey,
  now: number,
  rowsMax: number,
): Promise<EraseStep> {
  // Locked first, as everywhere: only the holder of this lock may change the waiting deliveries of the endpoint.
  await session.run('SELECT FROM endpoint_status WHERE endpoint = $1 FOR NO KEY UPDATE', key)
  const rows = await session.all<{ id: string; held: boolean }>(
    `SELECT id, node <> 0 AS held FROM deliveries WHERE endpoint = ANY($1::bigint[])
     ORDER BY endpoint, id LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [key],
    rowsMax,
  )
  const free = rows.flatMap(({ id, held }) => (held ? [] : [id]))
  if (free.length > 0) {
    await session.run('DELETE FROM attempts WHERE delivery = ANY($1::uuid[])', free)
    await session.run('DELETE FROM deliveries WHERE id = ANY($1::uuid[])', free)
    return 'more'
  }
  if ((await eraseChanges(session, 'endpoint', key, now, rowsMax)) > 0) return 'more'
  const left = 'SELECT FROM deliveries WHERE endpoint = ANY($1::bigint[]) ORDER BY endpoint, id LIMIT 1'
  if ((await session.get(left, [key])) !== undefined) return 'wait'
  await keepDialect(session, key, erasure, now)
  for (const table of ['endpoint_status', 'endpoint_attempts']) {
    await session.run(`DELETE FROM ${table} WHERE endpoint = $1`, key)
  }
  await session.run('DELETE FROM endpoints WHERE key = $1', key)
  return 'more'
}

async function eraseEvents(session: Session, label: string, rowsMax: number): Promise<number> {
  return session.run(
    `DELETE FROM events WHERE seq = ANY(ARRAY(
       SELECT seq FROM (
         SELECT seq, sum(octet_length(data)) OVER (ORDER BY accepted_at, seq) - octet_length(data) AS bytes_before
         FROM (SELECT seq, data, accepted_at FROM events WHERE tenant = ANY(ARRAY[$1])
               ORDER BY tenant, accepted_at LIMIT $2) e) s
       WHERE bytes_before < $3))`,
    label,
    rowsMax,
    limits.eraseStepBytes,
  )
}

async function expire(session: Session, event: EventPlace, now: number): Promise<ErasedEvent> {
  const { erased, deliveries, isHeld } = await eraseEvent(session, event, now)
  if (deliveries.length > 0) await eraseResponses(session, now, 'response IS NOT NULL', deliveries)
  const next = isHeld ? now + limits.eraseHeldAgainMs : null
  await session.run('UPDATE events SET erase_at = $1 WHERE seq = $2', next, event.seq)
  return erased
}

interface EraseResult {
  readonly erased: ErasedEvent
  readonly deliveries: readonly string[]
  /** Whether a node holds a delivery. */
  readonly isHeld: boolean
}

async function eraseEvent(session: Session, event: EventPlace, now: number): Promise<EraseResult> {
  const { seq, id, tenant, accepted_at: acceptedAt } = event
  await session.run(
    `UPDATE events SET data = '{}', attributes = NULL, erased_at = coalesce(erased_at, $1) WHERE seq = $2`,
    now,
    seq,
  )
  const rows = await session.all<{ id: string; endpoint: EndpointKey; pending: boolean }>(
    `SELECT id, endpoint, status = 0 AS pending FROM deliveries WHERE id >= $1 AND id < $2 AND event = $3 ORDER BY id`,
    idsFrom(acceptedAt),
    idsFrom(acceptedAt + 1),
    seq,
  )
  const pending = rows.filter((row) => row.pending)
  const cancelled = pending.length === 0 ? 0 : await cancelWaiting(session, pending, now)
  return {
    erased: { tenant: tenantIdOf(tenant), event: id as EventId, acceptedAt },
    deliveries: rows.map((row) => row.id),
    isHeld: cancelled < pending.length,
  }
}

/** Cancels the deliveries that wait. Returns their number. */
async function cancelWaiting(
  session: Session,
  deliveries: readonly { readonly id: string; readonly endpoint: EndpointKey }[],
  now: number,
): Promise<number> {
  // Locked first, as everywhere: only the holder of this lock may change the waiting deliveries of an endpoint.
  await session.run(
    'SELECT FROM endpoint_status WHERE endpoint = ANY($1::bigint[]) ORDER BY endpoint FOR NO KEY UPDATE',
    deliveries.map(({ endpoint }) => endpoint),
  )
  // IS TRUE, and by ctid: otherwise the planner might read all waiting deliveries, or all deliveries.
  const cancelled = await session.all<{ endpoint: EndpointKey }>(
    `UPDATE deliveries SET status = 3, due_at = NULL, reason = 'payload erased', ended_at = $2
     WHERE (status = 0 AND node = 0) IS TRUE
       AND ctid = ANY(ARRAY(SELECT ctid FROM deliveries WHERE id = ANY($1::uuid[]) ORDER BY id))
     RETURNING endpoint`,
    deliveries.map(({ id }) => id),
    now,
  )
  await countCancelled(
    session,
    now,
    cancelled.map(({ endpoint }) => endpoint),
    cancelled.map(() => 1),
  )
  return cancelled.length
}

/** Erases the responses to deliveries that match the condition. Returns their number. */
function eraseResponses(
  session: Session,
  now: number,
  condition: string,
  deliveries: readonly string[],
  ...values: number[]
): Promise<number> {
  return session.run(
    `UPDATE attempts SET response = NULL, request_crc = NULL, erased_at = $1,
       exchange = jsonb_set(exchange::jsonb, '{responseHeaders}', 'null')::text
     WHERE delivery = ANY($2::uuid[]) AND ${condition}`,
    now,
    deliveries,
    ...values,
  )
}

export function eraseReads(db: Database) {
  return {
    async findErasure(id: ErasureId): Promise<Erasure | null> {
      const row = await db.get<ErasureColumns>(
        'SELECT id, erases, tenant, created_at, ended_at FROM erasures WHERE id = $1',
        id,
      )
      return row === undefined ? null : erasureOf(row)
    },
  }
}
