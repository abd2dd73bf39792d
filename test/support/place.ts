// An installation with direct access to its database, for tests that read or change stored data.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { queryOnce } from './postgres-server.ts'
import { createInstallation, type Installation } from './server-process.ts'
import { testDatabase } from './test-database.ts'

export interface Place {
  readonly installation: Installation
  /** The settings of a server of this installation. */
  readonly env: Readonly<Record<string, string>>
  /** Runs one statement. The SQL must be valid on both databases. */
  query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Returns all stored data: the bytes of the files, or every row of every table. */
  dump(): Promise<Buffer>
}

/** Creates an installation that is removed when the test ends. */
export async function sqlitePlace(t: TestContext): Promise<Place> {
  const installation = await createInstallation()
  t.after(() => installation.remove())
  const path = join(installation.folder, 'posthorn.db')
  return {
    installation,
    env: {},
    async query(statement) {
      const db = new DatabaseSync(path, { timeout: 5000 })
      try {
        return db.prepare(statement).all()
      } finally {
        db.close()
      }
    },
    // The bytes include the write-ahead log, and deleted data that is not overwritten yet.
    dump: async () => Buffer.concat(globSync(`${path}*`).map((file) => readFileSync(file))),
  }
}

/** Creates an installation that is removed when the test ends. */
export async function postgresPlace(t: TestContext): Promise<Place> {
  const [installation, database] = await Promise.all([createInstallation(), testDatabase()])
  t.after(async () => {
    await installation.remove()
    await database.drop()
  })
  const url = new URL(database.url)
  const schema = url.searchParams.get('schema') ?? ''
  url.searchParams.set('options', `-c search_path=${schema}`)
  const query = (statement: string): Promise<Record<string, unknown>[]> => queryOnce(url.href, statement)
  return {
    installation,
    env: { POSTHORN_DATABASE: database.url },
    query,
    async dump() {
      const tables = await query(`SELECT tablename AS name FROM pg_tables WHERE schemaname = '${schema}'`)
      const rows = await Promise.all(tables.map(({ name }) => query(`SELECT t::text FROM ${String(name)} t`)))
      return Buffer.from(JSON.stringify(rows))
    },
  }
}
