// Lists of tenants and of the endpoints of all tenants, newest first.

import { limits } from '../../domain/limits.ts'
import { never } from '../../domain/time.ts'
import type { Tenant } from '../../domain/tenant.ts'
import type { EndpointFilter, FoundEndpoint } from '../../contracts/account-store.ts'
import type { PageRequest, SearchedPage } from '../../contracts/page.ts'
import type { Database } from './database.ts'
import { labelOf } from './labels.ts'
import { pageOf, seqAfter } from '../pages.ts'
import { prefixRange } from '../prefixes.ts'
import {
  type EndpointColumns,
  endpointOf,
  endpointStatusOf,
  type StatusColumns,
  type TenantColumns,
  tenantOf,
} from '../rows.ts'
import { aboveFloor, searchedBackTo } from '../search-floor.ts'
import { tenantColumns } from './tenants.ts'
import { Values } from './values.ts'

// The texts of the indexes (the migration `find`).
const nameOf = 'lower(name COLLATE "C")'
const hostOf = `lower(substr(url, strpos(url, '://') + 3, 255) COLLATE "C")`

/** The rows that a list searches by a number that grows with time. */
interface Source {
  readonly table: string
  readonly number: string
  readonly where: readonly string[]
  /** How many of its rows one request searches. */
  readonly rowsMax: number
}

export function accountLists(db: Database) {
  return {
    async listTenants(
      page: PageRequest,
      dialect: string | null,
      text: string | null = null,
    ): Promise<SearchedPage<Tenant>> {
      // If more match, a page of the newest is soon full.
      const areFew = text !== null && (await isAtMost((values) => tenantsFound(text, values)))
      const after = seqAfter(page)
      const floor = areFew ? 0 : await floorOf(allTenants, after)
      const values = new Values()
      const where = [`seq < ${values.put(after)}`, `seq >= ${values.put(floor)}`]
      if (areFew) where.push(`seq = ANY(ARRAY(${tenantsFound(text, values)}))`)
      else if (text !== null) where.push(`(${inRange('lower(id)', text, values)} OR ${inRange(nameOf, text, values)})`)
      if (dialect !== null) where.push(`dialect = ${values.put(dialect)}`)
      const rows = await db.all<TenantColumns>(
        `SELECT ${tenantColumns} FROM tenants WHERE ${where.join(' AND ')} ORDER BY seq DESC LIMIT ${values.put(page.limit + 1)}`,
        ...values.all,
      )
      const found = aboveFloor(
        pageOf(rows, page.limit, tenantOf, ({ seq }) => String(seq)),
        floor,
      )
      return searchedBackTo(found, await createdAt('SELECT created_at FROM tenants WHERE seq = $1', found.next))
    },

    async listEndpoints(filter: EndpointFilter, page: PageRequest): Promise<SearchedPage<FoundEndpoint>> {
      const after = seqAfter(page)
      const source = (await isFew(filter)) ? null : sourceOf(filter)
      const floor = source === null ? 0 : await floorOf(source, after)
      const values = new Values()
      const keys = source === null ? fewKeys(filter, after, values) : keysOf(source, filter, [after, floor], values)
      const rows = await db.all<FoundColumns>(
        `SELECT ${endpointColumns}, f.dialect, f.health, f.paused_until, a.* FROM (
           SELECT p.*, t.dialect, s.health, s.paused_until
           FROM (${keys}) c
             CROSS JOIN LATERAL (SELECT * FROM endpoints WHERE key = c.key LIMIT 1) p
             CROSS JOIN LATERAL (SELECT * FROM endpoint_status WHERE endpoint = c.key LIMIT 1) s
             CROSS JOIN LATERAL (SELECT dialect FROM tenants WHERE label = ANY(ARRAY[p.tenant]) ORDER BY label LIMIT 1) t
           WHERE ${conditionsOf(filter, values).join(' AND ')} ORDER BY c.key DESC LIMIT ${values.put(page.limit + 1)}) f
         CROSS JOIN LATERAL (SELECT ${attemptColumns} FROM endpoint_attempts WHERE endpoint = f.key) a
         ORDER BY f.key DESC`,
        ...values.all,
      )
      const found = aboveFloor(
        pageOf(rows, page.limit, foundOf, (row) => String(row.key)),
        floor,
      )
      return searchedBackTo(found, await createdAt('SELECT created_at FROM endpoints WHERE key = $1', found.next))
    },
  }

  /** Whether the endpoints are those of one tenant, or are few by their text. */
  async function isFew({ tenant, text }: EndpointFilter): Promise<boolean> {
    return tenant !== null || (text !== null && (await isAtMost((values) => endpointsFound(text, values))))
  }

  async function isAtMost(found: (values: Values) => string): Promise<boolean> {
    const values = new Values()
    const rows = `SELECT FROM (${found(values)}) f LIMIT ${limits.foundSortedMax + 1}`
    const row = await db.get<{ count: number }>(`SELECT count(*) AS count FROM (${rows}) f`, ...values.all)
    return (row?.count ?? 0) <= limits.foundSortedMax
  }

  /** The lowest number that one request searches; 0: all are searched. */
  async function floorOf({ table, number, where, rowsMax }: Source, after: number): Promise<number> {
    const select = `SELECT ${number} AS number FROM ${table} WHERE ${[`${number} < $1`, ...where].join(' AND ')}
      ORDER BY ${number} DESC LIMIT 1 OFFSET $2`
    return (await db.get<{ number: number }>(select, after, rowsMax - 1))?.number ?? 0
  }

  async function createdAt(select: string, next: string | null): Promise<number | undefined> {
    return next === null ? undefined : (await db.get<{ created_at: number }>(select, Number(next)))?.created_at
  }
}

function inRange(folded: string, text: string, values: Values): string {
  const [from, below] = prefixRange(text)
  return `(${folded} >= ${values.put(from)} AND ${folded} < ${values.put(below)})`
}

function tenantsFound(text: string, values: Values): string {
  return `SELECT seq FROM tenants WHERE ${inRange('lower(id)', text, values)}
    UNION ALL SELECT seq FROM tenants WHERE ${inRange(nameOf, text, values)} AND name IS NOT NULL`
}

// Sorted as only the wanted index is, so that even old statistics never lead the planner to another one.
function endpointsFound(text: string, values: Values): string {
  return `(SELECT key FROM endpoints WHERE ${inRange(hostOf, text, values)} ORDER BY ${hostOf})
    UNION ALL (SELECT key FROM endpoints WHERE id = ANY(ARRAY[${values.put(text)}]) ORDER BY id)`
}

/** Selects the keys of few endpoints. */
function fewKeys({ tenant, text }: EndpointFilter, after: number, values: Values): string {
  const keys =
    tenant === null
      ? endpointsFound(text ?? '', values)
      : `SELECT key FROM endpoints WHERE tenant = ANY(ARRAY[${labelOf(values.put(tenant))}]) ORDER BY tenant, id OFFSET 0`
  return `SELECT DISTINCT key FROM (${keys}) k WHERE key < ${values.put(after)}`
}

/** Selects the keys of a source, in [floor, after). */
function keysOf(
  { table, number, where }: Source,
  { health, now }: EndpointFilter,
  [after, floor]: readonly [number, number],
  values: Values,
): string {
  const all = [`${number} < ${values.put(after)}`, `${number} >= ${values.put(floor)}`, ...where]
  // Checked here too, because the row of the status is small.
  if (health === 'failing') all.push('health IS NOT NULL')
  if (health === 'paused') all.push(`paused_until > ${values.put(now)} AND paused_until < ${never}`)
  return `SELECT ${number} AS key FROM ${table} WHERE ${all.join(' AND ')} ORDER BY ${number} DESC OFFSET 0`
}

const allTenants: Source = { table: 'tenants', number: 'seq', where: [], rowsMax: limits.searchedRowsMax }

function sourceOf({ dialect, text, health }: EndpointFilter): Source {
  const rowsMax = limits.searchedRowsMax
  if (health === 'disabled') {
    return { table: 'endpoints', number: 'key', where: ['NOT enabled', 'deleted_at IS NULL'], rowsMax }
  }
  const isOfStatus = health !== null && dialect === null && text === null
  const statusesMax = isOfStatus ? limits.searchedStatusesMax : rowsMax
  return { table: 'endpoint_status', number: 'endpoint', where: [], rowsMax: statusesMax }
}

/** The conditions on an endpoint `p` with its status `s` and its tenant `t`. */
function conditionsOf({ dialect, text, health, now }: EndpointFilter, values: Values): string[] {
  const conditions = ['p.deleted_at IS NULL']
  if (health === 'failing') conditions.push('s.health IS NOT NULL')
  if (health === 'paused') conditions.push(`s.paused_until > ${values.put(now)} AND s.paused_until < ${never}`)
  if (health !== null) conditions.push(health === 'disabled' ? 'NOT p.enabled' : 'p.enabled')
  if (text !== null) {
    conditions.push(`(p.id = ${values.put(text)} OR ${inRange(hostOf.replaceAll('url', 'p.url'), text, values)})`)
  }
  if (dialect !== null) conditions.push(`t.dialect = ${values.put(dialect)}`)
  return conditions
}

const endpointColumns = `f.key, f.tenant, f.id, f.url, f.event_types, f.filters, f.details, f.description, f.enabled,
  f.disabled_reason, f.sealed_headers, f.sealed_secrets, f.unique_key, f.created_at, f.updated_at`

/** Adds up the rows of all nodes: each node counts in its own row. */
export const attemptColumns = `sum(attempts) AS attempts, max(last_attempt_at) AS last_attempt_at,
  (array_agg(last_attempt_succeeded ORDER BY last_attempt_at DESC))[1] AS last_attempt_succeeded,
  (array_agg(last_outcome ORDER BY last_attempt_at DESC))[1] AS last_outcome`

type FoundColumns = EndpointColumns & StatusColumns & { dialect: string; paused_until: number | null }

function foundOf(row: FoundColumns): FoundEndpoint {
  const { dialect, paused_until: pausedUntil } = row
  return { endpoint: endpointOf(row), dialect, status: endpointStatusOf(row), pausedUntil }
}
