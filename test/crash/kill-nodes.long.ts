// Three nodes under load on one PostgreSQL: a node, or the database with all its processes, is killed at random
// moments. Every event that was answered with 202 is delivered. The nodes of the control answer too early and must lose
// events.

import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBalancedLoad } from '../support/balanced-load.ts'
import { startBookkeeper } from '../support/bookkeeper.ts'
import type { CrashRun } from '../support/crash-run.ts'
import { assertNothingLost, assertSomethingLost } from '../support/crash-verdict.ts'
import { untilDrained } from '../support/drain.ts'
import { judge } from '../support/history.ts'
import { startNodes } from '../support/nodes.ts'
import { miscounts } from '../support/miscounts.ts'
import { createPostBook } from '../support/post-book.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { crashSeed, seededRandom } from '../support/random.ts'
import { weakenedBy } from '../support/server-process.ts'
import { isFull } from '../support/size.ts'

/** Each round kills a node and then the database. */
const rounds = isFull ? 200 : 2
const timeout = 120_000 + rounds * 20_000
const nodesCount = 3

async function killInTurn(t: TestContext, count: number, env: Readonly<Record<string, string>>): Promise<CrashRun> {
  const random = seededRandom(crashSeed)
  const postgres = await startPostgres()
  t.after(() => postgres.remove())
  const customer = await startBookkeeper()
  t.after(() => customer.close())
  const nodes = await startNodes(nodesCount, postgres.url, {
    POSTHORN_RETRY_SCALE: '0.001',
    ...weakenedBy('quick-statistics.ts'),
    ...env,
  })
  t.after(() => nodes.close())
  await customer.register(nodes.at(0).client, 'crash')
  const book = createPostBook('crash', random)
  const load = startBalancedLoad(nodes, book)
  // If a step fails, the load would keep this process alive.
  t.after(() => load.stop())

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
  const counted = { miscounts: await miscounts(nodes.at(0).client) }
  return { verdict: judge({ posts: book.posts, arrivals, subscriptions }), ...drain, ...counted }
}

void suite('three nodes', { concurrency: 2 }, () => {
  void test(`lose nothing through ${rounds} kills of a node and ${rounds} of the database`, { timeout }, async (t) => {
    assertNothingLost(t, await killInTurn(t, rounds, {}), rounds)
  })

  void test('control: nodes that answer before they commit lose events', { timeout }, async (t) => {
    // On a slow machine one round may find no event between its answer and its commit.
    assertSomethingLost(t, await killInTurn(t, 2, weakenedBy('hasty-engine.ts')))
  })
})
