// A test database is a new schema on the server that all tests share. A new database would cost each test 30 ms more.
// All schemas share one name space for advisory locks and for the channels of NOTIFY. A test that needs its own server,
// for example to kill it, calls `startPostgres`.

import { randomBytes } from 'node:crypto'
import { type PostgresServer, queryOnce, startPostgres } from './postgres-server.ts'

/** The variable with the URL of the shared server. Without it, each process starts its own server. */
export const testDatabaseVariable = 'POSTHORN_TEST_DATABASE'

let ownServer: Promise<PostgresServer> | undefined

export interface TestDatabase {
  readonly url: string
  /** Runs a statement in the schema. */
  readonly run: (statement: string) => Promise<void>
  readonly drop: () => Promise<void>
}

/** Returns a new place. Its schema (`schema` in the URL) does not exist until the store creates it. */
export async function testDatabase(): Promise<TestDatabase> {
  const serverUrl = await sharedServer()
  const schema = `t_${randomBytes(8).toString('hex')}`
  const url = new URL(serverUrl)
  url.searchParams.set('schema', schema)
  return {
    url: url.href,
    run: async (statement) => {
      await queryOnce(serverUrl, `SET search_path TO ${schema}; ${statement}`)
    },
    // Without the timeout, an open transaction of a test would block this statement forever.
    drop: async () => {
      await queryOnce(serverUrl, `SET lock_timeout = '10s'; DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    },
  }
}

/** Returns a new database, for tests of vacuum: open transactions of other tests in one database delay vacuum. */
export async function ownDatabase(): Promise<Pick<TestDatabase, 'url' | 'drop'>> {
  const serverUrl = await sharedServer()
  const name = `t_${randomBytes(8).toString('hex')}`
  await queryOnce(serverUrl, `CREATE DATABASE ${name}`)
  const url = new URL(serverUrl)
  url.pathname = name
  url.searchParams.set('schema', name)
  return { url: url.href, drop: () => queryOnce(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`).then(() => {}) }
}

/** The URL of the shared server, or of one that is started once per process and ends with the process. */
export async function sharedServer(): Promise<string> {
  const shared = process.env[testDatabaseVariable]
  if (shared !== undefined) return shared
  ownServer ??= startPostgres()
  return (await ownServer).url
}
