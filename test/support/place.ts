// An installation and the database under it, for tests that look into what is stored, behind the program's back.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { queryOnce } from './postgres-server.ts'
import { createInstallation, type Installation } from './server-process.ts'
import { testDatabase } from './test-database.ts'

export interface Place {
  readonly installation: Installation
  /** What a server of it needs to be told. */
  readonly env: Readonly<Record<string, string>>
  /** Runs one statement that both databases understand. */
  query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** All that is stored: the files byte for byte, or every row of every table. */
  dump(): Promise<Buffer>
}

/** Ends with the test. */
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
    // What is written ahead too, and what was deleted and not yet written over.
    dump: async () => Buffer.concat(globSync(`${path}*`).map((file) => readFileSync(file))),
  }
}

/** Ends with the test. */
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
