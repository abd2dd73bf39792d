import type { Attempt } from '../../domain/attempt.ts'
import type { NewAuditRecord } from '../../domain/audit.ts'
import type { Event } from '../../domain/event.ts'
import { type DeliveryId, type EndpointKey, type EventId, lowestUuidV7, type TenantId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { DeliveryFilter, DeliveryRow, EventFilter, RearmRequest } from '../../contracts/history-store.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import { addAudit } from './audit.ts'
import type { Database } from './database.ts'
import { settle } from './deferred-indexes.ts'
import { isLiving, labelOf } from './labels.ts'
import { lastIdTime, pageOf } from '../pages.ts'
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
const deliveryCursor = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function historyReads(db: Database) {
  return {
    listEvents(filter: EventFilter, page: PageRequest): Page<Event> {
      if (page.after !== null && !eventCursor.test(page.after)) return { rows: [], next: null }
      const rows =
        filter.tenant === null
          ? newestEvents(filter, page, 'events')
          : db
              .snapshot(() => [
                ...newestEvents(filter, page, 'fresh_events'),
                ...newestEvents(filter, page, 'events_of_tenant'),
              ])
              .toSorted((a, b) => b.accepted_at - a.accepted_at || b.seq - a.seq)
      return pageOf(rows.slice(0, page.limit + 1), page.limit, eventOf, (row) => `${row.accepted_at}.${row.seq}`)
    },

    findEvents(id: EventId, tenant: TenantId | null): Event[] {
      return db
        .all<EventColumns>(
          `SELECT ${eventColumns} FROM events e WHERE e.id = ?1
             AND iif(?2 IS NULL, ${isLiving('e.tenant')}, e.tenant = ${labelOf('?2')}) LIMIT ?3`,
          id,
          tenant,
          limits.pageSizeMax,
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
          `SELECT ${deliveryColumns} FROM deliveries d JOIN events e ON e.seq = d.event JOIN endpoints p ON p.key = d.endpoint
           WHERE d.id >= ? AND d.id < ? AND d.event = ? AND ${isLiving('p.tenant')} ORDER BY d.id`,
          lowestUuidV7(row.accepted_at),
          lowestUuidV7(row.accepted_at + 1),
          row.seq,
        )
        .map(deliveryOf)
    },

    listDeliveries(filter: DeliveryFilter, page: PageRequest): Page<DeliveryRow> {
      if (page.after !== null && !deliveryCursor.test(page.after)) return { rows: [], next: null }
      const rows = db.snapshot(() => {
        const isOfAll = filter.tenant === null && filter.endpoint === null
        const wanted = rangeOf(filter, page)
        return described(isOfAll ? newestIds(wanted, anyDeliveries(filter.status, isBacklog)) : newestIdsOf(wanted))
      })
      return pageOf(rows, page.limit, deliveryOf, (row) => row.id)
    },

    findDelivery(id: DeliveryId): { delivery: DeliveryRow; attempts: Attempt[] } | null {
      const row = db.get<DeliveryColumns>(
        `SELECT ${deliveryColumns} FROM deliveries d JOIN events e ON e.seq = d.event JOIN endpoints p ON p.key = d.endpoint
         WHERE d.id = ? AND ${isLiving('p.tenant')}`,
        id,
      )
      if (row === undefined) return null
      const attempts = db.all<AttemptColumns>('SELECT * FROM attempts WHERE delivery = ? ORDER BY number', id)
      return { delivery: deliveryOf(row), attempts: attempts.map(attemptOf) }
    },
  }

  /** Whether more deliveries are pending than a list may sort. */
  function isBacklog(): boolean {
    const row = db.get<{ count: number }>(
      'SELECT count(*) AS count FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_pending WHERE status = 0 LIMIT ?)',
      limits.pendingSortedMax + 1,
    )
    return (row?.count ?? 0) > limits.pendingSortedMax
  }

  /** The newest events that match. The data of an event may be long, so it is read only for events of the page. */
  function newestEvents(filter: EventFilter, page: PageRequest, index: string): (EventColumns & { seq: number })[] {
    const [afterTime, afterSeq] = (page.after ?? `${farFuture}.0`).split('.').map(Number)
    return db.all<EventColumns & { seq: number }>(
      `SELECT e.seq, ${eventColumns}
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

  /**
   * The newest matching deliveries of an endpoint, or of all endpoints of a tenant. Endpoints with the newest
   * deliveries are read first. Most other endpoints are then not read at all, because the page is full of newer
   * deliveries.
   */
  function newestIdsOf(wanted: Wanted): string[] {
    const { filter, below, rowsMax } = wanted
    const chosen = []
    const values: (string | number)[] = [below]
    if (filter.endpoint !== null) {
      chosen.push('key = ?')
      values.push(filter.endpoint)
    }
    if (filter.tenant !== null) {
      chosen.push(`tenant = ${labelOf('?')}`)
      values.push(filter.tenant)
    }
    const endpoints = db.all<{ key: number; newest: string | null }>(
      `SELECT key, (SELECT max(id) FROM deliveries_of_endpoint WHERE endpoint = key AND id < ?) AS newest
       FROM endpoints WHERE ${chosen.join(' AND ')} ORDER BY newest DESC`,
      ...values,
    )
    let { lowest } = wanted
    // The table is joined only if the filter needs more than the index contains.
    const isJoined = filter.status !== null || filter.eventType !== null
    const idsIn = (index: string, condition: string, value: string | number): string[] =>
      newestIds(
        { ...wanted, lowest },
        {
          from: isJoined ? `${index} CROSS JOIN deliveries d ON d.id = ${index}.id` : index,
          where: `${index}.endpoint ${condition}`,
          values: [value],
          id: `${index}.id`,
        },
      )
    const keys = JSON.stringify(endpoints.map(({ key }) => key))
    let ids = idsIn('fresh_deliveries', 'IN (SELECT value FROM json_each(?))', keys)
    for (const { key, newest } of endpoints) {
      lowest = ids[rowsMax - 1] ?? lowest
      if (newest === null || newest < lowest) break
      ids = [...ids, ...idsIn('deliveries_of_endpoint', '= ?', key)].toSorted().toReversed().slice(0, rowsMax)
    }
    return ids
  }

  function newestIds({ filter, lowest, below, rowsMax }: Wanted, source: Source): string[] {
    const { id } = source
    const where = [source.where, `${id} < ?`, `${id} >= ?`]
    const values = [...source.values, below, lowest]
    if (filter.status !== null) where.push(`d.status = ${statusCode[filter.status]}`)
    if (filter.eventType !== null) {
      where.push('e.type = ?')
      values.push(filter.eventType)
    }
    const rows = db.all<{ id: string }>(
      `SELECT ${id} FROM ${source.from} ${filter.eventType === null ? '' : 'CROSS JOIN events e ON e.seq = d.event'}
       WHERE ${where.join(' AND ')} ORDER BY ${id} DESC LIMIT ?`,
      ...values,
      rowsMax,
    )
    return rows.map((row) => row.id)
  }

  /** Reads events and endpoints only for the deliveries of the page. */
  function described(ids: readonly string[]): DeliveryColumns[] {
    return db.all<DeliveryColumns>(
      `SELECT ${deliveryColumns} FROM json_each(?) m CROSS JOIN deliveries d ON d.id = m.value
       CROSS JOIN events e ON e.seq = d.event CROSS JOIN endpoints p ON p.key = d.endpoint ORDER BY d.id DESC`,
      JSON.stringify(ids),
    )
  }
}

/** The deliveries that a page may show: those with ids in [lowest, below) that match the filter. */
interface Wanted {
  readonly filter: DeliveryFilter
  readonly lowest: string
  readonly below: string
  /** One more than the page shows, to find out whether there is another page. */
  readonly rowsMax: number
}

function rangeOf(filter: DeliveryFilter, { limit, after }: PageRequest): Wanted {
  const end = lowestUuidV7(filter.to ?? lastIdTime)
  const below = after !== null && after < end ? after : end
  return { filter, lowest: lowestUuidV7(filter.from ?? 0), below, rowsMax: limit + 1 }
}

/** The tables that a list of deliveries is read from. */
interface Source {
  readonly from: string
  readonly where: string
  readonly values: readonly (string | number)[]
  /** The column that the index is sorted by. */
  readonly id: string
}

/**
 * All deliveries of a status, read by the best index. Where many deliveries are pending they are read by their ids: a
 * page is soon full.
 */
function anyDeliveries(status: DeliveryFilter['status'], isBacklog: () => boolean): Source {
  const all = { where: isLiving('(SELECT tenant FROM endpoints WHERE key = d.endpoint)'), values: [], id: 'd.id' }
  if (status === 'pending' && !isBacklog()) return { ...all, from: 'deliveries d INDEXED BY deliveries_pending' }
  if (status !== 'failed' && status !== 'cancelled') return { ...all, from: 'deliveries d NOT INDEXED' }
  // Repeats the condition of the index: SQLite does not infer it, and would not use the index without it.
  const where = `d.status >= 2 AND ${all.where}`
  return { ...all, from: 'deliveries d INDEXED BY deliveries_ended_badly', where }
}

/** An ended delivery starts its schedule again. A waiting delivery keeps its place in the schedule. */
const rearm = `UPDATE deliveries SET due_at = ?1, reason = NULL, ended_at = NULL,
    attempts_before = CASE status WHEN 0 THEN attempts_before ELSE attempts END, status = 0
  WHERE id = ?2 AND node IS NULL`

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
        db.run(`UPDATE endpoint_status SET next_due_at = 0, ${markIfOff} WHERE endpoint = ?`, added.endpoint)
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
        if (count > 0) {
          db.run(`UPDATE endpoint_status SET next_due_at = 0, ${markIfOff} WHERE endpoint = ?`, request.endpoint)
        }
        return { count, last: rows.length < request.rowsMax ? null : ((rows.at(-1)?.id ?? null) as DeliveryId | null) }
      })
    },
  }
}
