// Three nodes under load on one PostgreSQL, with every fault: a node is killed, another is paused (SIGSTOP) for longer
// than its lease, the database restarts and crashes, all nodes restart one by one. Every event that was answered with
// 202 is delivered, and after each fault the nodes recover without help.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../src/domain/limits.ts'
import { type BalancedLoad, startBalancedLoad } from './support/balanced-load.ts'
import { type Bookkeeper, startBookkeeper } from './support/bookkeeper.ts'
import { untilDrained } from './support/drain.ts'
import { type Arrival, judge } from './support/history.ts'
import { type Node, type Nodes, startNodes } from './support/nodes.ts'
import { createPostBook } from './support/post-book.ts'
import { type PostgresServer, startPostgres } from './support/postgres-server.ts'
import { crashSeed, seededRandom } from './support/random.ts'

const wellMsMax = 30_000
const loadMs = 1_500
/** Longer than the lease of a node plus the time until the other nodes notice. */
const pauseMs = 16_000
const burstMs = 300
/** Requests to these endpoints are in flight for a while. */
const slow = new Set(['/all', '/messages'])
/** Requests that may be late: a process may be paused after its last look at the clock and before its first byte. */
const lateMax = 2

interface Run {
  readonly postgres: PostgresServer
  readonly nodes: Nodes
  readonly customer: Bookkeeper
  readonly load: BalancedLoad
}

/** Waits until every node accepts an event and that event is delivered. Returns how long that took, in ms. */
async function untilWell({ nodes, load, customer }: Run): Promise<number> {
  const startedAt = Date.now()
  const wellOf = async (place: number): Promise<void> => {
    while (Date.now() - startedAt < wellMsMax) {
      const event = await load.probe(nodes.at(place))
      if (event !== null && (await customer.hasArrived(event.data.number))) return
      await sleep(50)
    }
    assert.fail(`node ${place} is not well after ${wellMsMax} ms:\n${nodes.at(place).server.output()}`)
  }
  await Promise.all(nodes.all.map(({ place }) => wellOf(place)))
  return Date.now() - startedAt
}

/** Runs the action under load and waits until all nodes work. Nodes that are not `impaired` must not be affected. */
async function step<Result>(
  run: Run,
  impaired: readonly number[],
  action: () => Promise<Result>,
): Promise<{ result: Result; wellMs: number }> {
  run.load.impaired = new Set(impaired)
  const result = await action()
  const wellMs = await untilWell(run)
  run.load.impaired = new Set()
  await sleep(loadMs)
  return { result, wellMs }
}

/** Returns the time of the kill. */
async function kill({ nodes }: Run): Promise<number> {
  await nodes.at(0).server.kill('SIGKILL')
  const killedAt = Date.now()
  await nodes.replace(0)
  return killedAt
}

/** Returns how many deliveries the node sent after it resumed although other nodes had made them meanwhile. */
async function pause({ nodes, load, customer }: Run): Promise<number> {
  const paused = nodes.at(1)
  // The burst gives the node more deliveries than it can send at once. An attempt whose connection is still opening at
  // the pause would be sent when the node resumes, so the pause begins after the connections are open.
  await load.burst(paused, 400)
  await sleep(burstMs)
  process.kill(paused.server.pid, 'SIGSTOP')
  const pausedAt = Date.now()
  await sleep(pauseMs)
  await untilTakenOver(nodes.at(2), pausedAt)
  const resumedAt = Date.now()
  process.kill(paused.server.pid, 'SIGCONT')
  await untilLost(paused)
  // A node that wrongly kept its deliveries would send them within this time.
  await sleep(2 * limits.claimAgainMs)
  const delivered = new Set(
    customer.arrivals.filter(({ at, status }) => at < resumedAt && status === 200).map(deliveryOf),
  )
  return customer.arrivals.filter((arrival) => arrival.at >= resumedAt && delivered.has(deliveryOf(arrival))).length
}

function deliveryOf({ endpoint, number }: Arrival): string {
  return `${endpoint} ${number}`
}

/** Waits until every event that was accepted before `since` is delivered. Returns the time since then, in ms. */
async function untilTakenOver({ client }: Node, since: number): Promise<number> {
  const { drained } = await untilDrained(client, { to: new Date(since).toISOString() }, 0)
  assert.ok(drained, 'deliveries of a dead node were not taken over')
  return Date.now() - since
}

async function untilLost({ server }: Node): Promise<void> {
  const giveUpAt = Date.now() + wellMsMax
  while (!/gives up everything that it holds/.test(server.output())) {
    assert.ok(Date.now() < giveUpAt, `the node did not notice that it was declared dead:\n${server.output()}`)
    await sleep(20)
  }
}

async function roll(run: Run): Promise<number> {
  let longest = 0
  for (const { place } of run.nodes.all) {
    const { wellMs } = await step(run, [place], async () => {
      await run.nodes.at(place).server.stop()
      await run.nodes.replace(place)
    })
    longest = Math.max(longest, wellMs)
  }
  return longest
}

async function start(t: TestContext, book: ReturnType<typeof createPostBook>): Promise<Run> {
  const postgres = await startPostgres()
  t.after(() => postgres.remove())
  const customer = await startBookkeeper({
    delayOf: (path, number) => (slow.has(path) ? 100 : number % 25 === 1 ? 30 : 0),
  })
  t.after(() => customer.close())
  const nodes = await startNodes(3, postgres.url, { POSTHORN_RETRY_SCALE: '0.001' })
  t.after(() => nodes.close())
  await customer.register(nodes.at(0).client, 'crash')
  const load = startBalancedLoad(nodes, book)
  t.after(() => load.stop())
  await sleep(loadMs)
  return { postgres, nodes, customer, load }
}

test('three nodes on one PostgreSQL lose nothing, through every fault', { timeout: 240_000 }, async (t) => {
  const book = createPostBook('crash', seededRandom(crashSeed))
  const run = await start(t, book)
  const { postgres, nodes, customer, load } = run
  const everyNode = nodes.all.map(({ place }) => place)

  const killed = await step(run, [0], () => kill(run))
  const [takenOverMs, paused] = await Promise.all([
    untilTakenOver(nodes.at(2), killed.result),
    step(run, [1], () => pause(run)),
  ])
  const restarted = await step(run, everyNode, () => postgres.restart('fast'))
  const crashed = await step(run, everyNode, () => postgres.restart('immediate'))
  const rolledMs = await roll(run)

  await load.stop()
  const drains = await Promise.all(nodes.all.map(({ client }) => untilDrained(client)))
  const { arrivals, subscriptions } = customer
  const { problems, ...figures } = judge({ posts: book.posts, arrivals, subscriptions })
  const late = paused.result
  const wellMs = {
    killed: killed.wellMs,
    takenOver: takenOverMs,
    paused: paused.wellMs,
    databaseRestarted: restarted.wellMs,
    databaseCrashed: crashed.wellMs,
    rolled: rolledMs,
    drained: Math.max(...drains.map(({ drainMs }) => drainMs)),
  }
  t.diagnostic(JSON.stringify({ ...figures, late, wellMs, seed: crashSeed }))

  assert.ok(
    drains.every(({ drained }) => drained),
    'deliveries are still pending at the end',
  )
  assert.deepEqual(problems.slice(0, 20), [], `${problems.length} problems`)
  assert.deepEqual(load.failures.slice(0, 20), [], 'posts to unimpaired nodes failed')
  assert.ok(late <= lateMax, `the paused node sent ${late} deliveries that other nodes had made meanwhile`)
  for (const { place, server } of nodes.all) {
    assert.doesNotMatch(server.output(), /a commit was refused|uncaught|unhandled/i, `node ${place}`)
  }
  await Promise.all(nodes.all.map(({ server }) => server.stop()))
})
