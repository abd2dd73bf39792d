// Statistics: adding what a transaction counts, and moving it to the rollups.

import { limits } from '../../domain/limits.ts'
import { addSums, cancelledCell, cellsMax, stepMs } from '../../domain/statistics.ts'
import type { StatsAges } from '../../contracts/stats-store.ts'
import { Fold, type Found, living, negated, type PlacedEntry, type Unknown } from '../stats-fold.ts'
import { additionsOf, agesOf, type RollupRow, rollupsOfTenants, sumsOfRow, valuesOf } from '../stats-rollups.ts'
import { type CommitCounts, type EventCount, type GatheredCounts, Tally } from '../stats-tally.ts'
import type { Database } from './database.ts'
import { isLiving } from './labels.ts'

/** Adds counts in the transaction of the caller. @param cells one for each move, as in `CommitCounts` */
export function addCounts(
  db: Database,
  now: number,
  cells: readonly number[],
  events: readonly EventCount[] = [],
): void {
  if (cells.length + events.length === 0) return
  db.run(
    'INSERT INTO stats_commits (minute, cells, events) VALUES (?, ?, ?)',
    now - (now % stepMs.minute),
    cells.length === 0 ? null : JSON.stringify(cells),
    events.length === 0 ? null : JSON.stringify(events),
  )
}

/** Counts waiting deliveries of an endpoint that are cancelled, in the transaction of the caller. */
export function countCancelled(db: Database, now: number, endpoint: number, count: number): void {
  const cells = Array.from({ length: count }, () => endpoint * cellsMax + cancelledCell)
  addCounts(db, now, cells)
}

export function statsRole(db: Database, steps: StatsSteps) {
  const { gather, fold } = steps
  let claimedAt = 0
  return {
    gatherStats: gather,
    foldStats: fold,

    claimFold(now: number, everyMs: number): boolean {
      if (Math.abs(now - claimedAt) < everyMs) return false
      claimedAt = now
      return true
    },

    pruneStats(before: StatsAges, rowsMax: number): number {
      for (const { name, key, length, age } of agesOf(before)) {
        const keys = key.join(', ')
        const old = `SELECT ${keys} FROM ${name} WHERE step = ? AND at < ? ORDER BY ${keys} LIMIT ?`
        if (db.get(old, length, age, 1) === undefined) continue
        return db.transaction(() => db.run(`DELETE FROM ${name} WHERE (${keys}) IN (${old})`, length, age, rowsMax))
      }
      const former = 'SELECT endpoint FROM stats_former_endpoints WHERE removed_at < ? LIMIT ?'
      if (db.get(former, before.minutes, 1) === undefined) return 0
      const remove = `DELETE FROM stats_former_endpoints WHERE endpoint IN (${former})`
      return db.transaction(() => db.run(remove, before.minutes, rowsMax))
    },
  }
}

export type StatsSteps = ReturnType<typeof statsSteps>

/** The steps that move counts. There is one fold at a time. */
export function statsSteps(db: Database) {
  let state: Fold | null = null
  return { gather, fold }

  function gather(rowsMax: number): boolean {
    const { rows, isAll } = oldestCommits(db, rowsMax)
    const last = rows.at(-1)
    if (last === undefined) return false
    const tally = new Tally()
    for (const row of rows) tally.add(row)
    // Labels of tenants that are erased must not stay in free pages.
    db.overwriting(() => {
      db.run('DELETE FROM stats_commits WHERE id <= ?', last.id)
      for (const row of tally.rows()) addGathered(db, row)
    })
    return !isAll
  }

  function fold(rowsMax: number): boolean {
    const current = state ?? new Fold(db.all<{ id: number }>('SELECT id FROM stats_gathered').map(({ id }) => id))
    // A step that fails leaves a state that the database does not have.
    state = null
    if (foldStep(db, current, rowsMax)) state = current
    return state !== null
  }
}

interface CommitRow extends CommitCounts {
  readonly id: number
}

/** `isAll`: there are no others. */
function oldestCommits(db: Database, rowsMax: number): { readonly rows: CommitRow[]; readonly isAll: boolean } {
  const rows: CommitRow[] = []
  let chars = 0
  const statement = db.prepare('SELECT id, minute, cells, events FROM stats_commits ORDER BY id LIMIT ?')
  for (const row of statement.iterate(rowsMax) as unknown as Iterable<CommitRow>) {
    rows.push(row)
    chars += (row.cells?.length ?? 0) + (row.events?.length ?? 0)
    if (chars > limits.statsStepChars) return { rows, isAll: false }
  }
  return { rows, isAll: rows.length < rowsMax }
}

function addGathered(db: Database, { minute, cells, counts, events }: GatheredCounts): number {
  const insert = 'INSERT INTO stats_gathered (minute, cells, counts, events) VALUES (?, ?, ?, ?)'
  return Number(db.prepare(insert).run(minute, cells, counts, events).lastInsertRowid)
}

/** False: the fold is at its end. */
function foldStep(db: Database, fold: Fold, rowsMax: number): boolean {
  const id = fold.unread.pop()
  if (id !== undefined) {
    const row = db.get<GatheredCounts>('SELECT minute, cells, counts, events FROM stats_gathered WHERE id = ?', id)
    if (row !== undefined) fold.read(id, row)
    return row !== undefined
  }
  const unknown = fold.unknown(limits.statsPlacesRead)
  if (unknown !== null) {
    fold.places.know(unknown, find(db, unknown))
    return true
  }
  const entries = fold.take(rowsMax)
  if (entries.length === 0) {
    const ids = JSON.stringify(fold.ids)
    if (fold.ids.length > 0) {
      db.overwriting(() => db.run('DELETE FROM stats_gathered WHERE id IN (SELECT value FROM json_each(?))', ids))
    }
    return false
  }
  db.transaction(() => {
    addToRollups(db, entries)
    for (const row of negated(entries)) fold.ids.push(addGathered(db, row))
  })
  return true
}

function addToRollups(db: Database, placed: readonly PlacedEntry[]): void {
  const labels = JSON.stringify(placed.map(({ place }) => place.tenant))
  const rows = db.all<{ label: string }>(
    `SELECT DISTINCT value AS label FROM json_each(?) WHERE ${isLiving('value')}`,
    labels,
  )
  for (const [table, additions] of additionsOf(living(placed, rows))) {
    const { name, key, values } = table
    const where = key.map((column) => `${column} = ?`).join(' AND ')
    const places = [...key, ...values].map(() => '?').join(', ')
    for (const { key: keyOfRow, sums } of additions) {
      const stored = db.get<RollupRow>(`SELECT ${values.join(', ')} FROM ${name} WHERE ${where}`, ...keyOfRow)
      if (stored !== undefined) addSums(sums, sumsOfRow(table, stored))
      db.run(
        `INSERT OR REPLACE INTO ${name} (${[...key, ...values].join(', ')}) VALUES (${places})`,
        ...keyOfRow,
        ...valuesOf(table, sums),
      )
    }
  }
}

/** Finds where endpoints and labels belong. */
export function find(db: Database, { endpoints, labels }: Unknown): Found {
  return {
    // The counts of an endpoint that is being erased stay with its tenant.
    endpoints: db.all(
      `SELECT k.value AS endpoint, coalesce(t.dialect, r.dialect, g.dialect, '') AS dialect,
         coalesce(t.label, f.label) AS tenant
       FROM json_each(?) k LEFT JOIN endpoints p ON p.key = k.value LEFT JOIN tenants t ON t.label = p.tenant
         LEFT JOIN erasures r ON r.label = p.tenant
         LEFT JOIN tenants f ON f.id = r.tenant AND r.erases = 'endpoint' AND f.created_at <= r.created_at
         LEFT JOIN stats_former_endpoints g ON g.endpoint = k.value`,
      JSON.stringify(endpoints),
    ),
    labels: db.all(
      `SELECT k.value AS label, coalesce(t.dialect, r.dialect, '') AS dialect, t.label AS tenant
       FROM json_each(?) k LEFT JOIN tenants t ON t.label = k.value LEFT JOIN erasures r ON r.label = k.value`,
      JSON.stringify(labels),
    ),
  }
}

/** Keeps the dialect of an endpoint that an erasure removes, in the transaction of the caller. */
export function keepDialect(db: Database, endpoint: number, erasure: string, now: number): void {
  db.run(
    `INSERT OR REPLACE INTO stats_former_endpoints
     SELECT ?, dialect, ? FROM erasures WHERE id = ? AND dialect IS NOT NULL`,
    endpoint,
    now,
    erasure,
  )
}

/** Removes rollups of a label, in the transaction of the caller. Returns the number of rows. */
export function eraseRollups(db: Database, label: string, rowsMax: number): number {
  let count = 0
  for (const { name, key } of rollupsOfTenants) {
    for (const step of Object.values(stepMs)) {
      const keys = key.map((column) => `s.${column}`).join(', ')
      count += db.run(
        `DELETE FROM ${name} WHERE (${key.join(', ')}) IN (
           SELECT ${keys} FROM stats_dialects d
             CROSS JOIN ${name} s ON s.step = d.step AND s.at = d.at AND s.dialect = d.dialect AND s.tenant = ?2
           WHERE d.step = ?1 AND d.at >= (SELECT min(at) FROM ${name} WHERE step = ?1) LIMIT ?3)`,
        step,
        label,
        rowsMax,
      )
    }
  }
  return count
}

/** Where counts that name the label are left; null: nowhere. */
export function labelLeftIn(db: Database, label: string): 'stats_commits' | 'stats_gathered' | null {
  const start = `[${JSON.stringify(label)},`
  for (const table of ['stats_commits', 'stats_gathered'] as const) {
    if (db.get(`SELECT 1 FROM ${table} WHERE instr(events, ?) > 0 LIMIT 1`, start) !== undefined) return table
  }
  return null
}
