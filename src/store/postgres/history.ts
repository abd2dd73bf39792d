import type { Attempt } from '../../domain/attempt.ts'
import type { NewAuditRecord } from '../../domain/audit.ts'
import type { Event } from '../../domain/event.ts'
import { type DeliveryId, type EventId, lowestUuidV7, type TenantId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { fittingEvents, lastIdTime, pageOf } from '../pages.ts'
import {
  type AttemptColumns,
  attemptOf,
  deliveryColumns,
  type DeliveryColumns,
  deliveryOf,
  eventColumns,
  type EventColumns,
  eventOf,
  statusCode,
} from '../rows.ts'
import type { DeliveryRow, EventFilter, RearmRequest } from '../../contracts/history-store.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import { addAudit } from './audit.ts'
import type { Changes } from './changes.ts'
import { type Database, type Session, withoutNul } from './database.ts'
import { isLiving, labelOf } from './labels.ts'
import { isOff } from './upkeep.ts'

const farFuture = 8.64e15
const eventCursor = /^\d{1,16}\.\d{1,16}$/
/** Callers name ids too. An id that is not a UUID is not sent to the server, which would return an error. */
export const deliveryId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
export const lowestId = '00000000-0000-0000-0000-000000000000'

/**
 * Selects deliveries with the columns of their events, endpoints, tenants and last attempts, without those that are being
 * erased. Each other row is looked up by key in its own subquery, so that the planner can only use the index of the key. A join might scan the whole index if the planner
 * assumes that the table has one or two rows.
 */
export function described(deliveries: string, more = ''): string {
  return `SELECT ${deliveryColumns}${more} FROM (${deliveries}) d
    CROSS JOIN LATERAL (SELECT tenant, id, type FROM events WHERE seq = d.event LIMIT 1) e
    CROSS JOIN LATERAL (SELECT id, tenant, url FROM endpoints WHERE key = d.endpoint LIMIT 1) p
    CROSS JOIN LATERAL (SELECT dialect FROM tenants WHERE label = ANY(ARRAY[p.tenant]) ORDER BY label LIMIT 1) t
    LEFT JOIN LATERAL (SELECT started_at, duration_ms, kind, status, detail FROM attempts
      WHERE delivery = d.id AND number = d.attempts ORDER BY delivery, number LIMIT 1) l ON true`
}

/** A condition on the event type of deliveries `d`. */
export function ofType(parameter: string): string {
  return `(SELECT type FROM events WHERE seq = d.event) = ${parameter}`
}

/** The lowest id of deliveries whose events were accepted at `time` or later, for any time that a Date can have. */
export function idsFrom(time: number | null): string {
  return lowestUuidV7(Math.min(time ?? 0, lastIdTime))
}

export function historyReads(db: Database) {
  return {
    async listEvents(filter: EventFilter, page: PageRequest): Promise<Page<Event>> {
      if (page.after !== null && !eventCursor.test(page.after)) return { rows: [], next: null }
      const [afterTime, afterSeq] = (page.after ?? `${farFuture}.0`).split('.').map(Number)
      const until = Math.min(filter.to ?? farFuture, (afterTime ?? 0) + 1)
      const values = [filter.from ?? 0, until, afterTime ?? 0, afterSeq ?? 0, page.limit + 1, limits.eventPageBytesMax]
      // The text holds only the conditions that the filter needs: each filter has its own statement and its own plan.
      const more = []
      const texts: string[] = []
      // Only the index by tenant has this order. The index by time would lead through the events of all tenants.
      const tenantFirst = filter.tenant === null ? '' : 'e.tenant DESC,'
      if (filter.tenant !== null)
        more.push(`AND e.tenant = ANY(ARRAY[${labelOf(`$${values.length + texts.push(filter.tenant)}`)}])`)
      else more.push(`AND ${isLiving('e.tenant')}`)
      if (filter.type !== null) more.push(`AND e.type = $${values.length + texts.push(filter.type)}`)
      // Long data is stored outside of its row, and read only for rows that are sent: those of the page, and the next one.
      const rows = await db.all<EventColumns & { seq: number }>(
        `SELECT e.seq, ${eventColumns} FROM (
           SELECT p.*, coalesce(sum(octet_length(p.data)) OVER (ORDER BY p.accepted_at DESC, p.seq DESC
             ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING), 0) AS bytes
           FROM (
             SELECT e.seq, ${eventColumns} FROM events e
             WHERE e.accepted_at >= $1 AND e.accepted_at < $2 AND (e.accepted_at < $3 OR e.seq < $4) ${more.join(' ')}
             ORDER BY ${tenantFirst} e.accepted_at DESC, e.seq DESC LIMIT $5
           ) p
         ) e WHERE e.bytes < $6
         ORDER BY e.accepted_at DESC, e.seq DESC`,
        ...values,
        ...texts,
      )
      const count = fittingEvents(
        rows.map(({ data }) => Buffer.byteLength(data)),
        page.limit,
      )
      return pageOf(rows, count, eventOf, (row) => `${row.accepted_at}.${row.seq}`)
    },

    // Only the index by id has this order. The index by tenant would lead through all events of the tenant.
    async findEvents(id: EventId, tenant: TenantId | null): Promise<Event[]> {
      const rows = await db.all<EventColumns>(
        `SELECT ${eventColumns} FROM events e WHERE e.id = ANY($1::text[]) ${tenant === null ? `AND ${isLiving('e.tenant')}` : `AND e.tenant = ${labelOf('$3')}`}
         ORDER BY e.id LIMIT $2`,
        [withoutNul(id)],
        limits.foundMax,
        ...(tenant === null ? [] : [tenant]),
      )
      return rows.map(eventOf)
    },

    /** Needs no index from events to deliveries: the ids of the deliveries begin with the time of the event. */
    async deliveriesOfEvent(event: Pick<Event, 'tenant' | 'id'>): Promise<DeliveryRow[]> {
      const row = await db.get<{ seq: number; accepted_at: number }>(
        `SELECT seq, accepted_at FROM events WHERE id = ANY($1::text[]) AND tenant = ${labelOf('$2')} ORDER BY id`,
        [withoutNul(event.id)],
        event.tenant,
      )
      if (row === undefined) return []
      const rows = await db.all<DeliveryColumns>(
        `${described('SELECT * FROM deliveries WHERE id >= $1 AND id < $2 AND event = $3 ORDER BY id')} ORDER BY d.id`,
        idsFrom(row.accepted_at),
        idsFrom(row.accepted_at + 1),
        row.seq,
      )
      return rows.map(deliveryOf)
    },

    async findDelivery(id: DeliveryId): Promise<{ delivery: DeliveryRow; attempts: Attempt[] } | null> {
      if (!deliveryId.test(id)) return null
      const row = await db.get<DeliveryColumns>(
        described('SELECT * FROM deliveries WHERE id = ANY($1::uuid[]) ORDER BY id'),
        [id],
      )
      if (row === undefined) return null
      // An attempt may be recorded between the two reads.
      const attempts = await db.all<AttemptColumns>(
        `SELECT number, started_at, duration_ms, kind, status, detail, response, exchange, connections, erased_at,
           request_crc, phases
         FROM attempts
         WHERE delivery = $1 AND number <= $2 ORDER BY number`,
        id,
        row.attempts,
      )
      return { delivery: deliveryOf(row), attempts: attempts.map(attemptOf) }
    },
  }
}

/**
 * An ended delivery starts its schedule again. A waiting delivery keeps its place in the schedule, and one that a consumer
 * has fetched stays with the consumer. The condition on the endpoint lets every index that contains the id lead directly
 * to the row.
 */
export const rearm = `UPDATE deliveries SET due_at = $1, reason = NULL, ended_at = NULL, fetch_id = NULL,
    attempts_before = CASE status WHEN 0 THEN attempts_before ELSE attempts END, status = 0
  WHERE node = 0 AND endpoint = $2 AND (fetch_id IS NULL OR status <> 0) AND`

export const nowDue = `UPDATE endpoint_status s SET next_due_at = 0, sweep = s.sweep OR ${isOff} WHERE endpoint = $1`

/** Locked first, as everywhere: only the holder of this lock may change the waiting deliveries of the endpoint. */
function lockStatusOf(session: Session, id: DeliveryId): Promise<{ readonly endpoint: number } | undefined> {
  return session.get<{ endpoint: number }>(
    `SELECT endpoint FROM endpoint_status WHERE endpoint =
       (SELECT endpoint FROM deliveries WHERE id = ANY($1::uuid[]) ORDER BY id)
     FOR NO KEY UPDATE`,
    [id],
  )
}

export function historyRole(db: Database, changes: Changes) {
  return {
    async rearmDelivery(id: DeliveryId, now: number, audit: readonly NewAuditRecord[] = []): Promise<boolean> {
      if (!deliveryId.test(id)) return false
      return db.transaction(async (session) => {
        const status = await lockStatusOf(session, id)
        if (status === undefined || (await session.run(`${rearm} id = $3`, now, status.endpoint, id)) === 0)
          return false
        await session.run(nowDue, status.endpoint)
        await addAudit(session, audit)
        await session.run('SELECT pg_notify($1, $2)', ...changes.message({ kind: 'due' }))
        return true
      })
    },

    async repeatDelivery(
      first: DeliveryId,
      id: DeliveryId,
      now: number,
      audit: readonly NewAuditRecord[] = [],
    ): Promise<boolean> {
      if (!deliveryId.test(first)) return false
      return db.transaction(async (session) => {
        const status = await lockStatusOf(session, first)
        if (status === undefined) return false
        // The retention may not remove the first delivery, and then the event, before the new delivery is there.
        const added = await session.run(
          `INSERT INTO deliveries (id, event, endpoint, status, due_at)
           SELECT $1::uuid, event, endpoint, 0, $2::bigint FROM deliveries WHERE id = ANY($3::uuid[]) ORDER BY id
           FOR NO KEY UPDATE`,
          id,
          now,
          [first],
        )
        if (added === 0) return false
        await session.run(nowDue, status.endpoint)
        await addAudit(session, audit)
        await session.run('SELECT pg_notify($1, $2)', ...changes.message({ kind: 'due' }))
        return true
      })
    },

    async rearmDeliveries(request: RearmRequest): Promise<{ count: number; last: DeliveryId | null }> {
      const statuses = request.statuses.map((status) => statusCode[status])
      return db.transaction(async (session) => {
        await session.run('SELECT FROM endpoint_status WHERE endpoint = $1 FOR NO KEY UPDATE', request.endpoint)
        await addAudit(session, request.audit ?? [])
        const rows = await session.all<{ id: string; status: number }>(
          `SELECT id, status FROM deliveries WHERE endpoint = ANY($1::bigint[]) AND id > $2 AND id >= $3 AND id < $4
           ORDER BY endpoint, id LIMIT $5`,
          [request.endpoint],
          request.after ?? lowestId,
          idsFrom(request.since),
          idsFrom(request.until),
          request.rowsMax,
        )
        const ids = rows.flatMap(({ id, status }) => (statuses.includes(status) ? [id] : []))
        // The statement checks the status again: a delivery that was in flight may have ended in the meantime.
        const among = 'id = ANY($3::uuid[]) AND status = ANY($4::smallint[])'
        const count =
          ids.length === 0 ? 0 : await session.run(`${rearm} ${among}`, request.now, request.endpoint, ids, statuses)
        if (count > 0) {
          await session.run(nowDue, request.endpoint)
          await session.run('SELECT pg_notify($1, $2)', ...changes.message({ kind: 'due' }))
        }
        return { count, last: rows.length < request.rowsMax ? null : ((rows.at(-1)?.id ?? null) as DeliveryId | null) }
      })
    },
  }
}
