// The progress of a copy into the database: a table that exists until the copy is finished.

import pg from 'pg'
import type { CopiedTable } from '../copy.ts'
import { StoreRefused } from '../../contracts/store.ts'
import type { Database, Session } from './database.ts'

export const progressTable = 'migration_progress'

export interface TableProgress {
  /** Rows that earlier runs have copied. */
  readonly rows: number
  /** The key of the last copied row as JSON text; null: no row is copied. */
  readonly last: string | null
}

/** @throws StoreRefused if the database holds an unfinished copy of an installation */
export async function refuseUnfinishedCopy(db: Database): Promise<void> {
  const table = await db.get(
    'SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2',
    db.schema,
    progressTable,
  )
  if (table === undefined) return
  throw new StoreRefused('the database holds an unfinished copy: run the same `posthorn migrate` again to finish it')
}

/**
 * True: a copy into the schema has begun. False: the schema is empty.
 *
 * @throws StoreRefused if it holds anything else
 */
export async function isBegun(session: Session, schema: string): Promise<boolean> {
  const tables = await session.all<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
    schema,
  )
  const names = new Set(tables.map(({ name }) => name))
  if (names.has(progressTable)) return true
  if (names.size > 0 && !names.has('migrations')) {
    throw new StoreRefused(`the target is not empty: its schema ${schema} has tables that are not Posthorn's`)
  }
  names.delete('migrations')
  for (const name of names) {
    if ((await session.get(`SELECT FROM ${pg.escapeIdentifier(name)} LIMIT 1`)) === undefined) continue
    throw new StoreRefused(`the target is not empty: the table ${name} in its schema ${schema} has rows`)
  }
  return false
}

export async function markUnfinished(session: Session, source: string, tables: readonly CopiedTable[]): Promise<void> {
  await session.script(
    `CREATE TABLE ${progressTable} (
       table_name text PRIMARY KEY, source text NOT NULL, rows bigint NOT NULL DEFAULT 0, last_key text)`,
  )
  const names = tables.map(({ name }) => name)
  await session.run(
    `INSERT INTO ${progressTable} (table_name, source) SELECT name, $2 FROM unnest($1::text[]) AS name`,
    names,
    source,
  )
}

export async function progressOf(session: Session, source: string): Promise<ReadonlyMap<string, TableProgress>> {
  const rows = await session.all<{ table_name: string; source: string; rows: number; last_key: string | null }>(
    `SELECT table_name, source, rows, last_key FROM ${progressTable}`,
  )
  if (rows.some((row) => row.source !== source)) {
    throw new StoreRefused(
      'the target holds the beginning of a copy of another database, or of this one before it was served again: ' +
        'drop its schema and start again',
    )
  }
  return new Map(rows.map((row) => [row.table_name, { rows: row.rows, last: row.last_key }]))
}
