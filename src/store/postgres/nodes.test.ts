// Several nodes on one database: which of them are alive, which deliveries each holds, and how they notify each other.
// As in production, each node has its own store.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { testDatabase } from '../../../test/support/test-database.ts'
import type { Incarnation } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import {
  acme,
  newEvent,
  sampleAttempt,
  sampleErasure,
  sampleEvent,
  sampleKey,
  sampleOperatorKey,
  sampleMove,
  start,
} from '../../../test/conformance/store/samples.ts'
import { accept, addEndpoint, claimOne, commit, delivery } from '../../../test/conformance/store/steps.ts'
import { IncarnationLost, type Store } from '../../contracts/store.ts'
import type { Change } from '../../contracts/lease-store.ts'
import { openPostgresStore } from './postgres-store.ts'

interface Node {
  readonly store: Store
  readonly id: Incarnation
  /** The changes that the store reported to its listener. */
  readonly received: Change[]
}

async function openNodes(t: TestContext, count: number): Promise<{ nodes: [Node, Node, ...Node[]]; url: string }> {
  const database = await testDatabase()
  const nodes: Node[] = []
  t.after(async () => {
    for (const { store } of nodes) await store.close()
    await database.drop()
  })
  while (nodes.length < count) {
    const store = await openPostgresStore(database.url)
    const received: Change[] = []
    store.listen((change) => received.push(change))
    nodes.push({ store, id: await store.join(start), received })
  }
  return { nodes: nodes as [Node, Node], url: database.url }
}

/** Runs a statement on a connection of its own, in the schema of the test. */
async function sql(url: string, text: string, ...values: unknown[]): Promise<pg.QueryResult> {
  const schema = new URL(url).searchParams.get('schema') ?? 'posthorn'
  const client = new pg.Client({ connectionString: url.split('?')[0], options: `-c search_path=${schema}` })
  await client.connect()
  try {
    return await client.query(text, values)
  } finally {
    await client.end()
  }
}

suite('nodes of one database', { concurrency: 4 }, () => {
  test('a report of the largest size reaches every other node, once', async (t) => {
    const { nodes } = await openNodes(t, 3)
    const [a, b, c] = nodes as [Node, Node, Node]
    const attempts = { delivered: 1, rejected: 0, timedOut: 0, unreachable: 0, blocked: 0 }
    const counts = { number: 1, accepted: 1, attempts, queued: 0, inFlight: 0, watches: [], rows: [] }
    const size = Buffer.byteLength(JSON.stringify({ ...counts, matched: { '': 1 } }))
    const report = { ...counts, matched: { ['x'.repeat(limits.nodeReportBytesMax - size)]: 1 } }
    await a.store.report(report)
    const reportsOf = ({ received }: Node) =>
      received.flatMap((change) => (change.kind === 'report' ? [change.report] : []))
    while (reportsOf(b).length === 0 || reportsOf(c).length === 0) await sleep(10)
    await sleep(100)
    assert.deepEqual([a, b, c].map(reportsOf), [[], [report], [report]])
  })

  test('a heartbeat returns how long the most silent other node has been silent', async (t) => {
    const { nodes } = await openNodes(t, 3)
    const [a, b, c] = nodes as [Node, Node, Node]
    await sleep(120)
    await b.store.heartbeat(b.id, start)
    const { alive, silentMs } = await a.store.heartbeat(a.id, start)
    assert.equal(alive, true)
    assert.ok(silentMs >= 110 && silentMs < 5000, `${silentMs} ms`)
    await c.store.leave(c.id)
    assert.ok((await a.store.heartbeat(a.id, start)).silentMs < silentMs, 'a node that has left is not silent')
  })

  test('after a failover that lost a confirmed commit, the incarnation ends at its next heartbeat or commit', async (t) => {
    const { nodes, url } = await openNodes(t, 2)
    const endpoint = await addEndpoint(nodes[0].store)
    for (const { store, id } of nodes) {
      await accept(store, id, endpoint, 0)
      assert.equal((await store.heartbeat(id, start)).alive, true)
    }
    // As on a standby that had not received the last commit of either node.
    await sql(url, 'UPDATE nodes SET commits = commits - 1')
    const [a, b] = nodes
    assert.equal((await a.store.heartbeat(a.id, start)).alive, false)
    await assert.rejects(accept(b.store, b.id, endpoint, 0), IncarnationLost)
    for (const { store } of nodes) {
      const next = await store.join(start)
      await accept(store, next, endpoint, 0)
      assert.equal((await store.heartbeat(next, start)).alive, true)
    }
  })

  test('only silent nodes are declared dead, and only the deliveries that they held are due again', async (t) => {
    const { nodes } = await openNodes(t, 3)
    const [a, b, c] = nodes as [Node, Node, Node]
    const endpoint = await addEndpoint(a.store)
    const [ofB] = await accept(b.store, b.id, endpoint, 0, { leased: true })
    const [ofC] = await accept(c.store, c.id, endpoint, 0, { leased: true })
    await sleep(200)
    await c.store.heartbeat(c.id, start)
    assert.equal((await a.store.takeOver(a.id, 150, start)).length, 1)
    assert.equal(await a.store.countWaiting(), 1)
    assert.deepEqual(await claimOne(a.store, a.id, 1, endpoint.key, 9), [ofB])
    assert.equal((await b.store.heartbeat(b.id, start)).alive, false)
    assert.equal((await c.store.heartbeat(c.id, start)).alive, true)
    const done = await commit(c.store, c.id, 2, { moves: [sampleMove(ofC, endpoint.key, { to: 'delivered' }, 2)] })
    assert.deepEqual(done.fenced, [])
    assert.equal((await a.store.takeOver(a.id, 60_000, start)).length, 0)
  })

  test('a commit keeps a node alive as a heartbeat does', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [a, b] = nodes
    await addEndpoint(a.store)
    await sleep(200)
    await commit(b.store, b.id, 0, { events: [newEvent(sampleEvent(acme, 0), [], true)] })
    assert.equal((await a.store.takeOver(a.id, 150, start)).length, 0)
  })

  test('a node that was declared dead stores no events, records no outcomes and claims no deliveries', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [a, b] = nodes
    const endpoint = await addEndpoint(a.store)
    const [held] = await accept(b.store, b.id, endpoint, 0, { leased: true })
    await accept(a.store, a.id, endpoint, 0)
    await sleep(20)
    await a.store.takeOver(a.id, 10, start)
    const event = sampleEvent(acme, 1)
    const late = { events: [newEvent(event, [endpoint.key], true)] }
    await assert.rejects(commit(b.store, b.id, 1, late), IncarnationLost)
    const move = sampleMove(held, endpoint.key, { to: 'delivered' }, 1, sampleAttempt(1, 1))
    const summary = { endpoint: endpoint.key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: true }
    await assert.rejects(commit(b.store, b.id, 1, { moves: [move], summaries: [summary] }), IncarnationLost)
    await assert.rejects(b.store.claim(b.id, start + 1, [{ endpoint: endpoint.key, room: 9 }]), IncarnationLost)
    assert.deepEqual(await a.store.findEvents(event.id, acme), [])
    assert.equal((await delivery(a.store, held)).status, 'pending')
    assert.equal((await a.store.endpointStatus(endpoint.key)).attempts, 0)
    assert.equal(await a.store.countWaiting(), 2)
    const again = await b.store.join(start)
    assert.deepEqual((await claimOne(b.store, again, 2, endpoint.key, 9)).length, 2)
  })

  test('two nodes never claim the same delivery', async (t) => {
    const { nodes } = await openNodes(t, 3)
    const endpoints = [await addEndpoint(nodes[0].store), await addEndpoint(nodes[0].store)]
    for (const endpoint of endpoints) await accept(nodes[0].store, nodes[0].id, endpoint, 0, { count: 300 })
    const claimed: string[] = []
    for (let round = 0; claimed.length < 600; round++) {
      assert.ok(round < 500, `only ${claimed.length} were claimed`)
      const requests = endpoints.map(({ key }) => ({ endpoint: key, room: 7 }))
      const claims = await Promise.all(nodes.map(({ store, id }) => store.claim(id, start + 1, requests)))
      claimed.push(...claims.flatMap(({ deliveries }) => deliveries.map(({ id }) => id)))
    }
    assert.equal(new Set(claimed).size, 600)
    assert.equal(await nodes[0].store.countWaiting(), 0)
    assert.equal(await nodes[0].store.nextDueAt(), null)
  })

  test('the attempts that nodes count for one endpoint add up, and the slot of a node that left is used again', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [a, b] = nodes
    const { key } = await addEndpoint(a.store)
    const summary = { endpoint: key, attempts: 2, lastAttemptSucceeded: true }
    for (let round = 1; round <= 3; round++) {
      await commit(a.store, a.id, round, { summaries: [{ ...summary, lastAttemptAt: start + round }] })
    }
    await commit(b.store, b.id, 9, {
      summaries: [{ ...summary, lastAttemptAt: start + 9, lastAttemptSucceeded: false }],
    })
    await b.store.leave(b.id)
    const again = await b.store.join(start)
    await commit(b.store, again, 4, { summaries: [{ ...summary, lastAttemptAt: start + 10 }] })
    const expected = { attempts: 10, lastAttemptAt: start + 10, lastAttemptSucceeded: true }
    assert.partialDeepStrictEqual(await a.store.endpointStatus(key), expected)
  })

  test('a node learns of failures that other nodes recorded, and of the end of the failures', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [a, b] = nodes
    const { key } = await addEndpoint(a.store)
    const summary = { endpoint: key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: false }
    assert.deepEqual(
      (await commit(a.store, a.id, 1, { summaries: [{ ...summary, health: 'since 1' }] })).remoteHealth,
      [],
    )
    const failing = await commit(b.store, b.id, 2, { summaries: [summary] })
    assert.deepEqual(failing.remoteHealth, [{ tenant: acme, endpoint: key, expectedHealth: null, health: 'since 1' }])
    await commit(b.store, b.id, 3, { summaries: [{ ...summary, expectedHealth: 'since 1', health: null }] })
    const cleared = await commit(a.store, a.id, 4, { summaries: [{ ...summary, expectedHealth: 'since 1' }] })
    assert.deepEqual(cleared.remoteHealth, [{ tenant: acme, endpoint: key, expectedHealth: 'since 1', health: null }])
    assert.deepEqual((await commit(a.store, a.id, 5, { summaries: [summary] })).remoteHealth, [])
  })
})

suite('changes', { concurrency: 4 }, () => {
  test('of tenants, endpoints and keys reach all other nodes before their calls resolve', async (t) => {
    const { nodes } = await openNodes(t, 3)
    const [a, b, c] = nodes as [Node, Node, Node]
    const key = sampleKey([acme], 'hash')
    const tenant: Change = { kind: 'tenant', tenant: acme }
    const keys: Change = { kind: 'keys' }
    const assertReceived = async (changes: readonly Change[], call: () => Promise<unknown>): Promise<void> => {
      for (const { received } of nodes) received.length = 0
      await call()
      for (const { received } of [b, c]) {
        const news = received.map(({ kind, ...rest }) => ('tenant' in rest ? { kind, tenant: rest.tenant } : { kind }))
        assert.deepEqual(news, changes)
      }
    }
    await assertReceived([tenant, tenant], async () => void (await addEndpoint(a.store)))
    const [endpoint] = (await a.store.loadTenant(acme))?.endpoints ?? []
    assert.ok(endpoint !== undefined)
    const { health: _, ...stored } = endpoint
    await assertReceived([tenant], () => a.store.updateEndpoint({ ...stored, updatedAt: start + 1 }, start))
    await assertReceived([], () => a.store.updateEndpoint({ ...stored, updatedAt: start + 2 }, start))
    await assertReceived([tenant], () => a.store.updateTenant(acme, { name: 'x', settings: {} }))
    await a.store.createKey(key)
    await assertReceived([keys], () => a.store.revokeKey(key.id, start))
    const operatorKey = sampleOperatorKey('hash')
    await a.store.createOperatorKey(operatorKey)
    await assertReceived([keys], () => a.store.updateOperatorKey(operatorKey, operatorKey.seal))
    await assertReceived([keys], () => a.store.deleteOperatorKey(operatorKey.id))
    await assertReceived([tenant], () => a.store.deleteEndpoint(acme, endpoint.key, start))
    await assertReceived([tenant, keys], () => a.store.deleteTenant(acme, sampleErasure(0)))
  })

  test('of a commit, and waiting deliveries, are notified without waiting for other nodes', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [a, b] = nodes
    const endpoint = await addEndpoint(a.store)
    b.received.length = 0
    const [id] = await accept(a.store, a.id, endpoint, 0)
    await until(() => b.received.some(({ kind }) => kind === 'due'))
    const summary = { endpoint: endpoint.key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: false }
    await commit(a.store, a.id, 1, { summaries: [{ ...summary, disable: 'failing' }] })
    await until(() => b.received.some(({ kind }) => kind === 'tenant'))
    b.received.length = 0
    assert.equal(await a.store.rearmDelivery(id, start), true)
    await until(() => b.received.some(({ kind }) => kind === 'due'))
  })

  test('wait for a node that does not acknowledge only until it may no longer trust its memory', async (t) => {
    const { nodes, url } = await openNodes(t, 2)
    const [a] = nodes
    await sql(
      url,
      `INSERT INTO nodes (started_at, heartbeat_at, name, slot) VALUES (0, clock_timestamp(), 'ghost', 99)`,
    )
    const begin = performance.now()
    await a.store.updateTenant((await addTenantSilently(url, a)).tenant, { name: 'x', settings: {} })
    const took = performance.now() - begin
    assert.ok(took >= limits.trustMs && took < limits.trustMs + 2000, `${took} ms`)
  })

  test('may have been missed when the connection that listens has broken', async (t) => {
    const { nodes, url } = await openNodes(t, 2)
    const [a, b] = nodes
    const terminate = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1'
    await sql(url, terminate, `${new URL(url).searchParams.get('schema')} listens`)
    await until(() => nodes.every(({ received }) => received.some(({ kind }) => kind === 'everything')))
    for (const { store, id } of nodes) assert.equal((await store.heartbeat(id, start)).alive, true)
    b.received.length = 0
    await addEndpoint(a.store)
    assert.ok(
      b.received.some(({ kind }) => kind === 'tenant'),
      'changes arrive again after the next heartbeat',
    )
  })
})

/** Adds a tenant without notifying other nodes. */
async function addTenantSilently(url: string, { store }: Node): Promise<{ tenant: typeof acme }> {
  await sql(url, `INSERT INTO tenants (id, dialect, settings, created_at) VALUES ($1, 'standard', '{}', 0)`, acme)
  assert.ok((await store.findTenant(acme)) !== null)
  return { tenant: acme }
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 5000
  while (!holds()) {
    assert.ok(Date.now() < giveUpAt, 'the condition did not hold within 5 s')
    await sleep(5)
  }
}
