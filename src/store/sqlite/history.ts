import type { Attempt } from '../../domain/attempt.ts'
import type { NewAuditRecord } from '../../domain/audit.ts'
import type { Event } from '../../domain/event.ts'
import { type DeliveryId, type EndpointKey, type EventId, lowestUuidV7, type TenantId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { DeliveryRow, EventFilter, RearmRequest } from '../../contracts/history-store.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import { addAudit } from './audit.ts'
import type { Database } from './database.ts'
import { settle } from './deferred-indexes.ts'
import { isLiving, labelOf } from './labels.ts'
import { fittingEvents, pageOf } from '../pages.ts'
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
import { markIfOff } from './upkeep.ts'

const farFuture = 8.64e15
const eventCursor = /^\d{1,16}\.\d{1,16}$/

/** SQL: joins what `deliveryColumns` needs to deliveries `d`, and leaves out those that are being erased. */
export const deliveryJoins = `CROSS JOIN events e ON e.seq = d.event CROSS JOIN endpoints p ON p.key = d.endpoint
  CROSS JOIN tenants t ON t.label = p.tenant LEFT JOIN attempts l ON l.delivery = d.id AND l.number = d.attempts`

export function historyReads(db: Database) {
  return {
    listEvents(filter: EventFilter, page: PageRequest): Page<Event> {
      if (page.after !== null && !eventCursor.test(page.after)) return { rows: [], next: null }
      return db.snapshot(() => {
        const found =
          filter.tenant === null
            ? newestEvents(filter, page, 'events')
            : [...newestEvents(filter, page, 'fresh_events'), ...newestEvents(filter, page, 'events_of_tenant')]
                .toSorted((a, b) => b.accepted_at - a.accepted_at || b.seq - a.seq)
                .slice(0, page.limit + 1)
        const count = fittingEvents(
          found.map(({ bytes }) => bytes),
          page.limit,
        )
        return pageOf(found, count, eventAt, (row) => `${row.accepted_at}.${row.seq}`)
      })
    },

    findEvents(id: EventId, tenant: TenantId | null): Event[] {
      return db
        .all<EventColumns>(
          `SELECT ${eventColumns} FROM events e WHERE e.id = ?1
             AND iif(?2 IS NULL, ${isLiving('e.tenant')}, e.tenant = ${labelOf('?2')}) LIMIT ?3`,
          id,
          tenant,
          limits.foundMax,
        )
        .map(eventOf)
    },

    /** Needs no index from events to deliveries: the ids of the deliveries begin with the time of the event. */
    deliveriesOfEvent(event: Pick<Event, 'tenant' | 'id'>): DeliveryRow[] {
      const row = db.get<{ seq: number; accepted_at: number }>(
        `SELECT seq, accepted_at FROM events WHERE id = ? AND tenant = ${labelOf('?')}`,
        event.id,
        event.tenant,
      )
      if (row === undefined) return []
      return db
        .all<DeliveryColumns>(
          `SELECT ${deliveryColumns} FROM deliveries d ${deliveryJoins}
           WHERE d.id >= ? AND d.id < ? AND d.event = ? ORDER BY d.id`,
          lowestUuidV7(row.accepted_at),
          lowestUuidV7(row.accepted_at + 1),
          row.seq,
        )
        .map(deliveryOf)
    },

    findDelivery(id: DeliveryId): { delivery: DeliveryRow; attempts: Attempt[] } | null {
      const row = db.get<DeliveryColumns>(
        `SELECT ${deliveryColumns} FROM deliveries d ${deliveryJoins} WHERE d.id = ?`,
        id,
      )
      if (row === undefined) return null
      // An attempt may be recorded between the two reads.
      const attempts = db.all<AttemptColumns>(
        'SELECT * FROM attempts WHERE delivery = ? AND number <= ? ORDER BY number',
        id,
        row.attempts,
      )
      return { delivery: deliveryOf(row), attempts: attempts.map(attemptOf) }
    },
  }

  function eventAt({ seq }: { readonly seq: number }): Event {
    return eventOf(db.get(`SELECT ${eventColumns} FROM events e WHERE e.seq = ?`, seq) as EventColumns)
  }

  /** The newest events that match. The data of an event may be long, so it is read only for events of the page. */
  function newestEvents(filter: EventFilter, page: PageRequest, index: string) {
    const [afterTime, afterSeq] = (page.after ?? `${farFuture}.0`).split('.').map(Number)
    return db.all<{ seq: number; accepted_at: number; bytes: number }>(
      `SELECT e.seq, e.accepted_at, octet_length(e.data) AS bytes
       FROM (SELECT seq FROM ${index}
             WHERE ${filter.tenant === null ? `?1 IS NULL AND ${isLiving(`${index}.tenant`)}` : `tenant = ${labelOf('?1')}`} AND accepted_at >= ?2 AND accepted_at < ?3
               AND (accepted_at < ?4 OR seq < ?5) AND (?6 IS NULL OR (SELECT type FROM events t WHERE t.seq = ${index}.seq) = ?6)
             ORDER BY accepted_at DESC, seq DESC LIMIT ?7) m
         CROSS JOIN events e ON e.seq = m.seq
       ORDER BY e.accepted_at DESC, e.seq DESC`,
      filter.tenant,
      filter.from ?? 0,
      Math.min(filter.to ?? farFuture, (afterTime ?? 0) + 1),
      afterTime ?? 0,
      afterSeq ?? 0,
      filter.type,
      page.limit + 1,
    )
  }
}

/**
 * An ended delivery starts its schedule again. A waiting delivery keeps its place in the schedule, and one that a consumer
 * has fetched stays with the consumer.
 */
export const rearm = `UPDATE deliveries SET due_at = ?1, reason = NULL, ended_at = NULL, fetch_id = NULL,
    attempts_before = CASE status WHEN 0 THEN attempts_before ELSE attempts END, status = 0
  WHERE id = ?2 AND node IS NULL AND (fetch_id IS NULL OR status <> 0)`

/** Makes an endpoint due at once. */
export const nowDue = `UPDATE endpoint_status SET next_due_at = 0, ${markIfOff} WHERE endpoint = ?`

export function historyRole(db: Database) {
  return {
    rearmDelivery(id: DeliveryId, now: number, audit: readonly NewAuditRecord[] = []): boolean {
      return db.transaction(() => {
        if (db.run(rearm, now, id) === 0) return false
        db.run(
          `UPDATE endpoint_status SET next_due_at = 0, ${markIfOff}
           WHERE endpoint = (SELECT endpoint FROM deliveries WHERE id = ?)`,
          id,
        )
        addAudit(db, audit)
        return true
      })
    },

    repeatDelivery(first: DeliveryId, id: DeliveryId, now: number, audit: readonly NewAuditRecord[] = []): boolean {
      return db.transaction(() => {
        const added = db.get<{ endpoint: EndpointKey }>(
          `INSERT INTO deliveries (id, event, endpoint, status, due_at)
           SELECT ?, event, endpoint, 0, ? FROM deliveries WHERE id = ? RETURNING endpoint`,
          id,
          now,
          first,
        )
        if (added === undefined) return false
        db.run('INSERT INTO deliveries_of_endpoint VALUES (?, ?)', added.endpoint, id)
        db.run(nowDue, added.endpoint)
        addAudit(db, audit)
        return true
      })
    },

    rearmDeliveries(request: RearmRequest): { count: number; last: DeliveryId | null } {
      return db.transaction(() => {
        settle(db)
        addAudit(db, request.audit ?? [])
        const statuses = new Set(request.statuses.map((status) => statusCode[status]))
        const rows = db.all<{ id: string; status: number }>(
          `SELECT id, status FROM deliveries_of_endpoint i JOIN deliveries d USING (id)
           WHERE i.endpoint = ? AND i.id > ? AND i.id >= ? AND i.id < ? ORDER BY i.id LIMIT ?`,
          request.endpoint,
          request.after ?? '',
          lowestUuidV7(request.since),
          lowestUuidV7(request.until),
          request.rowsMax,
        )
        let count = 0
        for (const { id, status } of rows) if (statuses.has(status)) count += db.run(rearm, request.now, id)
        if (count > 0) db.run(nowDue, request.endpoint)
        return { count, last: rows.length < request.rowsMax ? null : ((rows.at(-1)?.id ?? null) as DeliveryId | null) }
      })
    },
  }
}
