// Ends the server under load at random moments, with SIGKILL or SIGTERM, restarts it on the same database, and lets it finish at
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
  /** How long the longest stop took; 0 for SIGKILL. */
  readonly stopMsMax: number
  readonly verdict: Verdict
}

const tenant = 'crash'
// A retry waits 5 ms where Allo promises 5 s, so that the drain is short.
const settings = { POSTHORN_RETRY_SCALE: '0.001', POSTHORN_RATE_LIMITS: 'off' }

/**
 * Runs `rounds` of start, load, signal; then starts once more, waits until nothing is pending, and judges. After SIGTERM
 * it throws where the server did not end by itself, with 0.
 */
export async function runCrashes(
  database: CrashDatabase,
  rounds: number,
  seed: number,
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<CrashRun> {
  const random = seededRandom(seed)
  const installation = await createInstallation()
  const shared = database === 'PostgreSQL' ? await testDatabase() : null
  const env = shared === null ? settings : { ...settings, POSTHORN_DATABASE: shared.url }
  const customer = await startBookkeeper()
  const load = createCrashLoad(tenant, random)
  let server: ServerProcess | undefined
  let stopMsMax = 0
  try {
    for (let round = 0; round < rounds; round += 1) {
      server = await startServer(installation, env)
      const client = createOperatorClient(server.url, installation.operatorKey)
      if (round === 0) await customer.register(client, tenant)
      stopMsMax = Math.max(stopMsMax, await endUnderLoad(server, client, load, random, signal))
    }
    server = await startServer(installation, env)
    const drain = await finish(server, createOperatorClient(server.url, installation.operatorKey), load)
    const { arrivals, subscriptions } = customer
    return { verdict: judge({ posts: load.posts, arrivals, subscriptions }), stopMsMax, ...drain }
  } finally {
    await server?.kill('SIGKILL')
    await customer.close()
    await shared?.drop()
    await installation.remove()
  }
}

/** Gives how long the stop took. */
async function endUnderLoad(
  server: ServerProcess,
  client: OperatorClient,
  load: CrashLoad,
  random: Random,
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<number> {
  const broken = load.runUntilBroken(client)
  await sleep(random.between(60, 600))
  const beganAt = performance.now()
  await (signal === 'SIGKILL' ? server.kill(signal) : server.stop())
  const stopMs = signal === 'SIGKILL' ? 0 : performance.now() - beganAt
  await broken
  await client.close()
  return stopMs
}

async function finish(server: ServerProcess, client: OperatorClient, load: CrashLoad): Promise<Drain> {
  await load.repeatUnknown(client)
  const drain = await untilDrained(client)
  await client.close()
  await server.stop()
  return drain
}
