// Three nodes under load on one PostgreSQL: one of them, or the database with all its processes, is killed at random
// moments. Whatever was answered with 202 is delivered. The control's nodes answer too early, and must lose some.

import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBalancedLoad } from '../support/balanced-load.ts'
import { startBookkeeper } from '../support/bookkeeper.ts'
import type { CrashRun } from '../support/crash-run.ts'
import { crashSeed, long } from '../support/crash-size.ts'
import { assertNothingLost, assertSomethingLost } from '../support/crash-verdict.ts'
import { untilDrained } from '../support/drain.ts'
import { judge } from '../support/history.ts'
import { startNodes } from '../support/nodes.ts'
import { createPostBook } from '../support/post-book.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { seededRandom } from '../support/random.ts'
import { weakenedBy } from '../support/server-process.ts'

/** Of each kind. */
const rounds = long ? 200 : 2
const timeout = 120_000 + rounds * 20_000
const nodesCount = 3

async function killInTurn(t: TestContext, count: number, env: Readonly<Record<string, string>>): Promise<CrashRun> {
  const random = seededRandom(crashSeed)
  const postgres = await startPostgres()
  t.after(() => postgres.remove())
  const customer = await startBookkeeper()
  t.after(() => customer.close())
  const nodes = await startNodes(nodesCount, postgres.url, { POSTHORN_RETRY_SCALE: '0.001', ...env })
  t.after(() => nodes.close())
  await customer.register(nodes.at(0).client, 'crash')
  const book = createPostBook('crash', random)
  const load = startBalancedLoad(nodes, book)

  for (let round = 0; round < count; round++) {
    await sleep(random.between(100, 1_000))
    const place = random.between(0, nodesCount - 1)
    await nodes.at(place).server.kill('SIGKILL')
    await nodes.replace(place)
    await sleep(random.between(100, 1_000))
    await postgres.kill()
    await postgres.start()
  }

  await load.stop()
  const drain = await untilDrained(nodes.at(0).client)
  const { arrivals, subscriptions } = customer
  return { verdict: judge({ posts: book.posts, arrivals, subscriptions }), ...drain }
}

void suite('three nodes', { concurrency: 2 }, () => {
  void test(`${rounds} kills of one of them, and ${rounds} of the database`, { timeout }, async (t) => {
    assertNothingLost(t, await killInTurn(t, rounds, {}), rounds)
  })

  void test('control: nodes that answer before they commit lose some', { timeout }, async (t) => {
    assertSomethingLost(t, await killInTurn(t, 1, weakenedBy('hasty-engine.ts')))
  })
})
