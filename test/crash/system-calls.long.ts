// The server is killed in its Nth system call of a kind, or that call fails, N = 1, 2, 3 ... until it makes fewer than
// N calls. Each round starts with the database of the previous round. Every event that was answered with 202 is
// delivered, and no refused event is. The servers of the controls answer too early and must lose events.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBookkeeper } from '../support/bookkeeper.ts'
import type { CrashRun } from '../support/crash-run.ts'
import { type CrashDatabase, killSite } from '../support/crash-site.ts'
import { assertNothingLost, assertSomethingLost } from '../support/crash-verdict.ts'
import { untilDrained } from '../support/drain.ts'
import { judge } from '../support/history.ts'
import { createOperatorClient } from '../support/operator-client.ts'
import { createPostBook, type PostBook } from '../support/post-book.ts'
import { crashSeed, seededRandom } from '../support/random.ts'
import {
  createInstallation,
  type Installation,
  type ServerProcess,
  startServer,
  weakenedBy,
} from '../support/server-process.ts'
import { isFull } from '../support/size.ts'
import { hasStruck, nodeWithFault, strikeRunning, whyNoStrace } from '../support/strace.ts'

const skip = whyNoStrace() ?? false
const tenant = 'calls'
const events = 10
/** The pause between events, so that each has its own commit, also in the servers of the controls. */
const pauseMs = 20
/** After this time the last deliveries are in flight or done, and a server of a control has made its late commits. */
const settleMs = 200
/** Far more rounds than any series takes. A series that reaches it fails, because its end was not tested. */
const roundsMax = 150
const settings = { POSTHORN_RETRY_SCALE: '0.001', POSTHORN_RATE_LIMITS: 'off' }
const timeout = 60_000 + roundsMax * 10_000

interface Kind {
  readonly calls: string
  readonly what: string
  /** Count the calls only after the start, in which the server makes thousands of them to read its own files. */
  readonly serving?: true
  /** How much N grows per round in the full form; default: 1. Larger where a run makes hundreds of the calls. */
  readonly step?: number
}

interface Strike extends Kind {
  /** The number of the call, from 1. */
  readonly n: number
}

const flushFails = { calls: 'fsync,fdatasync', what: 'error=EIO' }
const flushKills = { calls: 'fsync,fdatasync', what: 'signal=KILL' }
const storingFails = { calls: 'pwrite64', what: 'error=ENOSPC', step: 7 }
const storingKills = { calls: 'pwrite64', what: 'signal=KILL', step: 7 }
const connectFails = { calls: 'connect', what: 'error=ECONNREFUSED' }
const connectKills = { calls: 'connect', what: 'signal=KILL' }
// On sockets Node sends one buffer with `write`, several with `writev`, receives with `read`, and uses no other calls.
const sendFails = { calls: 'write', what: 'error=ECONNRESET' }
const sendKills = { calls: 'write', what: 'signal=KILL' }
const sendManyFails = { calls: 'writev', what: 'error=ECONNRESET' }
const sendManyKills = { calls: 'writev', what: 'signal=KILL' }
const receiveFails = { calls: 'read', what: 'error=ECONNRESET', serving: true } as const

interface Plan {
  readonly short: readonly Strike[]
  readonly full: readonly Kind[]
  /** Several strikes, because the late commit of an event may still come before a single strike. */
  readonly control: readonly Strike[]
}

const plans: Readonly<Record<CrashDatabase, Plan>> = {
  SQLite: {
    short: [
      { ...flushFails, n: 13 },
      { ...storingKills, n: 80 },
      { ...sendKills, n: 30 },
    ],
    full: [
      flushFails,
      flushKills,
      storingFails,
      storingKills,
      connectFails,
      connectKills,
      sendFails,
      sendKills,
      sendManyFails,
      sendManyKills,
      receiveFails,
    ],
    control: [60, 70, 80].map((n) => ({ ...storingKills, n })),
  },
  PostgreSQL: {
    short: [
      { ...sendManyKills, n: 40 },
      { ...receiveFails, n: 20 },
    ],
    full: [connectFails, connectKills, sendFails, sendKills, sendManyFails, sendManyKills, receiveFails],
    control: [12, 15, 18, 21].map((n) => ({ ...sendManyKills, n })),
  },
}

/** One round. Returns whether the fault struck. */
async function strike(
  installation: Installation,
  env: Readonly<Record<string, string>>,
  book: PostBook,
  { calls, what, n, serving }: Strike,
): Promise<boolean> {
  const log = join(installation.folder, 'strace.log')
  const fault = { calls, what, when: String(n) }
  let server: ServerProcess
  try {
    server = await startServer(installation, env, serving ? undefined : nodeWithFault(fault, log))
  } catch (error) {
    if (serving) throw error
    await sleep(settleMs)
    // A server that cannot start must exit.
    if (/ended while starting/.test(String(error)) && (await hasStruck(fault, log))) return true
    throw error
  }
  if (serving) await strikeRunning(server.pid, fault, log)
  const client = createOperatorClient(server.url, installation.operatorKey)
  let end = 'accepted'
  for (let count = 0; count < events && end !== 'unsent'; count++) {
    end = await book.post(client, [book.nextEvent()], true)
    await sleep(pauseMs)
  }
  await sleep(settleMs)
  await client.close()
  const struck = await hasStruck(fault, log)
  await server.kill('SIGKILL')
  return struck
}

interface Outcome {
  readonly struck: number
  /** The first strike whose call the server did not make; it ends the series. */
  readonly missed: Strike | null
  readonly run: CrashRun
}

async function strikeAll(
  t: TestContext,
  database: CrashDatabase,
  strikes: readonly Strike[],
  weakness: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const site = await killSite(database)
  t.after(() => site.close())
  const installation = await createInstallation()
  t.after(() => installation.remove())
  const customer = await startBookkeeper()
  t.after(() => customer.close())
  const book = createPostBook(tenant, seededRandom(crashSeed))
  const env = { ...settings, ...site.env }

  const first = await startServer(installation, env)
  const registering = createOperatorClient(first.url, installation.operatorKey)
  await customer.register(registering, tenant)
  await registering.close()
  await first.stop()

  let struck = 0
  let missed: Strike | null = null
  for (const next of strikes) {
    if (await strike(installation, { ...env, ...weakness }, book, next)) struck += 1
    else {
      missed = next
      break
    }
  }

  const last = await startServer(installation, env)
  const client = createOperatorClient(last.url, installation.operatorKey)
  for (const event of book.takeUnknown()) await book.post(client, [event], true)
  // Even if faults struck in the start of every round, the database must still work.
  await book.post(client, [book.nextEvent()], true)
  const drain = await untilDrained(client)
  await client.close()
  await last.stop()
  const { arrivals, subscriptions } = customer
  return { struck, missed, run: { verdict: judge({ posts: book.posts, arrivals, subscriptions }), ...drain } }
}

void suite('a fault in the Nth system call loses nothing', { concurrency: 3 }, () => {
  // PostgreSQL first: its tests end with a long idle wait until the deliveries of the killed nodes are taken over.
  for (const database of ['PostgreSQL', 'SQLite'] as const) {
    const { short, full, control } = plans[database]
    if (!isFull) {
      void test(`a few calls of some kinds (${database})`, { timeout, skip }, async (t) => {
        const { missed, run } = await strikeAll(t, database, short)
        assertNothingLost(t, run, 0)
        assert.equal(missed, null, 'a fault did not strike')
      })
    }
    for (const kind of isFull ? full : []) {
      void test(`${kind.calls} ${kind.what} (${database})`, { timeout, skip }, async (t) => {
        const { step = 1 } = kind
        const strikes = Array.from({ length: roundsMax }, (_, round) => ({ ...kind, n: 1 + round * step }))
        const { struck, missed, run } = await strikeAll(t, database, strikes)
        t.diagnostic(`struck in ${struck} rounds, N from 1 to ${1 + (struck - 1) * step} by ${step}`)
        assertNothingLost(t, run, 0)
        assert.ok(struck > 0, 'the fault never struck')
        assert.notEqual(missed, null, `the fault still struck in round ${roundsMax}`)
      })
    }

    const name = `control: a server that answers before it commits loses events (${database})`
    void test(name, { timeout, skip }, async (t) => {
      const { missed, run } = await strikeAll(t, database, control, weakenedBy('hasty-engine.ts'))
      assert.equal(missed, null, 'a fault did not strike')
      assertSomethingLost(t, run)
    })
  }
})
