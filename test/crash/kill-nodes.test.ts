// Three nodes under load on one PostgreSQL: one of them, or the database with all its processes, is killed at random
// moments. Whatever was answered with 202 is delivered.

import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBalancedLoad } from '../support/balanced-load.ts'
import { startBookkeeper } from '../support/bookkeeper.ts'
import { crashSeed, long } from '../support/crash-size.ts'
import { assertNothingLost } from '../support/crash-verdict.ts'
import { untilDrained } from '../support/drain.ts'
import { judge } from '../support/history.ts'
import { startNodes } from '../support/nodes.ts'
import { createPostBook } from '../support/post-book.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { seededRandom } from '../support/random.ts'

/** Of each kind. */
const rounds = long ? 200 : 2
const timeout = 120_000 + rounds * 20_000
const nodesCount = 3

test(`three nodes: ${rounds} kills of one of them, and ${rounds} of the database`, { timeout }, async (t) => {
  const random = seededRandom(crashSeed)
  const postgres = await startPostgres()
  t.after(() => postgres.remove())
  const customer = await startBookkeeper()
  t.after(() => customer.close())
  const nodes = await startNodes(nodesCount, postgres.url, { POSTHORN_RETRY_SCALE: '0.001' })
  t.after(() => nodes.close())
  await customer.register(nodes.at(0).client, 'crash')
  const book = createPostBook('crash', random)
  const load = startBalancedLoad(nodes, book)

  for (let round = 0; round < rounds; round++) {
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
  assertNothingLost(t, { verdict: judge({ posts: book.posts, arrivals, subscriptions }), ...drain }, rounds)
})
