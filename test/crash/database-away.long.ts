// The database is unavailable for a while: its disk is full, its port refuses connections, or it does not answer.
// Meanwhile events that are not stored are answered with 503 and Retry-After. Afterwards the service recovers by
// itself, and its log is not flooded. The servers of the controls answer 202 too early and must lose events.

import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBookkeeper } from '../support/bookkeeper.ts'
import { createCrashLoad } from '../support/crash-load.ts'
import type { CrashRun } from '../support/crash-run.ts'
import type { CrashDatabase } from '../support/crash-site.ts'
import { assertNothingLost, assertSomethingLost } from '../support/crash-verdict.ts'
import { untilDrained } from '../support/drain.ts'
import { openGate } from '../support/gate.ts'
import { judge } from '../support/history.ts'
import { createOperatorClient } from '../support/operator-client.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import { crashSeed, seededRandom } from '../support/random.ts'
import { createInstallation, startServer, weakenedBy } from '../support/server-process.ts'
import { isFull } from '../support/size.ts'
import { mountSmallDisk, unmount } from '../support/small-disk.ts'

const tenant = 'away'
/** A tenant without endpoints. */
const idle = 'idle'
const loadMs = 2_000
const fullMs = isFull ? 60_000 : 5_000
/**
 * Longer than a caller waits: `limits.storeAnswerMs`, or twice that if the database is silent, because the node then
 * tries to find out whether its commit took effect.
 */
const unreachableMs = isFull ? { refusing: 300_000, silent: 300_000 } : { refusing: 15_000, silent: 30_000 }
/** The full disk of the controls. SQLite can still write into the space of its existing log, for about a second. */
const controlMs = 5_000
/** Outages of the network in the controls. A server notices a refusal at once, so each loses only a few events. */
const controlOutages = { ms: 1_500, times: 3 }
/** PostgreSQL needs two thirds of it for itself. */
const diskMib = 96
const restarts = isFull ? 20 : 2
const wellMsMax = 30_000
/** Lines of log per outage: the start of the outage, its end, and the operations that failed. */
const logLinesMax = 20
/** Without space for its log PostgreSQL exits and restarts by itself, several times a second: 20 lines were seen. */
const fullDiskTimes = 3
const timeout = 180_000 + unreachableMs.silent + restarts * 20_000

interface Outage {
  readonly env: Readonly<Record<string, string>>
  readonly happen: () => Promise<void>
}

interface Aftermath extends CrashRun {
  readonly wellMs: number
  readonly refusals: number
  /** Refusals that are not 503 with Retry-After. */
  readonly wrongRefusals: number
  /** The server's log. */
  readonly log: string
}

/** Runs a load before, during and after the outage. */
async function runThrough(t: TestContext, { env, happen }: Outage): Promise<Aftermath> {
  const installation = await createInstallation()
  t.after(() => installation.remove())
  const customer = await startBookkeeper()
  t.after(() => customer.close())
  const settings = { POSTHORN_RETRY_SCALE: '0.001', POSTHORN_RATE_LIMITS: 'off', ...env }
  const server = await startServer(installation, settings)
  t.after(() => server.kill('SIGKILL'))
  const client = createOperatorClient(server.url, installation.operatorKey)
  await customer.register(client, tenant)
  await client.createTenant({ id: idle, dialect: 'allo' })

  const load = createCrashLoad(tenant, seededRandom(crashSeed))
  const retryAfter = watchRefusals(server.url, installation.operatorKey)
  const running = load.runUntilBroken(client)
  await sleep(loadMs)
  await happen()
  const backAt = Date.now()
  await untilAccepted(client)
  const wellMs = Date.now() - backAt
  await sleep(loadMs)
  const refused = await retryAfter.stop()
  await client.close()
  await running

  const last = createOperatorClient(server.url, installation.operatorKey)
  await load.repeatUnknown(last)
  const drain = await untilDrained(last)
  await last.close()
  const { arrivals, subscriptions } = customer
  const verdict = judge({ posts: load.posts, arrivals, subscriptions })
  return { verdict, ...drain, wellMs, ...refused, log: server.output() }
}

/**
 * Asserts that the server loses nothing.
 *
 * @param times how many outages the log may report
 */
async function survive(t: TestContext, outage: Outage, times = 1): Promise<void> {
  const { wellMs, refusals, wrongRefusals, log, ...run } = await runThrough(t, outage)
  // Some receivers of the load fail, which is no part of the outage.
  const logLines = log.split('\n').filter((line) => !line.includes('an endpoint is failing')).length
  t.diagnostic(`accepts events again after ${wellMs} ms, ${refusals} refusals, ${logLines} lines of log`)
  assertNothingLost(t, run, 100)
  assert.ok(refusals > 0, 'the outage was not noticed')
  assert.equal(wrongRefusals, 0, 'some refusals are not 503 with Retry-After')
  assert.ok(wellMs < wellMsMax)
  assert.ok(logLines <= logLinesMax * times, log)
}

/** Asserts that a server that accepts events before it commits them loses events. */
async function loseSome(t: TestContext, { env, happen }: Outage): Promise<void> {
  assertSomethingLost(t, await runThrough(t, { env: { ...env, ...weakenedBy('hasty-engine.ts') }, happen }))
}

/** Posts events that no endpoint matches, and counts the refusals. */
function watchRefusals(url: string, operatorKey: string) {
  const stopping = new AbortController()
  let refusals = 0
  let wrongRefusals = 0
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const answer = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ tenant: idle, type: 'call.received', data: { text: 'x'.repeat(50_000) } }),
      })
      await answer.text()
      if (answer.status !== 202) {
        refusals += 1
        if (answer.status !== 503 || !/^[1-9]\d*$/.test(answer.headers.get('retry-after') ?? '')) wrongRefusals += 1
      }
      await sleep(20)
    }
  }
  const running = watch()
  return {
    async stop() {
      stopping.abort()
      await running
      return { refusals, wrongRefusals }
    },
  }
}

async function untilAccepted(client: ReturnType<typeof createOperatorClient>): Promise<void> {
  const giveUpAt = Date.now() + wellMsMax
  while (Date.now() < giveUpAt) {
    const { status } = await client.postEvent({ tenant: idle, type: 'call.received', data: {} })
    if (status === 202) return
    await sleep(50)
  }
  assert.fail(`no event is accepted ${wellMsMax} ms after the outage`)
}

/** PostgreSQL behind a gate that is closed for `ms`, `times` times. */
async function lostNetwork(t: TestContext, state: 'refusing' | 'silent', ms: number, times = 1): Promise<Outage> {
  const postgres = await startPostgres()
  t.after(() => postgres.remove())
  const url = new URL(postgres.url)
  const gate = await openGate(Number(url.port))
  t.after(() => gate.close())
  url.port = String(gate.port)
  const happen = async (): Promise<void> => {
    for (let count = 1; count <= times; count++) {
      await gate.set(state)
      await sleep(ms)
      await gate.set('open')
      if (count < times) await sleep(loadMs)
    }
  }
  return { env: { POSTHORN_DATABASE: url.href }, happen }
}

async function restartedPostgres(t: TestContext): Promise<Outage> {
  const postgres = await startPostgres()
  t.after(() => postgres.remove())
  const happen = async (): Promise<void> => {
    for (let count = 0; count < restarts; count++) {
      await postgres.restart(count % 2 === 0 ? 'fast' : 'immediate')
      await sleep(loadMs)
    }
  }
  return { env: { POSTHORN_DATABASE: postgres.url }, happen }
}

/** A disk that is full for `ms`. Null if this machine cannot mount one: the test is skipped. */
async function fullDisk(t: TestContext, database: CrashDatabase, ms: number): Promise<Outage | null> {
  const disk = await createInstallation()
  const { folder } = disk
  const reason = mountSmallDisk(folder, diskMib)
  let postgres: PostgresServer | null = null
  // One hook for all three, so that they run in this order.
  t.after(async () => {
    await postgres?.remove()
    if (reason === null) unmount(folder)
    await disk.remove()
  })
  if (reason !== null) {
    t.skip(reason)
    return null
  }
  let url = `sqlite:${join(folder, 'posthorn.db')}`
  if (database === 'PostgreSQL') {
    postgres = await startPostgres({ parent: folder })
    url = postgres.url
  }
  const ballast = join(folder, 'ballast')
  const happen = async (): Promise<void> => {
    // Fills the disk: the write fails when no space is left.
    await writeFile(ballast, Buffer.alloc(diskMib * 1024 * 1024)).catch(() => null)
    await sleep(ms)
    await rm(ballast)
  }
  return { env: { POSTHORN_DATABASE: url }, happen }
}

void suite('a database that is unavailable for a while', { concurrency: 4 }, () => {
  // First, because these tests take longest.
  for (const state of ['refusing', 'silent'] as const) {
    void test(`a network that is ${state} for ${unreachableMs[state]} ms (PostgreSQL)`, { timeout }, async (t) => {
      await survive(t, await lostNetwork(t, state, unreachableMs[state]))
    })
  }
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`a disk full for ${fullMs} ms (${database})`, { timeout }, async (t) => {
      const outage = await fullDisk(t, database, fullMs)
      if (outage !== null) await survive(t, outage, fullDiskTimes)
    })
  }
  void test(`${restarts} restarts of PostgreSQL`, { timeout }, async (t) => {
    await survive(t, await restartedPostgres(t), restarts)
  })

  const control = 'control: a server that answers before it commits loses events through'
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`${control} a full disk (${database})`, { timeout }, async (t) => {
      const outage = await fullDisk(t, database, controlMs)
      if (outage !== null) await loseSome(t, outage)
    })
  }
  for (const state of ['refusing', 'silent'] as const) {
    void test(`${control} a network that is ${state}`, { timeout }, async (t) => {
      await loseSome(t, await lostNetwork(t, state, controlOutages.ms, controlOutages.times))
    })
  }
  void test(`${control} restarts of PostgreSQL`, { timeout }, async (t) => {
    await loseSome(t, await restartedPostgres(t))
  })
})
