// For `node --test --test-global-setup`: one PostgreSQL server for all test files, each of which runs in a process of
// its own and inherits the variable. A server that the variable names already is used as it is. Processes also share
// what they compiled: hundreds of them start, and each would spend half its start on compiling the same modules.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { testDatabaseVariable } from './test-database.ts'

let server: PostgresServer | undefined
let compiled: string | undefined

export async function globalSetup(): Promise<void> {
  compiled = await mkdtemp(join(tmpdir(), 'posthorn-compiled-'))
  process.env['NODE_COMPILE_CACHE'] = compiled
  if (process.env[testDatabaseVariable] !== undefined) return
  server = await startPostgres()
  process.env[testDatabaseVariable] = server.url
}

export async function globalTeardown(): Promise<void> {
  await server?.remove()
  // Whoever ends just now may still write to it.
  if (compiled !== undefined) await rm(compiled, { recursive: true, force: true, maxRetries: 3 })
}
