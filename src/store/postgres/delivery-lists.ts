// Lists of deliveries, newest first.

import { limits } from '../../domain/limits.ts'
import type { DeliveryStatus } from '../../domain/delivery.ts'
import {
  type AttemptedFilter,
  type DeliveryFilter,
  everyDelivery,
  type DeliveryRow,
} from '../../contracts/history-store.ts'
import type { PageRequest, SearchedPage } from '../../contracts/page.ts'
import { type DeliveryColumns, statusCode } from '../rows.ts'
import { emptyPage, type IdRange, searchedPage, searchSpan } from '../search-span.ts'
import type { Database } from './database.ts'
import { deliveryId, described, idsFrom, ofType } from './history.ts'
import { isLiving, labelOf } from './labels.ts'
import { Values } from './values.ts'

const highestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/**
 * Deliveries in an order that only their best index has, so that even old statistics never lead the planner to another
 * index. `pending`: few deliveries are pending, so that they are all read and then sorted.
 */
type Source = 'all' | 'endpoints' | 'pending' | 'failed' | 'cancelled'

/** The filter of a list, and the sources that the list is read from. */
interface Search {
  readonly filter: DeliveryFilter
  readonly sources: readonly Source[]
  /** The statuses to look for; null: the sources have only wanted ones. */
  readonly statuses: readonly DeliveryStatus[] | null
}

export function deliveryLists(db: Database) {
  return {
    async listDeliveries(filter: DeliveryFilter, { limit, after }: PageRequest): Promise<SearchedPage<DeliveryRow>> {
      const statuses = statusesOf(filter)
      if ((after !== null && !deliveryId.test(after)) || statuses?.length === 0) return emptyPage
      const isOfAll = filter.tenant === null && filter.endpoint === null
      const indexed = isOfAll && statuses !== null ? await sourcesOf(statuses) : null
      const sources = indexed ?? [isOfAll ? 'all' : 'endpoints']
      const search: Search = { filter, sources, statuses: indexed === null ? statuses : null }
      const range = rangeOf(filter, after)
      const span = conditionsOf(search, new Values()).length === 0 ? range : await spanOf(search, range)
      const values = new Values()
      const rows = newest(search, span, values, { limit: limit + 1, living: isOfAll })
      const text = `${described(rows)} ORDER BY d.id DESC`
      return searchedPage(await db.all<DeliveryColumns>(text, ...values.all), limit, span, range)
    },
  }

  /** Null: there is no index of a status, or many deliveries are pending. */
  async function sourcesOf(statuses: readonly DeliveryStatus[]): Promise<readonly Source[] | null> {
    const indexed = statuses.filter((status) => status !== 'delivered')
    const isIndexed = indexed.length === statuses.length && !(indexed.includes('pending') && (await isBacklog()))
    return isIndexed ? indexed : null
  }

  /** Whether more deliveries are pending than a list may sort. */
  async function isBacklog(): Promise<boolean> {
    const row = await db.get<{ count: number }>(
      'SELECT count(*) AS count FROM (SELECT FROM deliveries WHERE status = 0 AND node >= 0 LIMIT $1) d',
      limits.pendingSortedMax + 1,
    )
    return (row?.count ?? 0) > limits.pendingSortedMax
  }

  /** The part of the range that one request searches. */
  async function spanOf(search: Search, range: IdRange): Promise<IdRange> {
    const { tenant, endpoint } = search.filter
    const sources = search.sources.filter((source) => source !== 'pending')
    if (sources.length === 0) return range
    const counted: Search = { filter: { ...everyDelivery, tenant, endpoint }, sources, statuses: null }
    const values = new Values()
    const [first] = await db.all<{ id: string }>(newest(counted, range, values, { limit: 1 }), ...values.all)
    const steps = searchSpan(range, first?.id ?? null)
    let step = steps.next()
    while (step.done !== true) step = steps.next(await isMany(counted, step.value))
    return step.value
  }

  async function isMany(counted: Search, range: IdRange): Promise<boolean> {
    const values = new Values()
    const rows = newest(counted, range, values, { limit: limits.searchedRowsMax + 1, isCount: true })
    const row = await db.get<{ count: number }>(`SELECT count(*) AS count FROM (${rows}) d`, ...values.all)
    return (row?.count ?? 0) > limits.searchedRowsMax
  }
}

interface NewestOptions {
  readonly limit: number
  /** Rows of tenants that are being erased are left out. */
  readonly living?: boolean
  /** The rows are counted: they need no order. */
  readonly isCount?: boolean
}

const isPending = 'd.status = 0 AND d.node >= 0'

/** Selects the newest deliveries of a range that meet the conditions of the search. */
function newest(
  search: Search,
  { lowest, below }: IdRange,
  values: Values,
  { limit, living = false, isCount = false }: NewestOptions,
): string {
  const inRange = `d.id < ${values.put(below)} AND d.id >= ${values.put(lowest)}`
  const where = [inRange, ...conditionsOf(search, values)]
  if (living) where.push(isLiving('(SELECT tenant FROM endpoints WHERE key = d.endpoint)'))
  const end = `LIMIT ${values.put(limit)}`
  const select = (from: string, order = '', more: readonly string[] = []): string =>
    `SELECT * FROM ${from} d WHERE ${[...where, ...more].join(' AND ')} ORDER BY ${order} d.id DESC ${end}`
  const parts = search.sources.map((source) => {
    if (source === 'all') return select('deliveries')
    if (source === 'endpoints') return ofEndpoints(search.filter, select, values)
    // Sorted first, so that the conditions are checked only until the page is full.
    if (source === 'pending')
      return select(`(SELECT * FROM deliveries d WHERE ${isPending} AND ${inRange} ORDER BY d.id DESC OFFSET 0)`)
    const isStatus = [`d.status = ANY('{${statusCode[source]}}'::smallint[])`, 'd.status >= 2']
    return select('deliveries', 'd.status DESC,', isStatus)
  })
  const all = parts.length === 1 ? parts[0] : parts.map((part) => `(${part})`).join(' UNION ALL ')
  return `SELECT * FROM (${all}) d ${isCount ? '' : 'ORDER BY d.id DESC'} ${end}`
}

/** Reads up to the limit from each endpoint. */
function ofEndpoints(
  { endpoint, tenant }: DeliveryFilter,
  select: (from: string, order: string, more: readonly string[]) => string,
  values: Values,
): string {
  const chosen = []
  if (endpoint !== null) chosen.push(`p.key = ${values.put(endpoint)}`)
  if (tenant !== null) chosen.push(`p.tenant = ${labelOf(values.put(tenant))}`)
  const ofOne = select('deliveries', 'd.endpoint DESC,', ['d.endpoint = ANY(ARRAY[p.key])'])
  return `SELECT d.* FROM endpoints p CROSS JOIN LATERAL (${ofOne}) d WHERE ${chosen.join(' AND ')}`
}

function rangeOf(filter: DeliveryFilter, after: string | null): IdRange {
  const end = filter.to === null ? highestId : idsFrom(filter.to)
  return { lowest: idsFrom(filter.from), below: after !== null && after < end ? after : end }
}

/** The statuses that the filter leaves; null: all. */
function statusesOf({ statuses, failing }: DeliveryFilter): readonly DeliveryStatus[] | null {
  if (!failing) return statuses
  return (statuses ?? ['pending']).filter((status) => status === 'pending')
}

/** The conditions on a delivery `d`. */
function conditionsOf({ filter, statuses }: Search, values: Values): string[] {
  const { eventType, dialect, failing, attempted } = filter
  const conditions = []
  // As a parameter and not in the text, so that the planner never chooses an index of only some statuses.
  if (statuses !== null) {
    const codes = `{${statuses.map((status) => statusCode[status]).join()}}`
    conditions.push(`d.status = ANY(${values.put(codes)}::smallint[])`)
  }
  if (failing) conditions.push('d.attempts > 0')
  if (eventType !== null) conditions.push(ofType(values.put(eventType)))
  if (dialect !== null) {
    const label = '(SELECT tenant FROM endpoints WHERE key = d.endpoint)'
    const name = `(SELECT dialect FROM tenants WHERE label = ANY(ARRAY[${label}]) ORDER BY label LIMIT 1)`
    conditions.push(`${name} = ${values.put(dialect)}`)
  }
  if (attempted !== null) conditions.push(wasAttempted(attempted, values))
  return conditions
}

function wasAttempted({ outcomes, httpStatus, from, to }: AttemptedFilter, values: Values): string {
  const where = ['delivery = d.id']
  if (outcomes !== null) where.push(`kind = ANY(${values.put(outcomes)}::text[])`)
  if (httpStatus !== null) where.push(`status = ${values.put(httpStatus)}`)
  if (from !== null) where.push(`started_at >= ${values.put(from)}`)
  if (to !== null) where.push(`started_at < ${values.put(to)}`)
  // As a subquery with a limit, so that the planner reads the attempts of one delivery at a time, by their index.
  return `(SELECT true FROM attempts WHERE ${where.join(' AND ')} ORDER BY delivery, number LIMIT 1) IS TRUE`
}
