// Where a test gets a database from: a schema of its own on the one server that all tests share. A database of its own
// would cost each test some 30 ms more. A schema of a shared database has one name space with the others for advisory
// locks and for the channels of NOTIFY; who needs a whole server, also to kill it, calls `startPostgres`.

import { randomBytes } from 'node:crypto'
import { type PostgresServer, queryOnce, startPostgres } from './postgres-server.ts'

/** Names a server with a database in which we may create schemas; without it each process starts a server. */
export const testDatabaseVariable = 'POSTHORN_TEST_DATABASE'

let ownServer: Promise<PostgresServer> | undefined

export interface TestDatabase {
  readonly url: string
  /** Runs a statement in it. */
  readonly run: (statement: string) => Promise<void>
  readonly drop: () => Promise<void>
}

/** A fresh place: its schema (the `schema` of the url) does not exist before the store makes it. */
export async function testDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env[testDatabaseVariable] ?? (await startOwnServer()).url
  const schema = `t_${randomBytes(8).toString('hex')}`
  const url = new URL(serverUrl)
  url.searchParams.set('schema', schema)
  return {
    url: url.href,
    run: async (statement) => {
      await queryOnce(serverUrl, `SET search_path TO ${schema}; ${statement}`)
    },
    // A transaction that a test left open would block it forever.
    drop: async () => {
      await queryOnce(serverUrl, `SET lock_timeout = '10s'; DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    },
  }
}

/** A database of its own, for tests of vacuum: what others have open in the same one holds it back. */
export async function ownDatabase(): Promise<Pick<TestDatabase, 'url' | 'drop'>> {
  const serverUrl = process.env[testDatabaseVariable] ?? (await startOwnServer()).url
  const name = `t_${randomBytes(8).toString('hex')}`
  await queryOnce(serverUrl, `CREATE DATABASE ${name}`)
  const url = new URL(serverUrl)
  url.pathname = name
  url.searchParams.set('schema', name)
  return { url: url.href, drop: () => queryOnce(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`).then(() => {}) }
}

/** Once in a process; it ends with the process. */
function startOwnServer(): Promise<PostgresServer> {
  ownServer ??= startPostgres()
  return ownServer
}
