// Migrates the schema to the version of this program. The migrations are numbered SQL files, append-only. All missing
// ones run in one transaction. Nodes that start at the same time take turns.

import { readFileSync, readdirSync } from 'node:fs'
import { StoreRefused } from '../../contracts/store.ts'
import type { SchemaVersions } from '../../contracts/upkeep-store.ts'
import type { Database } from './database.ts'

const folder = new URL('./migrations/', import.meta.url)

/** Building an index of a large table takes long: neither the server nor this program limits it. */
const noLimit = 0

/** The oldest version of the server whose SQL and settings suffice, as `server_version_num`. */
const oldestServer = 15_00_00

/** @throws StoreRefused if the server is too old, or if the database cannot hold every text */
export async function checkServer(db: Pick<Database, 'get'>): Promise<void> {
  const row = await db.get<{ number: number; version: string; encoding: string; name: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
       current_setting('server_encoding') AS encoding, current_database() AS name`,
  )
  if (row === undefined) throw new Error('the server does not say its version')
  const { number, version, encoding, name } = row
  if (number < oldestServer) throw new StoreRefused(`the server is PostgreSQL ${version}: Posthorn needs 15 or newer`)
  if (encoding === 'UTF8') return
  const advice = `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`
  throw new StoreRefused(`the database ${name} has the encoding ${encoding}: Posthorn needs UTF8 (${advice})`)
}

/** @throws StoreRefused where a newer program has written the schema */
export async function migrate(db: Database): Promise<SchemaVersions> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  return db.transaction(async (session) => {
    await session.script(`SET LOCAL statement_timeout = ${noLimit}`)
    await session.run('SELECT pg_advisory_xact_lock(hashtext($1))', `posthorn migrations ${db.schema}`)
    const existing = await session.get('SELECT FROM pg_namespace WHERE nspname = $1', db.schema)
    if (existing === undefined) await session.script(`CREATE SCHEMA "${db.schema}"`)
    await session.script(
      'CREATE TABLE IF NOT EXISTS migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL)',
    )
    const row = await session.get<{ version: number | null }>('SELECT max(version) AS version FROM migrations')
    const current = row?.version ?? 0
    if (current > files.length) {
      throw new StoreRefused(
        `the database has schema version ${current}, this program knows ${files.length}: it was written by a newer Posthorn`,
      )
    }
    for (const [index, name] of files.entries()) {
      const version = index + 1
      if (Number(name.slice(0, 4)) !== version) throw new Error(`migration ${name} is out of order`)
      if (version <= current) continue
      await session.script(readFileSync(new URL(name, folder), 'utf8'), noLimit)
      await session.run('INSERT INTO migrations VALUES ($1, clock_timestamp())', version)
    }
    return { before: current, since: files.length }
  })
}
