// Three nodes under load on one PostgreSQL, and all that can befall them: a node is killed, another stands still past
// its lease, the database restarts and crashes, all nodes are rolled. Whatever was answered with 202 is delivered, and
// each time all is well again without anybody's help.

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
import { seededRandom } from './support/random.ts'

const seed = Number(process.env['POSTHORN_CRASH_SEED'] ?? Date.now() % 1_000_000)
const wellMsMax = 30_000
const loadMs = 1_500
/** Past the lease of a node, and past the time that the others take to notice. */
const standstillMs = 16_000
const burstMs = 300
/** What a node holds for these endpoints is under way for a while. */
const slow = new Set(['/all', '/messages'])
/** A process may be stopped between its last look at the clock and the first byte that it sends. */
const lateMax = 2

interface Run {
  readonly postgres: PostgresServer
  readonly nodes: Nodes
  readonly customer: Bookkeeper
  readonly load: BalancedLoad
}

/** How long until every node accepts an event and delivers it. */
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

/** Does something to some nodes under load, and waits until all is well. Others must not notice. */
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

/** Gives when it was. */
async function kill({ nodes }: Run): Promise<number> {
  await nodes.at(0).server.kill('SIGKILL')
  const killedAt = Date.now()
  await nodes.replace(0)
  return killedAt
}

/** Gives how often the node sent, after it went on, what others had delivered meanwhile. */
async function standStill({ nodes, load, customer }: Run): Promise<number> {
  const stopped = nodes.at(1)
  // So that it holds more than it can send at once. What still opens its connection when the process stops would be
  // sent when it goes on, so that is let pass.
  await load.burst(stopped, 400)
  await sleep(burstMs)
  process.kill(stopped.server.pid, 'SIGSTOP')
  const stoppedAt = Date.now()
  await sleep(standstillMs)
  await untilTakenOver(nodes.at(2), stoppedAt)
  const goneOnAt = Date.now()
  process.kill(stopped.server.pid, 'SIGCONT')
  await untilLost(stopped)
  // What it held back when it went on, it would try again.
  await sleep(2 * limits.claimAgainMs)
  const delivered = new Set(
    customer.arrivals.filter(({ at, status }) => at < goneOnAt && status === 200).map(deliveryOf),
  )
  return customer.arrivals.filter((arrival) => arrival.at >= goneOnAt && delivered.has(deliveryOf(arrival))).length
}

function deliveryOf({ endpoint, number }: Arrival): string {
  return `${endpoint} ${number}`
}

/** Resolves when all that was accepted before has been delivered. Gives how long after that was. */
async function untilTakenOver({ client }: Node, since: number): Promise<number> {
  const { drained } = await untilDrained(client, { to: new Date(since).toISOString() }, 0)
  assert.ok(drained, 'what a node held that is no more was not taken over')
  return Date.now() - since
}

async function untilLost({ server }: Node): Promise<void> {
  const giveUpAt = Date.now() + wellMsMax
  while (!/gives up what it holds/.test(server.output())) {
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

test('three nodes on one PostgreSQL lose nothing, whatever befalls them', { timeout: 240_000 }, async (t) => {
  const book = createPostBook('crash', seededRandom(seed))
  const run = await start(t, book)
  const { postgres, nodes, customer, load } = run
  const everybody = nodes.all.map(({ place }) => place)

  const killed = await step(run, [0], () => kill(run))
  const [takenOverMs, stoodStill] = await Promise.all([
    untilTakenOver(nodes.at(2), killed.result),
    step(run, [1], () => standStill(run)),
  ])
  const restarted = await step(run, everybody, () => postgres.restart('fast'))
  const crashed = await step(run, everybody, () => postgres.restart('immediate'))
  const rolledMs = await roll(run)

  await load.stop()
  const drains = await Promise.all(nodes.all.map(({ client }) => untilDrained(client)))
  const { arrivals, subscriptions } = customer
  const { problems, ...figures } = judge({ posts: book.posts, arrivals, subscriptions })
  const late = stoodStill.result
  const wellMs = {
    killed: killed.wellMs,
    takenOver: takenOverMs,
    stoodStill: stoodStill.wellMs,
    databaseRestarted: restarted.wellMs,
    databaseCrashed: crashed.wellMs,
    rolled: rolledMs,
    drained: Math.max(...drains.map(({ drainMs }) => drainMs)),
  }
  t.diagnostic(JSON.stringify({ ...figures, late, wellMs, seed }))

  assert.ok(
    drains.every(({ drained }) => drained),
    'deliveries still pending at the end',
  )
  assert.deepEqual(problems.slice(0, 20), [], `${problems.length} problems`)
  assert.deepEqual(load.failures.slice(0, 20), [], 'posts to nodes that nothing had befallen')
  assert.ok(late <= lateMax, `${late} deliveries that others had made were sent by the node that had stood still`)
  for (const { place, server } of nodes.all) {
    assert.doesNotMatch(server.output(), /a commit was refused|uncaught|unhandled/i, `node ${place}`)
  }
  await Promise.all(nodes.all.map(({ server }) => server.stop()))
})
