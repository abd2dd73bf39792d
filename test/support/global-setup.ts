// For `node --test --test-global-setup`: one PostgreSQL server for all test files, each of which runs in a process of
// its own and inherits the variable. A server that the variable names already is used as it is.

import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { testDatabaseVariable } from './test-database.ts'

let server: PostgresServer | undefined

export async function globalSetup(): Promise<void> {
  if (process.env[testDatabaseVariable] !== undefined) return
  server = await startPostgres()
  process.env[testDatabaseVariable] = server.url
}

export async function globalTeardown(): Promise<void> {
  await server?.remove()
}
