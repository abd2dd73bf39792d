// The database is away for a while: its disk is full, it cannot be reached, or nothing comes back. Meanwhile whatever is
// not stored is answered with 503 and Retry-After; afterwards all is well by itself, and the log was not flooded. The
// servers of the controls answer with 202 all the same, and must lose some.

import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBookkeeper } from '../support/bookkeeper.ts'
import { createCrashLoad } from '../support/crash-load.ts'
import type { CrashRun } from '../support/crash-run.ts'
import type { CrashDatabase } from '../support/crash-site.ts'
import { crashSeed, long } from '../support/crash-size.ts'
import { assertNothingLost, assertSomethingLost } from '../support/crash-verdict.ts'
import { untilDrained } from '../support/drain.ts'
import { openGate } from '../support/gate.ts'
import { judge } from '../support/history.ts'
import { createOperatorClient } from '../support/operator-client.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import { seededRandom } from '../support/random.ts'
import { createInstallation, startServer, weakenedBy } from '../support/server-process.ts'
import { mountSmallDisk, unmount } from '../support/small-disk.ts'

const tenant = 'away'
/** Has no endpoints. */
const idle = 'idle'
const loadMs = 2_000
const fullMs = long ? 60_000 : 5_000
/** Longer than callers wait: `limits.storeAnswerMs`, and in silence as long again for word on what became of a commit. */
const unreachableMs = long ? { refusing: 300_000, silent: 300_000 } : { refusing: 15_000, silent: 30_000 }
/** SQLite goes on in the room that its log has already: a second may pass unnoticed. */
const controlMs = 5_000
/** Of a network. A server notices at once that it is refusing, so only what it accepted last before it is lost. */
const controlOutages = { ms: 1_500, times: 3 }
/** Of which PostgreSQL needs two thirds for itself. */
const diskMib = 96
const restarts = long ? 20 : 2
const wellMsMax = 30_000
/** That it is away, that it is back, and what it was doing. */
const logLinesMax = 20
/** A PostgreSQL that has no room for its log ends, and starts again by itself, some times a second: 20 lines were seen. */
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

/** `times`: how often the log may tell of the outage. */
async function survive(t: TestContext, outage: Outage, times = 1): Promise<void> {
  const { wellMs, refusals, wrongRefusals, log, ...run } = await runThrough(t, outage)
  const logLines = log.split('\n').length
  t.diagnostic(`well again after ${wellMs} ms, ${refusals} refusals watched, ${logLines} lines of log`)
  assertNothingLost(t, run, 100)
  assert.ok(refusals > 0, 'the outage was not noticed')
  assert.equal(wrongRefusals, 0, 'refusals that are not 503 with Retry-After')
  assert.ok(wellMs < wellMsMax)
  assert.ok(logLines <= logLinesMax * times, log)
}

/** The same with a server that accepts what it cannot commit. */
async function perish(t: TestContext, { env, happen }: Outage): Promise<void> {
  assertSomethingLost(t, await runThrough(t, { env: { ...env, ...weakenedBy('hasty-engine.ts') }, happen }))
}

/** Posts events of no endpoint, to see how they are refused. */
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

/** PostgreSQL behind a gate that is shut for so long, so many times. */
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

/** `null`: it cannot be made here, and the test is skipped. */
async function fullDisk(t: TestContext, database: CrashDatabase, ms: number): Promise<Outage | null> {
  const disk = await createInstallation()
  const { folder } = disk
  const reason = mountSmallDisk(folder, diskMib)
  let postgres: PostgresServer | null = null
  // What is registered first is done first.
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
    // As much as there is.
    await writeFile(ballast, Buffer.alloc(diskMib * 1024 * 1024)).catch(() => null)
    await sleep(ms)
    await rm(ballast)
  }
  return { env: { POSTHORN_DATABASE: url }, happen }
}

void suite('a database that is away for a while', { concurrency: 4 }, () => {
  // First, because they take longest.
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

  const control = 'control: a server that answers before it commits loses some'
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`${control} to a full disk (${database})`, { timeout }, async (t) => {
      const outage = await fullDisk(t, database, controlMs)
      if (outage !== null) await perish(t, outage)
    })
  }
  for (const state of ['refusing', 'silent'] as const) {
    void test(`${control} to a network that is ${state}`, { timeout }, async (t) => {
      await perish(t, await lostNetwork(t, state, controlOutages.ms, controlOutages.times))
    })
  }
  void test(`${control} to restarts of PostgreSQL`, { timeout }, async (t) => {
    await perish(t, await restartedPostgres(t))
  })
})
