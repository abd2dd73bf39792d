// Starts the server, posts events and crashes the server at a random moment, in rounds on the same database. Then waits
// until the server has delivered everything, and judges the run.

import { setTimeout as sleep } from 'node:timers/promises'
import { startBookkeeper } from './bookkeeper.ts'
import { type CrashLoad, createCrashLoad } from './crash-load.ts'
import type { CrashSite } from './crash-site.ts'
import { type Drain, untilDrained } from './drain.ts'
import { type Verdict, judge } from './history.ts'
import { type OperatorClient, createOperatorClient } from './operator-client.ts'
import { seededRandom } from './random.ts'
import { miscounts } from './miscounts.ts'
import { type ServerProcess, createInstallation, startServer, weakenedBy } from './server-process.ts'

export interface CrashRun extends Drain {
  readonly verdict: Verdict
  /** The differences between statistics and history; absent: they were not compared. */
  readonly miscounts?: readonly string[]
}

const tenant = 'crash'
const hanging = '/messages'
const postsMin = 8
const postsMsMax = 10_000
// A retry waits 5 ms where Allo promises 5 s, so that the drain is short.
const settings = {
  POSTHORN_RETRY_SCALE: '0.001',
  POSTHORN_RATE_LIMITS: 'off',
  ...weakenedBy('quick-statistics.ts'),
}

/** Runs `rounds` of start, load and crash. Then starts once more, waits until no delivery is pending, and judges. */
export async function runCrashes(site: CrashSite, rounds: number, seed: number): Promise<CrashRun> {
  const random = seededRandom(seed)
  const installation = await createInstallation()
  let crashing = true
  const customer = await startBookkeeper({ hangs: (path) => site.hangs && crashing && path === hanging })
  const load = createCrashLoad(tenant, random)
  let server: ServerProcess | undefined
  const start = async (): Promise<[ServerProcess, OperatorClient]> => {
    server = await startServer(installation, { ...settings, ...site.env })
    return [server, createOperatorClient(server.url, installation.operatorKey)]
  }
  try {
    for (let round = 0; round < rounds; round += 1) {
      const [running, client] = await start()
      if (round === 0) await customer.register(client, tenant)
      const broken = load.runUntilBroken(client)
      await untilPosted(load, load.posts.length + postsMin)
      await sleep(random.between(0, 500))
      await site.crash(running)
      await broken
      await client.close()
    }
    crashing = false
    const finished = await finish(...(await start()), load)
    const { arrivals, subscriptions } = customer
    return { verdict: judge({ posts: load.posts, arrivals, subscriptions }), ...finished }
  } finally {
    await server?.kill('SIGKILL')
    await customer.close()
    await installation.remove()
    await site.close()
  }
}

/** Without this wait, a crash on a slow machine could come before the first post. */
async function untilPosted({ posts }: CrashLoad, count: number): Promise<void> {
  const giveUpAt = Date.now() + postsMsMax
  while (posts.length < count && Date.now() < giveUpAt) await sleep(5)
}

async function finish(
  server: ServerProcess,
  client: OperatorClient,
  load: CrashLoad,
): Promise<Omit<CrashRun, 'verdict'>> {
  await load.repeatUnknown(client)
  const drain = await untilDrained(client)
  const finished = { ...drain, miscounts: await miscounts(client) }
  await client.close()
  await server.stop()
  return finished
}
