// Lists of deliveries, newest first.

import { limits } from '../../domain/limits.ts'
import { lowestUuidV7 } from '../../domain/ids.ts'
import type { DeliveryStatus } from '../../domain/delivery.ts'
import type { AttemptedFilter, DeliveryFilter, DeliveryRow } from '../../contracts/history-store.ts'
import type { PageRequest, SearchedPage } from '../../contracts/page.ts'
import type { Database } from './database.ts'
import { deliveryJoins } from './history.ts'
import { isLiving, labelOf } from './labels.ts'
import { lastIdTime } from '../pages.ts'
import { deliveryColumns, type DeliveryColumns, statusCode } from '../rows.ts'
import { emptyPage, type IdRange, searchedPage, searchSpan } from '../search-span.ts'

const deliveryCursor = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

type Values = readonly (string | number)[]

/** A part of a statement with its values. */
interface Sql {
  readonly text: string
  readonly values: Values
}

/** The deliveries that a list is read from, with an index that has the order of the list. */
interface Source {
  readonly from: string
  readonly where: Sql
  /** The column that the index is sorted by. */
  readonly id: string
}

/** The deliveries of a tenant, of an endpoint or of the installation. */
interface Deliveries {
  /** The newest id of a range; null: there is none. Neither this nor `isMany` knows the few fresh deliveries. */
  newest(range: IdRange): string | null
  /** Whether a range has more deliveries than one request may search. */
  isMany(range: IdRange): boolean
  /** The newest ids of a range that meet the conditions. @param rowsMax how many at most */
  ids(range: IdRange, conditions: readonly Sql[], rowsMax: number): string[]
}

export function deliveryLists(db: Database) {
  return {
    listDeliveries(filter: DeliveryFilter, { limit, after }: PageRequest): SearchedPage<DeliveryRow> {
      const statuses = statusesOf(filter)
      if ((after !== null && !deliveryCursor.test(after)) || statuses?.length === 0) return emptyPage
      return db.snapshot(() => {
        const range = rangeOf(filter, after)
        const isOfAll = filter.tenant === null && filter.endpoint === null
        const indexed = isOfAll && statuses !== null ? sourcesOf(statuses, isBacklog) : null
        const deliveries = indexed ? ofSources(indexed) : isOfAll ? ofSources([allDeliveries]) : ofEndpoints(filter)
        const conditions = conditionsOf(filter, indexed === null ? statuses : null)
        const span = conditions.length === 0 ? range : spanOf(range, deliveries)
        const living = isOfAll
          ? [{ text: isLiving('(SELECT tenant FROM endpoints WHERE key = d.endpoint)'), values: [] }]
          : []
        const ids = deliveries.ids(span, [...conditions, ...living], limit + 1)
        return searchedPage(described(ids), limit, span, range)
      })
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

  function ofSources(sources: readonly Source[]): Deliveries {
    // The pending deliveries, if they are a source, are few.
    const counted = sources.filter((source) => source !== pendingDeliveries)
    const read = (from: readonly Source[], range: IdRange, conditions: readonly Sql[], rowsMax: number): string[] =>
      newest(
        from.flatMap((source) => newestIds(source, range, conditions, rowsMax)),
        rowsMax,
      )
    return {
      newest: (range) => read(counted, range, [], 1)[0] ?? null,
      isMany: (range) => counted.reduce((sum, source) => sum + countIn(source, range), 0) > limits.searchedRowsMax,
      ids: (range, conditions, rowsMax) => read(sources, range, conditions, rowsMax),
    }
  }

  /**
   * The deliveries of an endpoint, or of all endpoints of a tenant. Endpoints with the newest deliveries are read first.
   * Most other endpoints are then not read at all, because the page is full of newer deliveries.
   */
  function ofEndpoints(filter: DeliveryFilter): Deliveries {
    const chosen: Sql[] = []
    if (filter.endpoint !== null) chosen.push({ text: 'key = ?', values: [filter.endpoint] })
    if (filter.tenant !== null) chosen.push({ text: `tenant = ${labelOf('?')}`, values: [filter.tenant] })
    const where = joined(chosen)
    const endpointRows = db.all<{ key: number }>(`SELECT key FROM endpoints WHERE ${where.text}`, ...where.values)
    const keys = JSON.stringify(endpointRows.map(({ key }) => key))
    const among = (index: string): Sql => ({
      text: `${index}.endpoint IN (SELECT value FROM json_each(?))`,
      values: [keys],
    })
    return {
      newest({ lowest, below }) {
        const row = db.get<{ newest: string | null }>(
          `SELECT max((SELECT max(id) FROM deliveries_of_endpoint WHERE endpoint = k.value AND id < ? AND id >= ?)) AS newest
           FROM json_each(?) k`,
          below,
          lowest,
          keys,
        )
        return row?.newest ?? null
      },
      isMany: (range) =>
        countIn(sourceOf('deliveries_of_endpoint', among('deliveries_of_endpoint'), false), range) >
        limits.searchedRowsMax,
      ids(range, conditions, rowsMax) {
        // The table is joined only if the filter needs more than the index contains.
        const read = (index: string, of: Sql, within: IdRange): string[] =>
          newestIds(sourceOf(index, of, conditions.length > 0), within, conditions, rowsMax)
        const endpoints = db.all<{ key: number; newest: string | null }>(
          `SELECT k.value AS key, (SELECT max(id) FROM deliveries_of_endpoint WHERE endpoint = k.value AND id < ?) AS newest
           FROM json_each(?) k ORDER BY newest DESC`,
          range.below,
          keys,
        )
        let { lowest } = range
        let ids = read('fresh_deliveries', among('fresh_deliveries'), range)
        for (const { key, newest: first } of endpoints) {
          lowest = ids[rowsMax - 1] ?? lowest
          if (first === null || first < lowest) break
          const more = read(
            'deliveries_of_endpoint',
            { text: 'deliveries_of_endpoint.endpoint = ?', values: [key] },
            { ...range, lowest },
          )
          ids = newest([...ids, ...more], rowsMax)
        }
        return ids
      },
    }
  }

  function newestIds(source: Source, range: IdRange, conditions: readonly Sql[], rowsMax: number): string[] {
    const { text, values } = joined([source.where, inRange(source, range), ...conditions])
    return db
      .all<{ id: string }>(
        `SELECT ${source.id} FROM ${source.from} WHERE ${text} ORDER BY ${source.id} DESC LIMIT ?`,
        ...values,
        rowsMax,
      )
      .map(({ id }) => id)
  }

  /** The part of the range that one request searches. */
  function spanOf(range: IdRange, deliveries: Deliveries): IdRange {
    const search = searchSpan(range, deliveries.newest(range))
    let step = search.next()
    while (step.done !== true) step = search.next(deliveries.isMany(step.value))
    return step.value
  }

  function countIn(source: Source, range: IdRange): number {
    const { text, values } = joined([source.where, inRange(source, range)])
    const rows = `SELECT 1 FROM ${source.from} WHERE ${text} LIMIT ?`
    return (
      db.get<{ count: number }>(`SELECT count(*) AS count FROM (${rows})`, ...values, limits.searchedRowsMax + 1)
        ?.count ?? 0
    )
  }

  /** Reads events, endpoints and attempts only for the deliveries of the page. */
  function described(ids: readonly string[]): DeliveryColumns[] {
    return db.all<DeliveryColumns>(
      `SELECT ${deliveryColumns} FROM json_each(?) m CROSS JOIN deliveries d ON d.id = m.value ${deliveryJoins}
       ORDER BY d.id DESC`,
      JSON.stringify(ids),
    )
  }
}

function newest(ids: readonly string[], count: number): string[] {
  return ids.toSorted().toReversed().slice(0, count)
}

function joined(parts: readonly Sql[]): Sql {
  return { text: parts.map(({ text }) => text).join(' AND '), values: parts.flatMap(({ values }) => values) }
}

function inRange({ id }: Source, { lowest, below }: IdRange): Sql {
  return { text: `${id} < ? AND ${id} >= ?`, values: [below, lowest] }
}

function rangeOf(filter: DeliveryFilter, after: string | null): IdRange {
  const end = lowestUuidV7(filter.to ?? lastIdTime)
  return { lowest: lowestUuidV7(filter.from ?? 0), below: after !== null && after < end ? after : end }
}

/** The statuses that the filter leaves; null: all. */
function statusesOf({ statuses, failing }: DeliveryFilter): readonly DeliveryStatus[] | null {
  if (!failing) return statuses
  return (statuses ?? ['pending']).filter((status) => status === 'pending')
}

const allDeliveries: Source = { from: 'deliveries d NOT INDEXED', where: { text: 'true', values: [] }, id: 'd.id' }
const pendingDeliveries: Source = {
  from: 'deliveries d INDEXED BY deliveries_pending',
  where: { text: 'd.status = 0', values: [] },
  id: 'd.id',
}

/**
 * The sources of deliveries by status. Null: there is no index of a status, or many deliveries are pending. They are then
 * read by their ids: a page is soon full.
 */
function sourcesOf(statuses: readonly DeliveryStatus[], isBacklog: () => boolean): readonly Source[] | null {
  if (statuses.includes('delivered') || (statuses.includes('pending') && isBacklog())) return null
  return statuses.map((status) => {
    if (status === 'pending') return pendingDeliveries
    // Repeats the condition of the index: SQLite does not infer it, and would not use the index without it.
    const where = { text: `d.status >= 2 AND d.status = ${statusCode[status]}`, values: [] }
    return { from: 'deliveries d INDEXED BY deliveries_ended_badly', where, id: 'd.id' }
  })
}

function sourceOf(index: string, where: Sql, isJoined: boolean): Source {
  const from = isJoined ? `${index} CROSS JOIN deliveries d ON d.id = ${index}.id` : index
  return { from, where, id: `${index}.id` }
}

/** The conditions on a delivery `d`. @param statuses null: the source has only wanted ones */
function conditionsOf(
  { eventType, dialect, failing, attempted }: DeliveryFilter,
  statuses: readonly DeliveryStatus[] | null,
): Sql[] {
  const conditions: Sql[] = []
  if (statuses !== null) {
    conditions.push({ text: `d.status IN (${statuses.map((status) => statusCode[status]).join()})`, values: [] })
  }
  if (failing) conditions.push({ text: 'd.attempts > 0', values: [] })
  if (eventType !== null)
    conditions.push({ text: '(SELECT type FROM events WHERE seq = d.event) = ?', values: [eventType] })
  if (dialect !== null) {
    const label = '(SELECT tenant FROM endpoints WHERE key = d.endpoint)'
    conditions.push({ text: `(SELECT dialect FROM tenants WHERE label = ${label}) = ?`, values: [dialect] })
  }
  if (attempted !== null) conditions.push(wasAttempted(attempted))
  return conditions
}

function wasAttempted({ outcomes, httpStatus, from, to }: AttemptedFilter): Sql {
  const parts: Sql[] = [{ text: 'delivery = d.id', values: [] }]
  if (outcomes !== null) parts.push({ text: `kind IN (${outcomes.map(() => '?').join()})`, values: outcomes })
  if (httpStatus !== null) parts.push({ text: 'status = ?', values: [httpStatus] })
  if (from !== null) parts.push({ text: 'started_at >= ?', values: [from] })
  if (to !== null) parts.push({ text: 'started_at < ?', values: [to] })
  const { text, values } = joined(parts)
  return { text: `EXISTS (SELECT 1 FROM attempts WHERE ${text})`, values }
}
