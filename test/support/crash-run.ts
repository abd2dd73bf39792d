// Kills the server with SIGKILL under load at random moments, restarts it on the same database, and lets it finish at
// the end. What that shows: nothing accepted is lost by a crash of the process. What it cannot show: that the disk
// keeps what was committed when the power fails, because a killed process leaves the kernel's cache alive.

import { setTimeout as sleep } from 'node:timers/promises'
import { startBookkeeper } from './bookkeeper.ts'
import { type CrashLoad, createCrashLoad } from './crash-load.ts'
import { type Drain, untilDrained } from './drain.ts'
import { type Verdict, judge } from './history.ts'
import { type OperatorClient, createOperatorClient } from './operator-client.ts'
import { type Random, seededRandom } from './random.ts'
import { type ServerProcess, createInstallation, startServer } from './server-process.ts'
import { testDatabase } from './test-database.ts'

export type CrashDatabase = 'SQLite' | 'PostgreSQL'

export interface CrashRun extends Drain {
  readonly verdict: Verdict
}

const tenant = 'crash'
// A retry waits 5 ms where Allo promises 5 s, so that the drain is short.
const settings = { POSTHORN_RETRY_SCALE: '0.001', POSTHORN_RATE_LIMITS: 'off' }

/** Runs `rounds` of start, load, SIGKILL; then starts once more, waits until nothing is pending, and judges. */
export async function runCrashes(database: CrashDatabase, rounds: number, seed: number): Promise<CrashRun> {
  const random = seededRandom(seed)
  const installation = await createInstallation()
  const shared = database === 'PostgreSQL' ? await testDatabase() : null
  const env = shared === null ? settings : { ...settings, POSTHORN_DATABASE: shared.url }
  const customer = await startBookkeeper()
  const load = createCrashLoad(tenant, random)
  let server: ServerProcess | undefined
  try {
    for (let round = 0; round < rounds; round += 1) {
      server = await startServer(installation, env)
      const client = createOperatorClient(server.url, installation.operatorKey)
      if (round === 0) await customer.register(client, tenant)
      await crashUnderLoad(server, client, load, random)
    }
    server = await startServer(installation, env)
    const drain = await finish(server, createOperatorClient(server.url, installation.operatorKey), load)
    const { arrivals, subscriptions } = customer
    return { verdict: judge({ posts: load.posts, arrivals, subscriptions }), ...drain }
  } finally {
    await server?.kill('SIGKILL')
    await customer.close()
    await shared?.drop()
    await installation.remove()
  }
}

async function crashUnderLoad(
  server: ServerProcess,
  client: OperatorClient,
  load: CrashLoad,
  random: Random,
): Promise<void> {
  const broken = load.runUntilBroken(client)
  await sleep(random.between(60, 600))
  await server.kill('SIGKILL')
  await broken
  await client.close()
}

async function finish(server: ServerProcess, client: OperatorClient, load: CrashLoad): Promise<Drain> {
  await load.repeatUnknown(client)
  const drain = await untilDrained(client)
  await client.close()
  await server.stop()
  return drain
}
