// The database is away for a while: its disk is full, it cannot be reached, or nothing comes back. Meanwhile whatever is
// not stored is answered with 503 and Retry-After; afterwards all is well by itself, and the log was not flooded.

import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBookkeeper } from '../support/bookkeeper.ts'
import { createCrashLoad } from '../support/crash-load.ts'
import { crashSeed, long } from '../support/crash-size.ts'
import { assertNothingLost } from '../support/crash-verdict.ts'
import { untilDrained } from '../support/drain.ts'
import { openGate } from '../support/gate.ts'
import { judge } from '../support/history.ts'
import { createOperatorClient } from '../support/operator-client.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import { seededRandom } from '../support/random.ts'
import { createInstallation, startServer } from '../support/server-process.ts'
import { mountSmallDisk, unmount } from '../support/small-disk.ts'

const tenant = 'away'
/** Has no endpoints. */
const idle = 'idle'
const loadMs = 2_000
const fullMs = long ? 60_000 : 5_000
/** Longer than callers wait: `limits.storeAnswerMs`, and in silence as long again for word on what became of a commit. */
const unreachableMs = long ? { refusing: 300_000, silent: 300_000 } : { refusing: 15_000, silent: 30_000 }
/** Of which PostgreSQL needs two thirds for itself. */
const diskMib = 96
const restarts = long ? 20 : 2
const wellMsMax = 30_000
/** That it is away, that it is back, and what it was doing. */
const logLinesMax = 20
const timeout = 180_000 + unreachableMs.silent + restarts * 20_000

interface Outage {
  readonly env: Readonly<Record<string, string>>
  readonly happen: () => Promise<void>
}

/** Runs a load before, during and after the outage. `times`: how often the log may tell of it. */
async function survive(t: TestContext, { env, happen }: Outage, times = 1): Promise<void> {
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
  const { refusals, without } = await retryAfter.stop()
  await client.close()
  await running

  const last = createOperatorClient(server.url, installation.operatorKey)
  await load.repeatUnknown(last)
  const drain = await untilDrained(last)
  await last.close()
  const logLines = server.output().split('\n').length
  t.diagnostic(`well again after ${wellMs} ms, ${refusals} refusals watched, ${logLines} lines of log`)
  const { arrivals, subscriptions } = customer
  assertNothingLost(t, { verdict: judge({ posts: load.posts, arrivals, subscriptions }), ...drain }, 100)
  assert.ok(refusals > 0, 'the outage was not noticed')
  assert.equal(without, 0, 'refusals that are not 503 with Retry-After')
  assert.ok(wellMs < wellMsMax)
  assert.ok(logLines <= logLinesMax * times, server.output())
}

/** Posts events of no endpoint, to see how they are refused. */
function watchRefusals(url: string, operatorKey: string) {
  const stopping = new AbortController()
  let refusals = 0
  let without = 0
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
        if (answer.status !== 503 || !/^[1-9]\d*$/.test(answer.headers.get('retry-after') ?? '')) without += 1
      }
      await sleep(20)
    }
  }
  const running = watch()
  return {
    async stop() {
      stopping.abort()
      await running
      return { refusals, without }
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

void suite('a database that is away for a while', { concurrency: 4 }, () => {
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`a disk full for ${fullMs} ms (${database})`, { timeout }, async (t) => {
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
      if (reason !== null) return t.skip(reason)
      let url = `sqlite:${join(folder, 'posthorn.db')}`
      if (database === 'PostgreSQL') {
        postgres = await startPostgres({ parent: folder })
        url = postgres.url
      }
      const ballast = join(folder, 'ballast')
      const happen = async (): Promise<void> => {
        // As much as there is.
        await writeFile(ballast, Buffer.alloc(diskMib * 1024 * 1024)).catch(() => null)
        await sleep(fullMs)
        await rm(ballast)
      }
      await survive(t, { env: { POSTHORN_DATABASE: url }, happen })
    })
  }

  for (const state of ['refusing', 'silent'] as const) {
    void test(`a network that is ${state} for ${unreachableMs[state]} ms (PostgreSQL)`, { timeout }, async (t) => {
      const postgres = await startPostgres()
      t.after(() => postgres.remove())
      const url = new URL(postgres.url)
      const gate = await openGate(Number(url.port))
      t.after(() => gate.close())
      url.port = String(gate.port)
      const happen = async (): Promise<void> => {
        await gate.set(state)
        await sleep(unreachableMs[state])
        await gate.set('open')
      }
      await survive(t, { env: { POSTHORN_DATABASE: url.href }, happen })
    })
  }

  void test(`${restarts} restarts of PostgreSQL`, { timeout }, async (t) => {
    const postgres = await startPostgres()
    t.after(() => postgres.remove())
    const happen = async (): Promise<void> => {
      for (let count = 0; count < restarts; count++) {
        await postgres.restart(count % 2 === 0 ? 'fast' : 'immediate')
        await sleep(loadMs)
      }
    }
    await survive(t, { env: { POSTHORN_DATABASE: postgres.url }, happen }, restarts)
  })
})
