// Reading statistics, in one snapshot of the database.

import type { EndpointKey } from '../../domain/ids.ts'
import type { StatsSeries } from '../../domain/statistics.ts'
import { limits } from '../../domain/limits.ts'
import type { StatsQuery } from '../../contracts/stats-store.ts'
import type { RollupRow } from '../stats-rollups.ts'
import { type Only, type RankedGroup, type Ranking, type RollupFilter, StatsReading } from '../stats-reading.ts'
import type { CommitCounts, GatheredCounts } from '../stats-tally.ts'
import type { Database, Session } from './database.ts'
import { isLiving } from './labels.ts'
import { find } from './stats.ts'

interface Answer {
  readonly series: StatsSeries[]
  readonly more: number
}

export function statsReads(db: Database) {
  return {
    readStats(query: StatsQuery, seriesMax: number): Promise<Answer> {
      return db.transaction(async (session) => {
        await session.script('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
        return read(session, query, seriesMax)
      })
    },
  }
}

async function read(session: Session, query: StatsQuery, seriesMax: number): Promise<Answer> {
  const only =
    query.tenant === null
      ? null
      : await session.get<Only>('SELECT dialect, label FROM tenants WHERE id = $1', query.tenant)
  // The tenant was deleted just now.
  if (only === undefined) return { series: [], more: 0 }
  const reading = new StatsReading(query, seriesMax, only)
  for (const row of await session.all<CommitCounts>('SELECT minute, cells, events FROM stats_commits')) {
    reading.addCounts(row)
  }
  const gathered = 'SELECT minute, cells, counts, events FROM stats_gathered'
  for (const row of await session.all<GatheredCounts>(gathered)) reading.addCounts(row)
  const unknown = reading.unknown()
  reading.places.know(unknown, await find(session, unknown))
  const groups: RankedGroup[][] = []
  for (const ranking of reading.rankings()) groups.push(await rank(session, ranking))
  reading.choose(groups)
  for (const filter of reading.filters()) reading.addRows(filter, await rowsOf(session, filter))
  return reading.result(await idsOf(session, reading.endpoints()))
}

function rank(session: Session, ranking: Ranking): Promise<RankedGroup[]> {
  const { table, by } = ranking
  const counts = table.values.filter((column) => column !== 'latency' && !column.startsWith('ended'))
  const { from, values } = rows(ranking)
  const tenant = by === 'type' ? `''::text` : 's.tenant'
  // Rows of types also have sums without a tenant.
  const isShown = by === 'type' ? 'true' : isLiving('g.tenant')
  return session.all(
    `SELECT * FROM (
       SELECT s.${by} AS key, ${tenant} AS tenant, sum(${counts.map((column) => `s.${column}`).join(' + ')}) AS size
       FROM ${from} GROUP BY 1, 2 ORDER BY size DESC LIMIT $${values.length + 1}) g
     WHERE ${isShown}`,
    ...values,
    limits.statsRankedMax,
  )
}

function rowsOf(session: Session, filter: RollupFilter): Promise<RollupRow[]> {
  const { from, values } = rows(filter)
  return session.all(`SELECT s.* FROM ${from}`, ...values)
}

/**
 * SQL: the rows `s` of a filter. Those of a tenant, or of an endpoint or a type of it, are looked up by the times and
 * dialects for which anything is counted: the keys of the tables begin with the time.
 */
function rows({ table, step, from, to, ...columns }: RollupFilter): {
  readonly from: string
  readonly values: (string | number)[]
} {
  const values: (string | number)[] = [step, from, to]
  const inRange = 'step = $1 AND at >= $2 AND at < $3'
  const conditions = (['dialect', 'tenant', 'endpoint', 'type'] as const).flatMap((column) => {
    const value = columns[column]
    return value === undefined ? [] : [`${column} = $${values.push(value)}`]
  })
  const found = `SELECT * FROM ${table.name} WHERE`
  if (columns.tenant === undefined) return { from: `(${found} ${[inRange, ...conditions].join(' AND ')}) s`, values }
  const key = table.key.join(', ')
  return {
    from: `(SELECT step AS d_step, at AS d_at, dialect AS d_dialect FROM stats_dialects WHERE ${inRange}) d
      CROSS JOIN LATERAL (${found} step = d_step AND at = d_at AND dialect = d_dialect AND
        ${conditions.join(' AND ')} ORDER BY ${key} LIMIT ${limits.statsRankedMax}) s`,
    values,
  }
}

/** The public ids of endpoints, by key. */
async function idsOf(session: Session, endpoints: readonly EndpointKey[]): Promise<Map<number, string>> {
  const found = await session.all<{ key: number; id: string }>(
    'SELECT key, id FROM endpoints WHERE key = ANY($1::bigint[])',
    endpoints,
  )
  return new Map(found.map(({ key, id }) => [key, id]))
}
