// Runs `posthorn migrate` as an operator does, and compares both databases.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { Client } from 'pg'
import { temporaryFolder } from '../conformance/store/temporary-folder.ts'
import type { CopiedValue } from '../../src/store/copy.ts'
import { openExport } from '../../src/store/sqlite/export.ts'
import { bareEnv, endWithParent } from './child-guard.ts'
import { testDatabase } from './test-database.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export function startMigrate(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [main, 'migrate', ...args], {
    env: bareEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithParent(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return { child, ended: once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr })) }
}

export function migrate(path: string, url: string): Promise<Ended> {
  return startMigrate(['--from', `sqlite:${path}`, '--to', url]).ended
}

/** The path for an installation on SQLite, and the URL of an empty schema on PostgreSQL for its copy. */
export async function bothSides(t: TestContext): Promise<{ path: string; url: string }> {
  const place = await testDatabase()
  t.after(() => place.drop())
  return { path: join(await temporaryFolder(t), 'posthorn.db'), url: place.url }
}

/** Runs one statement in the schema of the URL. */
export async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const address = new URL(url)
  const schema = address.searchParams.get('schema') ?? 'posthorn'
  address.searchParams.delete('schema')
  const client = new Client({ connectionString: address.href, options: `-c search_path="${schema}"` })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Asserts that both databases have the same rows in every table. */
export async function assertSameRows(path: string, url: string): Promise<void> {
  const source = openExport(path)
  try {
    for (const table of source.tables) {
      const columns = table.columns.map((column) => `"${column}"`)
      const found = await ask(url, `SELECT ${columns.join(', ')} FROM ${table.name}`)
      const there: (readonly CopiedValue[])[] = []
      for (let page = source.page(table, null, 5000); page !== null; page = source.page(table, page.last, 5000)) {
        there.push(...page.rows)
      }
      const rows = found.map((row) => lineOf(table.columns.map((column) => row[column])))
      assert.deepEqual(rows.toSorted(), there.map(lineOf).toSorted(), table.name)
    }
  } finally {
    source.close()
  }
}

/** PostgreSQL returns true for SQLite's 1, returns large numbers as text, and cannot store NUL. */
function lineOf(row: readonly unknown[]): string {
  const values = row.map((value) => {
    if (value === null) return null
    return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : String(Number(value))
  })
  return JSON.stringify(values)
}
