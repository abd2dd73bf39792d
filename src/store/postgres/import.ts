// Takes in an installation that is copied from another engine. Every transaction also says how far the copy is, so that
// one which was interrupted goes on where it was: nothing twice, nothing left out.

import pg from 'pg'
import type { CopiedPage, CopiedTable, CopiedValue, Counters } from '../copy.ts'
import { StoreRefused } from '../../contracts/store.ts'
import { Connection } from './connection.ts'
import { Database, type Session, withoutNul } from './database.ts'
import { classify } from './errors.ts'
import { migrate } from './migrate.ts'
import { isBegun, markUnfinished, progressOf, progressTable, type TableProgress } from './unfinished-copy.ts'

/** Counting a long history takes its time. */
const answerMs = 60 * 60 * 1000

const sequences: Readonly<Record<keyof Counters, string>> = {
  tenants: `pg_get_serial_sequence('tenants', 'seq')`,
  apiKeys: `pg_get_serial_sequence('api_keys', 'seq')`,
  endpoints: `'endpoint_keys'`,
  events: `'event_seqs'`,
  versions: `'versions'`,
}

export interface TableCount {
  readonly table: string
  readonly expected: number
  readonly found: number
}

export interface Import {
  /** Marks the database as unfinished, or goes on where an earlier run of the same `fingerprint` was. */
  begin(fingerprint: string, tables: readonly CopiedTable[]): Promise<ReadonlyMap<string, TableProgress>>
  /** All of the page and the note of it, or nothing. `after` is where the page began. */
  add(table: CopiedTable, after: string | null, page: CopiedPage): Promise<void>
  /** Counts the rows; where they are as many as expected, the database may be served from now on. */
  finish(expected: ReadonlyMap<string, number>, counters: Counters): Promise<readonly TableCount[]>
  close(): Promise<void>
}

/**
 * Connects to the database at `url`; nothing is written before `begin`.
 *
 * @throws StoreRefused where it holds anything that is not the beginning of a copy
 * @throws StoreUnavailable where it cannot be reached
 */
export async function openImport(url: string): Promise<Import> {
  const db = new Database(url, 1)
  const connection = new Connection(db, { purpose: 'copy', answerMs })
  const close = async (): Promise<void> => void (await Promise.all([connection.close(), db.close()]))
  const inOne = async <Result>(action: (session: Session) => Promise<Result>): Promise<Result> => {
    try {
      return await connection.transaction(action)
    } catch (error) {
      throw classify(error)
    }
  }
  try {
    await inOne((session) => isBegun(session, db.schema))
  } catch (error) {
    await close()
    throw error
  }
  const inserts = new Map<string, Insert>()
  return {
    async begin(fingerprint, tables) {
      await migrate(db)
      return inOne(async (session) => {
        await session.run('SELECT pg_advisory_xact_lock(hashtext($1))', `posthorn migrations ${db.schema}`)
        if (!(await isBegun(session, db.schema))) await markUnfinished(session, fingerprint, tables)
        for (const table of tables) inserts.set(table.name, await insertOf(session, table))
        return progressOf(session, fingerprint)
      })
    },

    add(table, after, page) {
      return inOne(async (session) => {
        // Before the rows: another run that is at the same table waits here, and then finds that it is too late.
        const mine = await session.run(
          `UPDATE ${progressTable} SET last_key = $1, rows = rows + $2
           WHERE table_name = $3 AND last_key IS NOT DISTINCT FROM $4`,
          page.last,
          page.rows.length,
          table.name,
          after,
        )
        if (mine === 0) throw new StoreRefused('another run of the same copy is under way')
        const { sql, columnsOf } = inserts.get(table.name) as Insert
        await session.run(sql, ...columnsOf(page))
      })
    },

    finish(expected, counters) {
      return inOne(async (session) => {
        const counts: TableCount[] = []
        for (const [table, rows] of expected) {
          const row = await session.get<{ count: number }>(
            `SELECT count(*) AS count FROM ${pg.escapeIdentifier(table)}`,
          )
          counts.push({ table, expected: rows, found: row?.count ?? 0 })
        }
        if (counts.some((count) => count.found !== count.expected)) return counts
        for (const [name, sequence] of Object.entries(sequences)) {
          const value = counters[name as keyof Counters]
          await session.run(`SELECT setval(${sequence}, $1, $2)`, Math.max(1, value), value > 0)
        }
        // Otherwise the first minutes go by without any idea of how much there is.
        for (const { table } of counts) await session.script(`ANALYZE ${pg.escapeIdentifier(table)}`)
        await session.script(`DROP TABLE ${progressTable}`)
        return counts
      })
    },

    close,
  }
}

interface Insert {
  readonly sql: string
  readonly columnsOf: (page: CopiedPage) => (string | number | boolean | null)[][]
}

/** Rows go in as arrays, a column each, of the types that the columns have. */
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
