// A connection that says nothing any more, and of which nobody says that it is gone: after a failover, or where
// something in between has forgotten it. Whatever waits for an answer there ends in time, and all goes on without a
// restart on connections that are new.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Relay, startRelay } from '../../../test/support/relay.ts'
import { testDatabase } from '../../../test/support/test-database.ts'
import type { DeliveryId, Incarnation } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import { acme, sampleAttempt, sampleMove, start } from '../../../test/conformance/store/samples.ts'
import { accept, addEndpoint, commit } from '../../../test/conformance/store/steps.ts'
import { IncarnationLost, type Store, StoreUnavailable } from '../../contracts/store.ts'
import type { CommitResult } from '../../contracts/commit-store.ts'
import type { StoredEndpoint } from '../../contracts/account-store.ts'
import type { databaseBounds } from './database.ts'
import { openPostgresStore } from './postgres-store.ts'

/** Shorter than those of the program; a transaction that was left alone is ended by the server within a statement. */
const bounds: typeof databaseBounds = {
  connectMs: 1000,
  readMs: 1000,
  transactionStatementMs: limits.heartbeatIntervalMs + 500,
  answerMs: 1500,
  promptAnswerMs: 1000,
}
/** For what asks more than once: the connection is given up, another is opened, the server ends a transaction. */
const endsMs = limits.heartbeatIntervalMs + 2500

interface Rig {
  readonly store: Store
  readonly relay: Relay
  readonly node: Incarnation
  readonly endpoint: StoredEndpoint
  /** Leased to the node; another one waits. */
  readonly held: DeliveryId
}

async function open(t: TestContext): Promise<Rig> {
  const database = await testDatabase()
  const relay = await startRelay(t, database.url)
  const store = await openPostgresStore(relay.url, bounds)
  t.after(async () => {
    await store.close()
    await database.drop()
  })
  const node = await store.join(start)
  const endpoint = await addEndpoint(store)
  const [held] = await accept(store, node, endpoint, 0, { leased: true })
  await accept(store, node, endpoint, 0)
  return { store, relay, node, endpoint, held }
}

function disabling({ store, node, endpoint, held }: Rig): Promise<CommitResult> {
  const moves = [sampleMove(held, endpoint.key, { to: 'failed', reason: 'endpoint gone' }, 1, sampleAttempt(1, 1))]
  const summary = { endpoint: endpoint.key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: false }
  return commit(store, node, 1, { moves, summaries: [{ ...summary, disable: 'gone' }] })
}

const claim = ({ store, node, endpoint }: Rig): Promise<unknown> =>
  store.claim(node, start + 1, [{ endpoint: endpoint.key, room: 9 }])

const tookNoEffect = (error: unknown): boolean =>
  error instanceof StoreUnavailable && !(error instanceof IncarnationLost) && !error.outcomeUnknown
const isUnknown = (error: unknown): boolean =>
  error instanceof StoreUnavailable && !(error instanceof IncarnationLost) && error.outcomeUnknown
const isLost = (error: unknown): boolean => error instanceof IncarnationLost

const failsInTime = (call: Promise<unknown>, how: (error: unknown) => boolean): Promise<void> =>
  assert.rejects(inTime(call), how)

async function inTime<Result>(call: Promise<Result>): Promise<Result> {
  const ended = new AbortController()
  const late = sleep(endsMs, undefined, { signal: ended.signal }).then(() => assert.fail('no end in sight'))
  try {
    return await Promise.race([call, late])
  } finally {
    late.catch(() => {})
    ended.abort()
  }
}

suite('a connection falls silent', { concurrency: 4 }, () => {
  test('like all others at once, whatever they are for', async (t) => {
    const rig = await open(t)
    const { store, relay, node, endpoint } = rig
    // Every connection that there may be is open.
    await Promise.all([1, 2, 3].map(() => store.loadTenant(acme)))
    relay.forgetAll()
    await Promise.all([
      failsInTime(store.sweep(start, 10), tookNoEffect),
      failsInTime(store.prune(0, start, 10), tookNoEffect),
      failsInTime(claim(rig), isLost),
      failsInTime(disabling(rig), tookNoEffect),
      failsInTime(store.heartbeat(node, start), tookNoEffect),
    ])
    assert.equal((await store.heartbeat(node, start)).alive, true)
    await Promise.all([store.sweep(start, 10), store.prune(0, start, 10), claim(rig)])
    await disabling(rig)
    assert.equal((await store.loadTenant(acme))?.endpoints[0]?.enabled, false)
    await store.leave(node)
    const next = await store.join(start)
    assert.equal(await store.updateTenant(acme, { name: 'Other', settings: {} }), 'written')
    assert.equal(await store.sweep(start, 10), true)
    assert.deepEqual((await store.claim(next, start + 1, [{ endpoint: endpoint.key, room: 9 }])).deliveries, [])
  })

  test('like all others at once, and the node is alive again before the rest has heard of it', async (t) => {
    const { store, relay, node } = await open(t)
    await Promise.all([1, 2, 3].map(() => store.loadTenant(acme)))
    relay.forgetAll()
    await failsInTime(store.heartbeat(node, start), tookNoEffect)
    assert.equal((await inTime(store.heartbeat(node, start))).alive, true)
  })

  test('before a transaction begins: nothing of it took effect', async (t) => {
    const rig = await open(t)
    rig.relay.breakAt = { text: 'BEGIN', when: 'never' }
    await failsInTime(rig.store.updateTenant(acme, { name: 'Other', settings: {} }), tookNoEffect)
    assert.equal(rig.relay.broken, 1)
    assert.equal(await rig.store.updateTenant(acme, { name: 'Other', settings: {} }), 'written')
  })

  test('at the end of a claim: the incarnation is lost, and the next one claims it', async (t) => {
    const rig = await open(t)
    rig.relay.breakAt = { text: 'COMMIT', when: 'never' }
    await failsInTime(claim(rig), isLost)
    assert.equal(rig.relay.broken, 1)
    await untilWell(() => rig.store.leave(rig.node))
    const next = await rig.store.join(start)
    const { deliveries } = await rig.store.claim(next, start + 1, [{ endpoint: rig.endpoint.key, room: 9 }])
    assert.equal(deliveries.length, 2)
  })

  test('at the end of a change: nobody knows whether it took effect', async (t) => {
    const rig = await open(t)
    rig.relay.breakAt = { text: 'COMMIT', when: 'never' }
    await failsInTime(rig.store.updateTenant(acme, { name: 'Other', settings: {} }), isUnknown)
    assert.equal(rig.relay.broken, 1)
    await untilWell(() => rig.store.updateTenant(acme, { name: 'Another', settings: {} }))
    assert.equal((await rig.store.findTenant(acme))?.name, 'Another')
  })

  test('at the end of a commit that disables: it is asked after, and took no effect', async (t) => {
    const rig = await open(t)
    rig.relay.breakAt = { text: 'COMMIT', when: 'never' }
    await failsInTime(disabling(rig), tookNoEffect)
    assert.equal(rig.relay.broken, 1)
    assert.equal((await rig.store.loadTenant(acme))?.endpoints[0]?.enabled, true)
    assert.deepEqual((await disabling(rig)).fenced, [])
    assert.equal((await rig.store.loadTenant(acme))?.endpoints[0]?.enabled, false)
  })

  test('while a transaction is undone: it is undone by the server', async (t) => {
    const rig = await open(t)
    await rig.store.leave(rig.node)
    rig.relay.breakAt = { text: 'ROLLBACK', when: 'never' }
    await failsInTime(claim(rig), isLost)
    assert.equal(rig.relay.broken, 1)
    await assert.rejects(claim(rig), /declared dead/)
  })

  test('when it has just been opened: it takes no room for ever', async (t) => {
    const { store, relay, held } = await open(t)
    // As many as lists may have open.
    for (let broken = 1; broken <= 3; broken++) {
      relay.breakAt = { text: 'synchronous_commit', when: 'never' }
      await failsInTime(store.findDelivery(held), tookNoEffect)
      assert.equal(relay.broken, broken)
    }
    assert.equal((await inTime(store.findDelivery(held)))?.delivery.id, held)
  })

  test('and the store is closed', async (t) => {
    const { relay } = await open(t)
    const other = await openPostgresStore(relay.url, bounds)
    await other.join(start)
    relay.forgetAll()
    await inTime(other.close())
  })

  for (const text of ['synchronous_commit', 'LISTEN', 'pg_notify']) {
    test(`when it is opened to listen, at ${text}`, async (t) => {
      const { store, relay, node } = await open(t)
      relay.breakAt = { text: 'heartbeat_at', when: 'request' }
      await failsInTime(store.heartbeat(node, start), tookNoEffect)
      relay.breakAt = { text, when: 'never' }
      await failsInTime(store.heartbeat(node, start), tookNoEffect)
      assert.equal(relay.broken, 2)
      assert.equal((await store.heartbeat(node, start)).alive, true)
    })
  }
})

/** As callers do: until the server has ended the transaction of which it hears nothing. */
async function untilWell(action: () => Promise<unknown>): Promise<void> {
  const giveUpAt = Date.now() + endsMs
  for (;;) {
    try {
      return void (await action())
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || Date.now() > giveUpAt) throw error
    }
  }
}
