// For `node --test --test-global-setup`. All test files share one PostgreSQL server, one cache of compiled modules, and
// services. Each test file runs in its own process, which inherits them by environment variables. If the variable of the server
// is set already, the tests use that server.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { createInstallation, startServer } from './server-process.ts'
import { giveOutServices } from './shared-service.ts'
import { testDatabaseVariable } from './test-database.ts'

let server: PostgresServer | undefined
let compiled: string | undefined
let endServices: (() => Promise<void>) | undefined

export async function globalSetup(): Promise<void> {
  compiled = await mkdtemp(join(tmpdir(), 'posthorn-compiled-'))
  process.env['NODE_COMPILE_CACHE'] = compiled
  await Promise.all([fillCompileCache(), sharePostgres()])
  endServices = await giveOutServices()
}

export async function globalTeardown(): Promise<void> {
  try {
    await endServices?.()
  } finally {
    await server?.remove()
  }
  // A process that ends at this moment may still write to the cache.
  if (compiled !== undefined) await rm(compiled, { recursive: true, force: true, maxRetries: 3 })
}

/**
 * Starts and stops the service once. Node writes the cache when a process exits, and most tests kill their server with
 * SIGKILL. Without the cache a start of the service takes 1.4 s of CPU time instead of 0.95 s. A service that does not
 * start is reported by the tests.
 */
async function fillCompileCache(): Promise<void> {
  const installation = await createInstallation()
  try {
    const first = await startServer(installation)
    // The modules of the document are loaded when it is asked for.
    await (await fetch(`${first.url}/openapi.json`)).text()
    await first.stop()
  } catch {
    // The tests then run with an empty cache.
  } finally {
    await installation.remove()
  }
}

async function sharePostgres(): Promise<void> {
  if (process.env[testDatabaseVariable] !== undefined) return
  server = await startPostgres()
  process.env[testDatabaseVariable] = server.url
}
