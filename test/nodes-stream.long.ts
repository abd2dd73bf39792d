// `GET /v1/stream` where several nodes share a database: any node shows what all nodes do.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../src/domain/limits.ts'
import { type EventStream, openStream } from './support/event-stream.ts'
import { type Node, type Nodes, startNodes } from './support/nodes.ts'
import { queryOnce } from './support/postgres-server.ts'
import { startReceiver } from './support/receiver.ts'
import { ownDatabase } from './support/test-database.ts'

interface Rig {
  /** Runs a statement in the database. */
  readonly run: (statement: string) => Promise<unknown>
  /** The channel of the nodes' notifications. */
  readonly channel: string
  readonly nodes: Nodes
  readonly open: (node: Node) => Promise<EventStream>
  /** Posts events to a node. */
  readonly post: (node: Node, count: number) => Promise<void>
}

async function start(t: TestContext, roles: readonly string[]): Promise<Rig> {
  const database = await ownDatabase()
  const receiver = await startReceiver()
  const [first = '', ...others] = roles
  const nodes = await startNodes(1, database.url, { POSTHORN_ROLE: first })
  t.after(async () => {
    await nodes.close()
    await receiver.close()
    await database.drop()
  })
  for (const role of others) await nodes.add({ POSTHORN_ROLE: role })
  const { client } = nodes.at(0)
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  await client.createEndpoint('acme', { url: receiver.url, eventTypes: ['*'] })
  const headers = { authorization: `Bearer ${nodes.installation.operatorKey}` }
  return {
    run: (statement) => queryOnce(database.url.split('?')[0] ?? '', statement),
    channel: `posthorn_${new URL(database.url).searchParams.get('schema') ?? ''}`,
    nodes,
    open: ({ server }) => openStream(server.url, headers),
    async post(node, count) {
      const events = Array.from({ length: count }, () => ({ tenant: 'acme', type: 'a', data: {} }))
      assert.equal((await node.client.postBatch(events)).status, 202)
    },
  }
}

const delivered = (stream: EventStream): number => stream.sum(({ attempts }) => attempts['delivered'] ?? 0)
const accepted = (stream: EventStream): number => stream.sum((tick) => tick.accepted)
const nodesIn = (stream: EventStream): number => Number(stream.of('tick').at(-1)?.['nodes'])

test('an api node shows the attempts of a worker', { timeout: 60_000 }, async (t) => {
  const { nodes, open, post } = await start(t, ['api', 'worker'])
  const [api, worker] = [nodes.at(0), nodes.at(1)]
  const stream = await open(api)
  await stream.until(() => nodesIn(stream) === 2, 'both nodes report')
  await post(api, 5)
  await stream.until(() => stream.of('delivery').length === 5, 'the attempts are shown')
  await stream.until(() => delivered(stream) === 5 && accepted(stream) === 5, 'they are counted')
  assert.deepEqual(stream.of('left-out'), [])

  const { body } = await api.client.call('GET', '/v1/status')
  const { nodes: listed, database } = body as { nodes: Record<string, unknown>[]; database: Record<string, unknown> }
  assert.deepEqual(
    listed.map(({ role, isLive }) => [role, isLive]),
    [
      ['worker', true],
      ['api', true],
    ],
  )
  const [first] = listed
  assert.ok(Date.now() - Date.parse(String(first?.['heartbeatAt'])) < 2 * limits.heartbeatIntervalMs)
  assert.deepEqual(new Set(stream.of('delivery').map(({ node }) => node)), new Set([first?.['id']]))
  assert.ok(database['kind'] === 'postgres' && Number(database['bytes']) > 100_000)

  await worker.server.stop()
  await stream.until(() => nodesIn(stream) === 1, 'the worker is not counted any more')
  const after = (await api.client.call('GET', '/v1/status')).body as { nodes: { isLive: boolean }[] }
  assert.deepEqual(
    after.nodes.map(({ isLive }) => isLive),
    [false, true],
  )
  stream.close()
})

test('streams on two nodes show the same numbers, with everything counted once', { timeout: 60_000 }, async (t) => {
  const { nodes, open, post } = await start(t, ['all', 'all'])
  const streams = await Promise.all(nodes.all.map(open))
  for (const stream of streams) await stream.until(() => nodesIn(stream) === 2, 'both nodes report')
  for (let round = 0; round < 6; round++) {
    await Promise.all(nodes.all.map((node) => post(node, 100)))
    await sleep(300)
  }
  const tailed = (stream: EventStream): number =>
    stream.of('left-out').reduce((total, { count }) => total + Number(count), stream.of('delivery').length)
  for (const stream of streams) {
    await stream.until(() => delivered(stream) === 1200 && tailed(stream) === 1200, 'everything is counted')
    assert.equal(accepted(stream), 1200)
    assert.deepEqual(new Set(stream.of('delivery').map(({ node }) => node)).size, 2)
    assert.deepEqual(stream.of('reset'), [])
    stream.close()
  }
})

test('a stream says that it may have missed something', { timeout: 60_000 }, async (t) => {
  const { nodes, run, open } = await start(t, ['all', 'all'])
  const stream = await open(nodes.at(0))
  await stream.until(() => nodesIn(stream) === 2, 'both nodes report')
  const listening = `datname = current_database() AND application_name LIKE '% listens'`
  await run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${listening}`)
  await stream.until(() => stream.of('reset').length > 0, 'a reset')
  assert.deepEqual(stream.of('reset')[0], { reason: 'database' })
  const ticks = stream.of('tick').length
  await stream.until(() => stream.of('tick').length > ticks + 3 && nodesIn(stream) === 2, 'it goes on')
  stream.close()
})

test('a notification that is no report is ignored', { timeout: 60_000 }, async (t) => {
  const { nodes, run, channel, open } = await start(t, ['all'])
  const [node] = nodes.all
  assert.ok(node !== undefined)
  const stream = await open(node)
  const counts = { accepted: 1, attempts: {}, queued: 0, inFlight: 0, watches: [], matched: {}, rows: [] }
  for (const report of [null, 1, {}, { ...counts, number: -1 }, { ...counts, number: 1, rows: [{ at: 1e300 }] }]) {
    const payload = JSON.stringify({ kind: 'report', from: 'nobody', id: 0, report })
    await run(`SELECT pg_notify('${channel}', '${payload}')`)
  }
  await stream.until(() => stream.of('tick').length > 2, 'ticks')
  assert.deepEqual([accepted(stream), nodesIn(stream)], [0, 1])
  stream.close()
})
