// Writes an installation that is copied from another engine. Every transaction also stores the progress of the copy, so
// that an interrupted copy resumes where it stopped: no row is copied twice or left out.

import pg from 'pg'
import type { CopiedPage, CopiedTable, CopiedValue, Counters } from '../copy.ts'
import { StoreRefused } from '../../contracts/store.ts'
import { Connection } from './connection.ts'
import { Database, type Session, withoutNul } from './database.ts'
import { classify } from './errors.ts'
import { checkServer, migrate } from './migrate.ts'
import { isBegun, markUnfinished, progressOf, progressTable, type TableProgress } from './unfinished-copy.ts'

/** Milliseconds. Counting a long history takes long. */
const answerMs = 60 * 60 * 1000

const sequences: Readonly<Record<keyof Counters, string>> = {
  tenants: `pg_get_serial_sequence('tenants', 'seq')`,
  apiKeys: `pg_get_serial_sequence('api_keys', 'seq')`,
  endpoints: `'endpoint_keys'`,
  events: `'event_seqs'`,
  commitCounts: `pg_get_serial_sequence('stats_commits', 'id')`,
  gatheredCounts: `pg_get_serial_sequence('stats_gathered', 'id')`,
  versions: `'versions'`,
}

export interface TableCount {
  readonly table: string
  readonly expected: number
  readonly found: number
}

export interface Import {
  /** Marks the database as unfinished. Returns the progress of earlier runs with the same `fingerprint`, by table. */
  begin(fingerprint: string, tables: readonly CopiedTable[]): Promise<ReadonlyMap<string, TableProgress>>
  /** Stores the page and the progress in one transaction. `after` is the key that the page begins after. */
  add(table: CopiedTable, after: string | null, page: CopiedPage): Promise<void>
  /** Counts the rows. If all counts are as expected, the copy is finished and the database may be served. */
  finish(expected: ReadonlyMap<string, number>, counters: Counters): Promise<readonly TableCount[]>
  close(): Promise<void>
}

/**
 * Connects to the database at `url`. Writes nothing before `begin`.
 *
 * @throws StoreRefused if it holds anything that is not the beginning of a copy
 * @throws StoreUnavailable if it cannot be reached
 */
export async function openImport(url: string): Promise<Import> {
  const db = new Database(url, 1)
  const connection = new Connection(db, { purpose: 'copy', answerMs })
  const close = async (): Promise<void> => void (await Promise.all([connection.close(), db.close()]))
  const transaction = async <Result>(action: (session: Session) => Promise<Result>): Promise<Result> => {
    try {
      return await connection.transaction(action)
    } catch (error) {
      throw classify(error)
    }
  }
  try {
    await transaction(async (session) => {
      await checkServer(session)
      await isBegun(session, db.schema)
    })
  } catch (error) {
    await close()
    throw error
  }
  const inserts = new Map<string, Insert>()
  return {
    async begin(fingerprint, tables) {
      await migrate(db)
      return transaction(async (session) => {
        await session.run('SELECT pg_advisory_xact_lock(hashtext($1))', `posthorn migrations ${db.schema}`)
        if (!(await isBegun(session, db.schema))) await markUnfinished(session, fingerprint, tables)
        for (const table of tables) inserts.set(table.name, await insertOf(session, table))
        return progressOf(session, fingerprint)
      })
    },

    add(table, after, page) {
      return transaction(async (session) => {
        await advance(session, table, after, page)
        const { sql, columnsOf } = inserts.get(table.name) as Insert
        await session.run(sql, ...columnsOf(page))
      })
    },

    finish(expected, counters) {
      return transaction(async (session) => {
        const counts = await countAll(session, expected)
        if (counts.every((count) => count.found === count.expected)) await makeReady(session, counts, counters)
        return counts
      })
    },

    close,
  }
}

/**
 * Stores the progress of a table, before its rows: another run that copies the same table waits here, and then finds
 * that the progress has changed.
 */
async function advance(
  session: Session,
  { name }: CopiedTable,
  after: string | null,
  { last, rows }: CopiedPage,
): Promise<void> {
  const count = await session.run(
    `UPDATE ${progressTable} SET last_key = $1, rows = rows + $2
     WHERE table_name = $3 AND last_key IS NOT DISTINCT FROM $4`,
    last,
    rows.length,
    name,
    after,
  )
  if (count === 0) throw new StoreRefused('another run of the same copy is under way')
}

async function countAll(session: Session, expected: ReadonlyMap<string, number>): Promise<TableCount[]> {
  const counts: TableCount[] = []
  for (const [table, rows] of expected) {
    const row = await session.get<{ count: number }>(`SELECT count(*) AS count FROM ${pg.escapeIdentifier(table)}`)
    counts.push({ table, expected: rows, found: row?.count ?? 0 })
  }
  return counts
}

/** Sets the sequences and marks the copy as finished. */
async function makeReady(session: Session, counts: readonly TableCount[], counters: Counters): Promise<void> {
  for (const [name, sequence] of Object.entries(sequences)) {
    const value = counters[name as keyof Counters]
    await session.run(`SELECT setval(${sequence}, $1, $2)`, Math.max(1, value), value > 0)
  }
  // Otherwise the planner would know nothing of the sizes of the tables during the first minutes.
  for (const { table } of counts) await session.script(`ANALYZE ${pg.escapeIdentifier(table)}`)
  await session.script(`DROP TABLE ${progressTable}`)
}

interface Insert {
  readonly sql: string
  readonly columnsOf: (page: CopiedPage) => (string | number | boolean | null)[][]
}

/** The statement takes the rows of a page as arrays, one for each column and of its type. */
async function insertOf(session: Session, { name, columns }: CopiedTable): Promise<Insert> {
  const known = await session.all<{ name: string; type: string }>(
    `SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type FROM pg_attribute a
     WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`,
    pg.escapeIdentifier(name),
  )
  const types = columns.map((column) => known.find((one) => one.name === column)?.type ?? '')
  return {
    sql: `INSERT INTO ${pg.escapeIdentifier(name)} (${columns.map((column) => pg.escapeIdentifier(column)).join(', ')})
      OVERRIDING SYSTEM VALUE SELECT * FROM unnest(${types.map((type, index) => `$${index + 1}::${type}[]`).join(', ')})`,
    columnsOf: ({ rows }) => types.map((type, index) => rows.map((row) => valueOf(row[index] ?? null, type))),
  }
}

function valueOf(value: CopiedValue, type: string): string | number | boolean | null {
  if (typeof value === 'string') return withoutNul(value)
  return type === 'boolean' && value !== null ? value === 1 : value
}
