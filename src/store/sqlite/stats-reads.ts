// Reading statistics, in one snapshot of the database.

import type { EndpointKey } from '../../domain/ids.ts'
import type { StatsSeries } from '../../domain/statistics.ts'
import { limits } from '../../domain/limits.ts'
import type { StatsQuery } from '../../contracts/stats-store.ts'
import type { RollupRow } from '../stats-rollups.ts'
import { type Only, type RankedGroup, type Ranking, type RollupFilter, StatsReading } from '../stats-reading.ts'
import type { CommitCounts, GatheredCounts } from '../stats-tally.ts'
import type { Database } from './database.ts'
import { isLiving } from './labels.ts'
import { find } from './stats.ts'

export function statsReads(db: Database) {
  return {
    readStats(query: StatsQuery, seriesMax: number): { series: StatsSeries[]; more: number } {
      return db.snapshot(() => read(db, query, seriesMax))
    },
  }
}

function read(db: Database, query: StatsQuery, seriesMax: number): { series: StatsSeries[]; more: number } {
  const only =
    query.tenant === null ? null : db.get<Only>('SELECT dialect, label FROM tenants WHERE id = ?', query.tenant)
  // The tenant was deleted just now.
  if (only === undefined) return { series: [], more: 0 }
  const reading = new StatsReading(query, seriesMax, only)
  for (const row of db.all<CommitCounts>('SELECT minute, cells, events FROM stats_commits')) reading.addCounts(row)
  const gathered = 'SELECT minute, cells, counts, events FROM stats_gathered'
  for (const row of db.all<GatheredCounts>(gathered)) reading.addCounts(row)
  const unknown = reading.unknown()
  reading.places.know(unknown, find(db, unknown))
  reading.choose(reading.rankings().map((ranking) => rank(db, ranking)))
  for (const filter of reading.filters()) reading.addRows(filter, rowsOf(db, filter))
  return reading.result(idsOf(db, reading.endpoints()))
}

function rank(db: Database, ranking: Ranking): RankedGroup[] {
  const { table, by } = ranking
  const counts = table.values.filter((column) => column !== 'latency' && !column.startsWith('ended'))
  const { from, where, values } = conditions(ranking)
  const tenant = by === 'type' ? `''` : 's.tenant'
  // Rows of types also have sums without a tenant.
  const isShown = by === 'type' ? 'true' : isLiving('g.tenant')
  return db.all(
    `SELECT * FROM (
       SELECT s.${by} AS key, ${tenant} AS tenant, sum(${counts.map((column) => `s.${column}`).join(' + ')}) AS size
       FROM ${from} WHERE ${where} GROUP BY 1, 2 ORDER BY size DESC LIMIT ?) g
     WHERE ${isShown}`,
    ...values,
    limits.statsRankedMax,
  )
}

function rowsOf(db: Database, filter: RollupFilter): RollupRow[] {
  const { key, values: columns } = filter.table
  const { from, where, values } = conditions(filter)
  const shown = [...key, ...columns].map((column) => `s.${column}`).join(', ')
  return db.all(`SELECT ${shown} FROM ${from} WHERE ${where}`, ...values)
}

/**
 * The rows of a tenant, or of an endpoint or a type of it, are looked up by the times and dialects for which anything is
 * counted: the keys of the tables begin with the time.
 */
function conditions({ table, step, from, to, ...columns }: RollupFilter): {
  readonly from: string
  readonly where: string
  readonly values: (string | number)[]
} {
  const isLookup = columns.tenant !== undefined
  const range = isLookup ? 'd' : 's'
  const where = [`${range}.step = ?`, `${range}.at >= ?`, `${range}.at < ?`]
  const values: (string | number)[] = [step, from, to]
  for (const column of ['dialect', 'tenant', 'endpoint', 'type'] as const) {
    const value = columns[column]
    if (value === undefined) continue
    where.push(`s.${column} = ?`)
    values.push(value)
  }
  return {
    from: isLookup
      ? `stats_dialects d CROSS JOIN ${table.name} s ON s.step = d.step AND s.at = d.at AND s.dialect = d.dialect`
      : `${table.name} s`,
    where: where.join(' AND '),
    values,
  }
}

/** The public ids of endpoints, by key. */
function idsOf(db: Database, endpoints: readonly EndpointKey[]): Map<number, string> {
  const rows = db.all<{ key: number; id: string }>(
    'SELECT p.key, p.id FROM json_each(?) k JOIN endpoints p ON p.key = k.value',
    JSON.stringify(endpoints),
  )
  return new Map(rows.map(({ key, id }) => [key, id]))
}
