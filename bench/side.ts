// One of several servers that are compared with each other. Each has its own prepared database. A server is paused
// (SIGSTOP) while another one is measured, so that its background work does not slow the other one.

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type OperatorClient, createOperatorClient } from '../test/support/operator-client.ts'
import { migrate } from '../test/support/migrate-run.ts'
import { type Installation, createInstallation, startServer } from '../test/support/server-process.ts'
import { testDatabase } from '../test/support/test-database.ts'
import { startChild } from './child.ts'
import type { Figure } from './figure.ts'
import type { FillOrder } from './fill.ts'
import { eventRequest, registerTenants } from './tenants.ts'

export interface SideOptions {
  readonly database: Figure['database']
  readonly receiverPort: number
  readonly endpoints: number
  /** Further rows of its database; default: none. */
  readonly fill?: Omit<FillOrder, 'path' | 'masterKey'>
  /** Registers further tenants before the database is filled. */
  readonly register?: (client: OperatorClient) => Promise<unknown>
}

export interface Side {
  readonly port: number
  readonly pid: number
  /** One request for each endpoint. */
  readonly requests: readonly string[]
  /** Resumes the server while `measure` runs, then pauses it again. */
  during<Value>(measure: () => Promise<Value>): Promise<Value>
  end(): Promise<void>
}

const fillMsMax = 120_000
/** Long enough for the last outcomes to be recorded. */
const settleMs = 150

/** Starts a server on its own database. It is paused until `during` is called. */
export async function startSide(options: SideOptions, say: (line: string) => void): Promise<Side> {
  const installation = await createInstallation()
  const postgres = options.database === 'postgres' ? await testDatabase() : null
  let env: Record<string, string> = { POSTHORN_RATE_LIMITS: 'off' }
  let server = await startServer(installation, env)
  try {
    const client = createOperatorClient(server.url, installation.operatorKey)
    const endpoints = await registerTenants(client, options.receiverPort, options.endpoints)
    await options.register?.(client)
    await client.close()
    if (options.fill !== undefined || postgres !== null) {
      await server.stop()
      if (options.fill !== undefined) await fill(installation, options.fill, say)
      if (postgres !== null) {
        await copy(installation, postgres.url, say)
        env = { ...env, POSTHORN_DATABASE: postgres.url }
      }
      server = await startServer(installation, env)
    }
    process.kill(server.pid, 'SIGSTOP')
    return {
      port: server.port,
      pid: server.pid,
      requests: Object.keys(endpoints).map((tenant) => eventRequest(tenant, installation.operatorKey)),
      async during(measure) {
        process.kill(server.pid, 'SIGCONT')
        try {
          const value = await measure()
          await sleep(settleMs)
          return value
        } finally {
          process.kill(server.pid, 'SIGSTOP')
        }
      },
      end,
    }
  } catch (error) {
    await end()
    throw error
  }

  async function end(): Promise<void> {
    await server.kill('SIGKILL')
    await installation.remove()
    await postgres?.drop()
  }
}

/** Copies the SQLite database to PostgreSQL with `posthorn migrate`, as an operator does. */
async function copy({ folder }: Installation, url: string, say: (line: string) => void): Promise<void> {
  const beganAt = performance.now()
  const { code, stderr } = await migrate(databaseIn(folder), url)
  if (code !== 0) throw new Error(`the copy to PostgreSQL failed: ${stderr}`)
  say(`copied to PostgreSQL in ${secondsSince(beganAt)} s`)
}

function databaseIn(folder: string): string {
  return join(folder, 'posthorn.db')
}

function secondsSince(beganAt: number): string {
  return ((performance.now() - beganAt) / 1_000).toFixed(1)
}

async function fill(
  { folder, masterKey }: Installation,
  what: Omit<FillOrder, 'path' | 'masterKey'>,
  say: (line: string) => void,
): Promise<void> {
  const child = startChild('fill.ts')
  const beganAt = performance.now()
  try {
    await child.ask({ ...what, masterKey, path: databaseIn(folder) } satisfies FillOrder, fillMsMax)
  } finally {
    child.end()
  }
  say(`filled in ${secondsSince(beganAt)} s: ${what.deliveries} deliveries, ${what.endpoints} endpoints`)
}
