// A commit whose answer is lost takes effect exactly once or not at all, at every point where the connection may break.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Relay, startRelay } from '../../../test/support/relay.ts'
import { testDatabase } from '../../../test/support/test-database.ts'
import type { Incarnation } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import {
  acme,
  newEvent,
  sampleAttempt,
  sampleEvent,
  sampleMove,
  start,
} from '../../../test/conformance/store/samples.ts'
import { accept, addEndpoint, attemptsOf, commit, delivery } from '../../../test/conformance/store/steps.ts'
import { IncarnationLost, type Store, StoreUnavailable } from '../../contracts/store.ts'
import { openPostgresStore } from './postgres-store.ts'

/** Longer than a node needs to leave, and shorter than the server allows a transaction to be idle. */
const leaveMs = 300

async function openThroughRelay(t: TestContext): Promise<{ store: Store; node: Incarnation; relay: Relay }> {
  const database = await testDatabase()
  const relay = await startRelay(t, database.url)
  const store = await openPostgresStore(relay.url)
  t.after(async () => {
    await store.close()
    await database.drop()
  })
  return { store, node: await store.join(start), relay }
}

const isRefused = (error: unknown): boolean =>
  error instanceof StoreUnavailable && !(error instanceof IncarnationLost) && !error.outcomeUnknown

suite('the connection of a commit breaks', { concurrency: 4 }, () => {
  test('after the commit took effect: the store finds out its result', async (t) => {
    const { store, node, relay } = await openThroughRelay(t)
    const { key, tenant } = await addEndpoint(store)
    const [held, fenced] = await accept(store, node, { key, tenant }, 0, { leased: true, count: 2 })
    const first = sampleEvent(acme, 0)
    await commit(store, node, 0, { events: [newEvent(first, [key], true)] })
    const repeated = newEvent(first, [key], true)
    const event = newEvent(sampleEvent(acme, 1), [key], true)
    const bare = newEvent(sampleEvent(acme, 1), [], true)
    const stale = { ...newEvent(sampleEvent(acme, 1), [key], true), version: -1 }
    const other = newEvent({ ...first, data: '"other"' }, [key], true)
    const attempt = sampleAttempt(1, 1)
    const summary = { endpoint: key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: true }
    relay.breakAt = { text: event.event.id, when: 'answer' }
    const result = await commit(store, node, 1, {
      events: [event, repeated, bare, stale, other],
      moves: [sampleMove(held, key, { to: 'delivered' }, 1, attempt)],
      summaries: [summary],
    })
    assert.equal(relay.broken, 1)
    assert.deepEqual(
      result.events.map(({ kind }) => kind),
      ['stored', 'duplicate', 'stored', 'stale', 'conflict'],
    )
    assert.equal((await delivery(store, held)).status, 'delivered')
    assert.deepEqual(await attemptsOf(store, held), [attempt])
    assert.equal((await store.endpointStatus(key)).attempts, 1)
    assert.equal((await store.deliveriesOfEvent(event.event)).length, 1)
    assert.ok(fenced !== undefined)
    await commit(store, node, 2, { moves: [sampleMove(fenced, key, { to: 'delivered' }, 2)] })
    assert.equal((await delivery(store, fenced)).status, 'delivered', 'the node continues to commit')
  })

  test('before the server got the commit: it has no effect, and the next try is stored', async (t) => {
    const { store, node, relay } = await openThroughRelay(t)
    const { key } = await addEndpoint(store)
    const event = newEvent(sampleEvent(acme, 1), [key], true)
    relay.breakAt = { text: event.event.id, when: 'request' }
    await assert.rejects(commit(store, node, 1, { events: [event] }), isRefused)
    assert.equal(relay.broken, 1)
    assert.deepEqual(await store.findEvents(event.event.id, acme), [])
    assert.deepEqual((await commit(store, node, 1, { events: [event] })).events, [{ kind: 'stored' }])
  })

  test('before the server got the commit: it is refused if it arrives late', async (t) => {
    const { store, node, relay } = await openThroughRelay(t)
    const { key } = await addEndpoint(store)
    const [held] = await accept(store, node, { key, tenant: acme }, 0, { leased: true })
    const late = newEvent(sampleEvent(acme, 1), [key], true)
    const moves = [sampleMove(held, key, { to: 'delivered' }, 1, sampleAttempt(1, 1))]
    const summaries = [{ endpoint: key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: true }]
    relay.breakAt = { text: late.event.id, when: 'late' }
    await assert.rejects(commit(store, node, 1, { events: [late], moves, summaries }), isRefused)
    assert.equal(relay.broken, 1)
    await relay.letThrough()
    assert.deepEqual(await store.findEvents(late.event.id, acme), [])
    assert.equal((await delivery(store, held)).status, 'pending')
    assert.equal((await store.endpointStatus(key)).attempts, 0)
    // The next commit is stored. Its answer is lost, and the store finds it by its number.
    relay.breakAt = { text: late.event.id, when: 'answer' }
    assert.deepEqual((await commit(store, node, 2, { events: [late], moves })).events, [{ kind: 'stored' }])
    assert.equal(relay.broken, 2)
    assert.deepEqual((await commit(store, node, 3, { summaries })).fenced, [])
  })

  for (const { fate, when } of [
    { fate: 'took effect', when: 'answer' },
    { fate: 'did not take effect', when: 'request' },
  ] as const) {
    test(`and it ${fate}: the store asks for its result until an answer comes`, async (t) => {
      const { store, node, relay } = await openThroughRelay(t)
      const { key } = await addEndpoint(store)
      const event = newEvent(sampleEvent(acme, 1), [key], true)
      relay.breakAt = { text: event.event.id, when }
      const committed = commit(store, node, 1, { events: [event] })
      while (relay.broken === 0) await sleep(1)
      relay.breakAt = { text: 'CASE WHEN commits', when: 'answer' }
      if (fate === 'took effect') assert.deepEqual((await committed).events, [{ kind: 'stored' }])
      else await assert.rejects(committed, isRefused)
      assert.equal(relay.broken, 2)
      const again = newEvent(sampleEvent(acme, 2), [key], true)
      assert.deepEqual((await commit(store, node, 2, { events: [again] })).events, [{ kind: 'stored' }])
      assert.equal((await store.findEvents(event.event.id, acme)).length, fate === 'took effect' ? 1 : 0)
    })
  }

  test('and the database stays unavailable: the outcome is unknown, and the incarnation ends', async (t) => {
    const { store, node, relay } = await openThroughRelay(t)
    const { key } = await addEndpoint(store)
    const event = newEvent(sampleEvent(acme, 1), [key], true)
    relay.breakAt = { text: event.event.id, when: 'answer' }
    const committed = commit(store, node, 1, { events: [event] })
    while (relay.broken === 0) await sleep(1)
    relay.down = true
    const begin = Date.now()
    await assert.rejects(committed, (error) => error instanceof IncarnationLost && error.outcomeUnknown)
    assert.ok(Date.now() - begin >= limits.storeAnswerMs - 500)
    relay.down = false
    await store.leave(node)
    const next = await store.join(start)
    const { deliveries } = await store.claim(next, start + 1, [{ endpoint: key, room: 9 }])
    assert.deepEqual(
      deliveries.map(({ id }) => id),
      event.deliveries.map(({ id }) => id),
      'the next incarnation claims the delivery of the commit that took effect',
    )
  })

  test('or that of a claim: the incarnation ends, and the next one claims the same deliveries', async (t) => {
    const { store, node, relay } = await openThroughRelay(t)
    const endpoint = await addEndpoint(store)
    await accept(store, node, endpoint, 0, { count: 3 })
    await store.claim(node, start, [{ endpoint: endpoint.key, room: 0 }])
    relay.breakAt = { text: 'COMMIT', when: 'answer' }
    await assert.rejects(store.claim(node, start + 1, [{ endpoint: endpoint.key, room: 2 }]), IncarnationLost)
    assert.equal(relay.broken, 1)
    await store.leave(node)
    const next = await store.join(start)
    assert.equal((await store.claim(next, start + 1, [{ endpoint: endpoint.key, room: 9 }])).deliveries.length, 3)
  })

  test('or that of a claim that still runs: a node that leaves waits for it and releases its deliveries', async (t) => {
    const { store, node, relay } = await openThroughRelay(t)
    const endpoint = await addEndpoint(store)
    await accept(store, node, endpoint, 0)
    relay.breakAt = { text: 'COMMIT', when: 'late' }
    await assert.rejects(store.claim(node, start + 1, [{ endpoint: endpoint.key, room: 1 }]), IncarnationLost)
    assert.equal(relay.broken, 1)
    await Promise.all([store.leave(node), sleep(leaveMs).then(relay.letThrough)])
    const next = await store.join(start)
    assert.equal((await store.claim(next, start + 1, [{ endpoint: endpoint.key, room: 9 }])).deliveries.length, 1)
  })
})
