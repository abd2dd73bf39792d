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

// The texts of the indexes (the migration `find`).
const hostOf = `lower(substr(url, instr(url, '://') + 3, 255))`
const tenantsFound = `SELECT seq FROM tenants WHERE lower(id) >= ? AND lower(id) < ?
  UNION ALL SELECT seq FROM tenants WHERE lower(name) >= ? AND lower(name) < ? AND name IS NOT NULL`
const endpointsFound = `SELECT key FROM endpoints WHERE ${hostOf} >= ? AND ${hostOf} < ?
  UNION ALL SELECT key FROM endpoints WHERE id = ?`

type Values = readonly (string | number)[]

/** The endpoints that a list searches. */
interface Source {
  /** Tables that end with the status `s`. */
  readonly from: string
  readonly values: Values
  /** The column with the numbers, by which the source is sorted. */
  readonly key: string
  /** How many of its rows one request searches; null: all, because they are few. */
  readonly rowsMax: number | null
}

export function accountLists(db: Database) {
  return {
    listTenants(page: PageRequest, dialect: string | null, text: string | null = null): SearchedPage<Tenant> {
      return db.snapshot(() => {
        const range = text === null ? [] : [...prefixRange(text), ...prefixRange(text)]
        // If more match, a page of the newest is soon full.
        const isFew = text !== null && isAtMost(tenantsFound, range)
        const after = seqAfter(page)
        const floor = isFew ? 0 : floorOf('tenants', 'seq', after, limits.searchedRowsMax)
        const where = ['seq < ?', 'seq >= ?']
        if (isFew) where.push(`seq IN (${tenantsFound})`)
        else if (text !== null) where.push('(lower(id) >= ? AND lower(id) < ? OR lower(name) >= ? AND lower(name) < ?)')
        if (dialect !== null) where.push('dialect = ?')
        const rows = db.all<TenantColumns>(
          `SELECT * FROM tenants WHERE ${where.join(' AND ')} ORDER BY seq DESC LIMIT ?`,
          after,
          floor,
          ...range,
          ...(dialect === null ? [] : [dialect]),
          page.limit + 1,
        )
        const found = aboveFloor(
          pageOf(rows, page.limit, tenantOf, ({ seq }) => String(seq)),
          floor,
        )
        return searchedBackTo(found, createdAt('SELECT created_at FROM tenants WHERE seq = ?', found.next))
      })
    },

    listEndpoints(filter: EndpointFilter, page: PageRequest): SearchedPage<FoundEndpoint> {
      return db.snapshot(() => {
        const { from, values, key, rowsMax } = sourceOf(filter)
        const after = seqAfter(page)
        const floor = rowsMax === null ? 0 : floorOf(from, key, after, rowsMax)
        const conditions = conditionsOf(filter)
        const rows = db.all<FoundColumns>(
          `SELECT p.*, s.*, t.dialect FROM ${from} CROSS JOIN endpoints p ON p.key = s.endpoint
             CROSS JOIN tenants t ON t.label = p.tenant
           WHERE ${[`${key} < ?`, `${key} >= ?`, ...conditions.map((one) => one.text)].join(' AND ')}
           ORDER BY ${key} DESC LIMIT ?`,
          ...values,
          after,
          floor,
          ...conditions.flatMap((one) => one.values),
          page.limit + 1,
        )
        const found = aboveFloor(
          pageOf(rows, page.limit, foundOf, (row) => String(row.key)),
          floor,
        )
        return searchedBackTo(found, createdAt('SELECT created_at FROM endpoints WHERE key = ?', found.next))
      })
    },
  }

  function sourceOf({ tenant, dialect, text, health }: EndpointFilter): Source {
    const among = (keys: string, values: Values): Source => ({
      from: `(${keys}) c CROSS JOIN endpoint_status s ON s.endpoint = c.key`,
      values,
      key: 'c.key',
      rowsMax: null,
    })
    if (tenant !== null) return among(`SELECT key FROM endpoints WHERE tenant = ${labelOf('?')}`, [tenant])
    if (text !== null) {
      const values = [...prefixRange(text), text]
      if (isAtMost(endpointsFound, values)) return among(`SELECT DISTINCT key FROM (${endpointsFound})`, values)
    }
    const rowsMax = limits.searchedRowsMax
    if (health === 'disabled') {
      const from = 'endpoints c INDEXED BY endpoints_disabled CROSS JOIN endpoint_status s ON s.endpoint = c.key'
      return { from: `${from} AND c.enabled = 0 AND c.deleted_at IS NULL`, values: [], key: 'c.key', rowsMax }
    }
    const isOfStatus = health !== null && dialect === null && text === null
    return {
      from: 'endpoint_status s',
      values: [],
      key: 's.endpoint',
      rowsMax: isOfStatus ? limits.searchedStatusesMax : rowsMax,
    }
  }

  function isAtMost(found: string, values: Values): boolean {
    const count = `SELECT count(*) AS count FROM (${found} LIMIT ?)`
    return (db.get<{ count: number }>(count, ...values, limits.foundSortedMax + 1)?.count ?? 0) <= limits.foundSortedMax
  }

  /** The lowest number that one request searches; 0: all are searched. */
  function floorOf(from: string, number: string, after: number, rowsMax: number): number {
    const select = `SELECT ${number} AS number FROM ${from} WHERE ${number} < ? ORDER BY ${number} DESC LIMIT 1 OFFSET ?`
    return db.get<{ number: number }>(select, after, rowsMax - 1)?.number ?? 0
  }

  function createdAt(select: string, next: string | null): number | undefined {
    return next === null ? undefined : db.get<{ created_at: number }>(select, Number(next))?.created_at
  }
}

/** The conditions on an endpoint `p` with its status `s` and its tenant `t`. Those on the status are first: it is small. */
function conditionsOf({ dialect, text, health, now }: EndpointFilter): { text: string; values: Values }[] {
  const conditions: { text: string; values: Values }[] = []
  if (health === 'failing') conditions.push({ text: 's.health IS NOT NULL', values: [] })
  if (health === 'paused') conditions.push({ text: 's.paused_until > ? AND s.paused_until < ?', values: [now, never] })
  conditions.push({ text: 'p.deleted_at IS NULL', values: [] })
  if (health !== null) conditions.push({ text: `p.enabled = ${health === 'disabled' ? 0 : 1}`, values: [] })
  if (text !== null) {
    const host = hostOf.replaceAll('url', 'p.url')
    conditions.push({ text: `(p.id = ? OR ${host} >= ? AND ${host} < ?)`, values: [text, ...prefixRange(text)] })
  }
  if (dialect !== null) conditions.push({ text: 't.dialect = ?', values: [dialect] })
  return conditions
}

type FoundColumns = EndpointColumns & StatusColumns & { dialect: string; paused_until: number | null }

function foundOf(row: FoundColumns): FoundEndpoint {
  const { dialect, paused_until: pausedUntil } = row
  return { endpoint: endpointOf(row), dialect, status: endpointStatusOf(row), pausedUntil }
}
