// A connection becomes silent without being closed: after a failover, or after a device on the path has dropped its
// state. Every call that waits for an answer on it ends in time, and the store continues on new connections without a
// restart.

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

/** Shorter than those of the program. The server ends an idle transaction before the bound of a statement. */
const bounds: typeof databaseBounds = {
  connectMs: 1000,
  readMs: 1000,
  transactionStatementMs: limits.heartbeatIntervalMs + 500,
  answerMs: 1500,
  promptAnswerMs: 1000,
}
/**
 * Enough for a call that asks more than once: one connection is dropped, another is opened, the server ends a
 * transaction.
 */
const endsMs = limits.heartbeatIntervalMs + 2500

interface Rig {
  readonly store: Store
  readonly relay: Relay
  readonly node: Incarnation
  readonly endpoint: StoredEndpoint
  /** Leased to the node; another delivery waits. */
  readonly held: DeliveryId
}

async function open(t: TestContext): Promise<Rig> {
  const database = await testDatabase()
  const relay = await startRelay(t, database.url)
  const store = await openPostgresStore(relay.url, { bounds })
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

const assertFailsInTime = (call: Promise<unknown>, how: (error: unknown) => boolean): Promise<void> =>
  assert.rejects(inTime(call), how)

async function inTime<Result>(call: Promise<Result>): Promise<Result> {
  const ended = new AbortController()
  const late = sleep(endsMs, undefined, { signal: ended.signal }).then(() =>
    assert.fail(`the call did not end within ${endsMs} ms`),
  )
  try {
    return await Promise.race([call, late])
  } finally {
    late.catch(() => {})
    ended.abort()
  }
}

suite('a connection becomes silent', { concurrency: 4 }, () => {
  test('with all other connections: calls on each of them fail in time, and later calls succeed', async (t) => {
    const rig = await open(t)
    const { store, relay, node, endpoint } = rig
    // Opens as many connections as the pool may have.
    await Promise.all([1, 2, 3].map(() => store.loadTenant(acme)))
    relay.forgetAll()
    await Promise.all([
      assertFailsInTime(store.sweep(start, 10), tookNoEffect),
      assertFailsInTime(store.prune(0, start, 10), tookNoEffect),
      assertFailsInTime(claim(rig), isLost),
      assertFailsInTime(disabling(rig), tookNoEffect),
      assertFailsInTime(store.heartbeat(node, start), tookNoEffect),
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

  test('with all other connections: the next heartbeat succeeds before other calls find out', async (t) => {
    const { store, relay, node } = await open(t)
    await Promise.all([1, 2, 3].map(() => store.loadTenant(acme)))
    relay.forgetAll()
    await assertFailsInTime(store.heartbeat(node, start), tookNoEffect)
    assert.equal((await inTime(store.heartbeat(node, start))).alive, true)
  })

  test('before a transaction begins: the transaction has no effect', async (t) => {
    const rig = await open(t)
    rig.relay.breakAt = { text: 'BEGIN', when: 'never' }
    await assertFailsInTime(rig.store.updateTenant(acme, { name: 'Other', settings: {} }), tookNoEffect)
    assert.equal(rig.relay.broken, 1)
    assert.equal(await rig.store.updateTenant(acme, { name: 'Other', settings: {} }), 'written')
  })

  test('at the end of a claim: the incarnation ends, and the next one claims the deliveries', async (t) => {
    const rig = await open(t)
    rig.relay.breakAt = { text: 'COMMIT', when: 'never' }
    await assertFailsInTime(claim(rig), isLost)
    assert.equal(rig.relay.broken, 1)
    await untilAvailable(() => rig.store.leave(rig.node))
    const next = await rig.store.join(start)
    const { deliveries } = await rig.store.claim(next, start + 1, [{ endpoint: rig.endpoint.key, room: 9 }])
    assert.equal(deliveries.length, 2)
  })

  test('at the end of a change: the outcome is unknown', async (t) => {
    const rig = await open(t)
    rig.relay.breakAt = { text: 'COMMIT', when: 'never' }
    await assertFailsInTime(rig.store.updateTenant(acme, { name: 'Other', settings: {} }), isUnknown)
    assert.equal(rig.relay.broken, 1)
    await untilAvailable(() => rig.store.updateTenant(acme, { name: 'Another', settings: {} }))
    assert.equal((await rig.store.findTenant(acme))?.name, 'Another')
  })

  test('at the end of a commit that disables: the store asks for its result, and it has no effect', async (t) => {
    const rig = await open(t)
    rig.relay.breakAt = { text: 'COMMIT', when: 'never' }
    await assertFailsInTime(disabling(rig), tookNoEffect)
    assert.equal(rig.relay.broken, 1)
    assert.equal((await rig.store.loadTenant(acme))?.endpoints[0]?.enabled, true)
    assert.deepEqual((await disabling(rig)).fenced, [])
    assert.equal((await rig.store.loadTenant(acme))?.endpoints[0]?.enabled, false)
  })

  test('during a rollback: the server rolls the transaction back', async (t) => {
    const rig = await open(t)
    await rig.store.leave(rig.node)
    rig.relay.breakAt = { text: 'ROLLBACK', when: 'never' }
    await assertFailsInTime(claim(rig), isLost)
    assert.equal(rig.relay.broken, 1)
    await assert.rejects(claim(rig), /declared dead/)
  })

  test('just after it was opened: it does not keep its place in the pool', async (t) => {
    const { store, relay, held } = await open(t)
    // As many as the pool of lists may have.
    for (let broken = 1; broken <= 3; broken++) {
      relay.breakAt = { text: 'synchronous_commit', when: 'never' }
      await assertFailsInTime(store.findDelivery(held), tookNoEffect)
      assert.equal(relay.broken, broken)
    }
    assert.equal((await inTime(store.findDelivery(held)))?.delivery.id, held)
  })

  test('and the store is closed: closing ends in time', async (t) => {
    const { relay } = await open(t)
    const other = await openPostgresStore(relay.url, { bounds })
    await other.join(start)
    relay.forgetAll()
    await inTime(other.close())
  })

  for (const text of ['synchronous_commit', 'LISTEN', 'pg_notify']) {
    test(`while it is opened to listen, at ${text}: the next heartbeat opens another one`, async (t) => {
      const { store, relay, node } = await open(t)
      relay.breakAt = { text: 'heartbeat_at', when: 'request' }
      await assertFailsInTime(store.heartbeat(node, start), tookNoEffect)
      relay.breakAt = { text, when: 'never' }
      await assertFailsInTime(store.heartbeat(node, start), tookNoEffect)
      assert.equal(relay.broken, 2)
      assert.equal((await store.heartbeat(node, start)).alive, true)
    })
  }
})

/** Retries like a caller, until the server has ended the transaction of the silent connection. */
async function untilAvailable(action: () => Promise<unknown>): Promise<void> {
  const giveUpAt = Date.now() + endsMs
  for (;;) {
    try {
      return void (await action())
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || Date.now() > giveUpAt) throw error
    }
  }
}
