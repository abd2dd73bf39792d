// Statistics: counting cancelled deliveries, and moving counts to the rollups. Every node runs the steps. A node skips a
// step while another node is running one.

import type { EndpointKey } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { addSums, cancelledCell, cellsMax, stepMs } from '../../domain/statistics.ts'
import type { StatsAges } from '../../contracts/stats-store.ts'
import { Fold, type Found, living, negated, type PlacedEntry, type Unknown } from '../stats-fold.ts'
import {
  type Addition,
  additionsOf,
  agesOf,
  type RollupRow,
  rollupsOfTenants,
  type RollupTable,
  sumsOfRow,
  valuesOf,
} from '../stats-rollups.ts'
import { type CommitCounts, type GatheredCounts, Tally } from '../stats-tally.ts'
import type { Database, Session } from './database.ts'

/** Counts waiting deliveries that are cancelled, in the transaction of the caller: `counts[i]` of `endpoints[i]`. */
export async function countCancelled(
  session: Session,
  now: number,
  endpoints: readonly EndpointKey[],
  counts: readonly number[],
): Promise<void> {
  const cells = endpoints.flatMap((endpoint, index) =>
    Array.from({ length: counts[index] ?? 0 }, () => endpoint * cellsMax + cancelledCell),
  )
  if (cells.length === 0) return
  await session.run(
    'INSERT INTO stats_commits (minute, cells) VALUES ($1, $2)',
    now - (now % stepMs.minute),
    JSON.stringify(cells),
  )
}

export function statsRole(db: Database, steps: StatsSteps) {
  const { gather, fold } = steps
  return {
    gatherStats: gather,
    foldStats: fold,

    async claimFold(_now: number, everyMs: number): Promise<boolean> {
      // By the clock of the database: the clocks of the nodes may differ.
      const claim = `INSERT INTO stats_folds AS f (begun_at) VALUES (clock_timestamp())
        ON CONFLICT (id) DO UPDATE SET begun_at = excluded.begun_at
        WHERE f.begun_at <= excluded.begun_at - $1 * interval '1 ms'`
      return (await db.run(claim, everyMs)) > 0
    },

    async pruneStats(before: StatsAges, rowsMax: number): Promise<number> {
      for (const { name, key, length, age } of agesOf(before)) {
        const count = await db.run(
          `DELETE FROM ${name} WHERE ctid = ANY(ARRAY(
             SELECT ctid FROM ${name} WHERE step = $1 AND at < $2 ORDER BY ${key.join(', ')} LIMIT $3))`,
          length,
          age,
          rowsMax,
        )
        if (count > 0) return count
      }
      return db.run(
        `DELETE FROM stats_former_endpoints WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM stats_former_endpoints WHERE removed_at < $1 LIMIT $2))`,
        before.minutes,
        rowsMax,
      )
    },
  }
}

export type StatsSteps = ReturnType<typeof statsSteps>

/** The steps that move counts. This node runs one fold at a time; another node that runs one too does no harm. */
export function statsSteps(db: Database) {
  let state: Fold | null = null
  return { gather, fold }

  async function gather(rowsMax: number): Promise<boolean> {
    if ((await db.get('SELECT id FROM stats_commits ORDER BY id LIMIT 1')) === undefined) return false
    return db.transaction(async (session) => (await isMine(session)) && gatherOldest(session, rowsMax))
  }

  async function fold(rowsMax: number): Promise<boolean> {
    const current = state ?? (await newFold())
    // A step that fails leaves a state that the database does not have.
    state = null
    if (await foldStep(current, rowsMax)) state = current
    return state !== null
  }

  async function newFold(): Promise<Fold> {
    const rows = await db.all<{ id: number }>('SELECT id FROM stats_gathered')
    return new Fold(rows.map(({ id }) => id))
  }

  /** False: the fold is at its end, or cannot go on. */
  async function foldStep(current: Fold, rowsMax: number): Promise<boolean> {
    const id = current.unread.pop()
    if (id !== undefined) {
      const row = await db.get<GatheredCounts>(
        'SELECT minute, cells, counts, events FROM stats_gathered WHERE id = $1',
        id,
      )
      if (row !== undefined) current.read(id, row)
      return row !== undefined
    }
    const unknown = current.unknown(limits.statsPlacesRead)
    if (unknown !== null) {
      current.places.know(unknown, await find(db, unknown))
      return true
    }
    const entries = current.take(rowsMax)
    if (entries.length === 0) {
      if (current.ids.length > 0) await db.transaction((session) => removeGathered(session, current.ids))
      return false
    }
    const added = await db.transaction(async (session) => {
      if (!(await isMine(session))) return null
      await addToRollups(session, entries)
      return addGathered(session, negated(entries))
    })
    if (added !== null) current.ids.push(...added)
    return added !== null
  }

  async function isMine(session: Session): Promise<boolean> {
    const row = await session.get<{ mine: boolean }>(
      'SELECT pg_try_advisory_xact_lock(hashtext($1)) AS mine',
      `posthorn statistics ${db.schema}`,
    )
    return row?.mine === true
  }
}

/** True: there may be more. */
async function gatherOldest(session: Session, rowsMax: number): Promise<boolean> {
  const rows = await session.all<CommitCounts & { readonly id: number; readonly isLast: boolean }>(
    `SELECT id, minute, cells, events, number = total AND total < $1 AS "isLast" FROM (
       SELECT *, row_number() OVER (ORDER BY id) AS number, count(*) OVER () AS total,
         sum(chars) OVER (ORDER BY id) - chars AS chars_before
       FROM (SELECT *, coalesce(length(cells), 0) + coalesce(length(events), 0) AS chars
             FROM stats_commits ORDER BY id LIMIT $1) c) s
     WHERE chars_before < $2 ORDER BY id`,
    rowsMax,
    limits.statsStepChars,
  )
  const tally = new Tally()
  for (const row of rows) tally.add(row)
  const ids = rows.map(({ id }) => id)
  await session.run('DELETE FROM stats_commits WHERE id = ANY($1::bigint[])', ids)
  await addGathered(session, tally.rows())
  return rows.at(-1)?.isLast === false
}

async function addGathered(session: Session, rows: readonly GatheredCounts[]): Promise<number[]> {
  const added = await session.all<{ id: number }>(
    `INSERT INTO stats_gathered (minute, cells, counts, events)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) RETURNING id`,
    rows.map(({ minute }) => minute),
    rows.map(({ cells }) => cells),
    rows.map(({ counts }) => counts),
    rows.map(({ events }) => events),
  )
  return added.map(({ id }) => id)
}

/** Removes all of the rows or none: only together they are zero. None: another node has removed some of them. */
async function removeGathered(session: Session, ids: readonly number[]): Promise<void> {
  const found = await session.all(
    'SELECT id FROM stats_gathered WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE',
    ids,
  )
  if (found.length === ids.length) await session.run('DELETE FROM stats_gathered WHERE id = ANY($1::bigint[])', ids)
}

async function addToRollups(session: Session, placed: readonly PlacedEntry[]): Promise<void> {
  // Locked, so that no tenant is deleted before its rows are stored: its erasure removes them.
  const rows = await session.all<{ label: string }>(
    'SELECT label FROM tenants WHERE label = ANY($1::text[]) ORDER BY label FOR KEY SHARE',
    [...new Set(placed.map(({ place }) => place.tenant ?? ''))],
  )
  for (const [table, additions] of additionsOf(living(placed, rows))) {
    if (additions.length > 0) await addRows(session, table, additions)
  }
}

async function addRows(session: Session, table: RollupTable, additions: readonly Addition[]): Promise<void> {
  const { name, key, values } = table
  const columns = [...key, ...values]
  const keys = key.map((_, index) => additions.map((addition) => addition.key[index] as string | number))
  const stored = await session.all<RollupRow>(
    `SELECT r.* FROM ${unnest(key)} AS k(${key.join(', ')}) CROSS JOIN LATERAL (
       SELECT * FROM ${name} r WHERE ${key.map((column) => `r.${column} = k.${column}`).join(' AND ')}
       ORDER BY ${key.join(', ')} LIMIT 1) r`,
    ...keys,
  )
  const byKey = new Map(stored.map((row) => [JSON.stringify(key.map((column) => row[column])), row]))
  for (const { key: keyOfRow, sums } of additions) {
    const row = byKey.get(JSON.stringify(keyOfRow))
    if (row !== undefined) addSums(sums, sumsOfRow(table, row))
  }
  const sums = additions.map((addition) => valuesOf(table, addition.sums))
  await session.run(
    `INSERT INTO ${name} (${columns.join(', ')}) SELECT * FROM ${unnest(columns)}
     ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${values.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    ...keys,
    ...values.map((_, index) => sums.map((row) => row[index] as string | number)),
  )
}

const textColumns = ['dialect', 'tenant', 'type', 'latency']

function unnest(columns: readonly string[]): string {
  const typeOf = (column: string): string => (textColumns.includes(column) ? 'text' : 'bigint')
  return `unnest(${columns.map((column, index) => `$${index + 1}::${typeOf(column)}[]`).join(', ')})`
}

/** Finds where endpoints and labels belong. The order of each subquery makes the planner read its row by an index. */
export async function find(db: Pick<Session, 'all'>, { endpoints, labels }: Unknown): Promise<Found> {
  const one = (columns: string, table: string, column: string, value: string): string =>
    `LEFT JOIN LATERAL (SELECT ${columns} FROM ${table} WHERE ${column} = ANY(ARRAY[${value}]) ORDER BY ${column} LIMIT 1)`
  const erasure = (label: string): string => one('dialect, erases, tenant, created_at', 'erasures', 'label', label)
  return {
    // The counts of an endpoint that is being erased stay with its tenant.
    endpoints:
      endpoints.length === 0
        ? []
        : await db.all(
            `SELECT k.key AS endpoint, coalesce(t.dialect, r.dialect, g.dialect, '') AS dialect,
               coalesce(t.label, f.label) AS tenant
             FROM unnest($1::bigint[]) AS k(key)
               ${one('tenant', 'endpoints', 'key', 'k.key')} p ON true
               ${one('dialect, label', 'tenants', 'label', 'p.tenant')} t ON true
               ${erasure('p.tenant')} r ON true
               ${one('label, created_at', 'tenants', 'id', 'r.tenant')} f
                 ON r.erases = 'endpoint' AND f.created_at <= r.created_at
               ${one('dialect', 'stats_former_endpoints', 'endpoint', 'k.key')} g ON true`,
            endpoints,
          ),
    labels:
      labels.length === 0
        ? []
        : await db.all(
            `SELECT k.label, coalesce(t.dialect, r.dialect, '') AS dialect, t.label AS tenant
             FROM unnest($1::text[]) AS k(label)
               ${one('dialect, label', 'tenants', 'label', 'k.label')} t ON true
               ${erasure('k.label')} r ON true`,
            labels,
          ),
  }
}

/** Keeps the dialect of an endpoint that an erasure removes, in the transaction of the caller. */
export async function keepDialect(
  session: Session,
  endpoint: EndpointKey,
  erasure: string,
  now: number,
): Promise<void> {
  await session.run(
    `INSERT INTO stats_former_endpoints (endpoint, dialect, removed_at)
     SELECT $1, dialect, $2 FROM erasures WHERE id = $3 AND dialect IS NOT NULL ON CONFLICT DO NOTHING`,
    endpoint,
    now,
    erasure,
  )
}

/** Removes rollups of a label, in the transaction of the caller. Returns the number of rows. */
export async function eraseRollups(session: Session, label: string, rowsMax: number): Promise<number> {
  let count = 0
  for (const { name } of rollupsOfTenants) {
    for (const step of Object.values(stepMs)) {
      count += await session.run(
        `DELETE FROM ${name} WHERE ctid = ANY(ARRAY(
           SELECT s.ctid FROM stats_dialects d CROSS JOIN LATERAL (
             SELECT ctid FROM ${name} s
             WHERE s.step = d.step AND s.at = d.at AND s.dialect = d.dialect AND s.tenant = $2
             ORDER BY step, at, dialect, tenant LIMIT $3) s
           WHERE d.step = $1 AND d.at >= (SELECT min(at) FROM ${name} WHERE step = $1) LIMIT $3))`,
        step,
        label,
        rowsMax,
      )
    }
  }
  return count
}

/** Where counts that name the label are left; null: nowhere. */
export async function labelLeftIn(session: Session, label: string): Promise<'stats_commits' | 'stats_gathered' | null> {
  const start = `[${JSON.stringify(label)},`
  for (const table of ['stats_commits', 'stats_gathered'] as const) {
    const left = `SELECT FROM ${table} WHERE position($1 IN events) > 0 LIMIT 1`
    if ((await session.get(left, start)) !== undefined) return table
  }
  return null
}
