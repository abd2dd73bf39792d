import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../test/support/fake-clock.ts'
import type { Incarnation } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { IncarnationLost, type Store, StoreUnavailable } from '../contracts/store.ts'
import type { Change } from '../contracts/lease-store.ts'
import { Membership } from './membership.ts'
import type { EngineObserver } from '../contracts/observer.ts'

/** A membership on a fake store that other nodes share, with the methods that a membership calls. */
async function rig() {
  const clock = new FakeClock()
  const calls: string[] = []
  const state = { away: false, alive: true, silentMs: 0, taken: 0, incarnations: 0 }
  let tell: (change: Change) => void = () => {}
  const answer = <Value>(value: () => Value): Promise<Value> =>
    state.away ? Promise.reject(new StoreUnavailable('away')) : Promise.resolve(value())
  const store: Partial<Store> = {
    shared: true,
    join: () => answer(() => ++state.incarnations as Incarnation),
    leave: (node) => answer(() => void calls.push(`left ${node}`)),
    heartbeat: () => answer(() => ({ alive: state.alive, silentMs: state.silentMs })),
    takeOver: () =>
      answer(() => {
        state.taken += 1
        const node = state.taken as Incarnation
        return [{ incarnation: node, startedAt: 0, version: null, role: null, heartbeatAt: null }]
      }),
    listen: (listener) => void (tell = listener),
  }
  const observer = { failed: () => {}, storeAnswered: () => {}, changed: () => {} } as unknown as EngineObserver
  const membership = await Membership.join(store as Store, clock, observer)
  membership.start({
    lost: () => calls.push('lost'),
    joined: () => calls.push('joined'),
    tookOver: () => calls.push('took over'),
  })
  return { clock, membership, state, calls, tell: (change: Change) => tell(change) }
}

/** Lets time pass in steps of a second, so that the clock does not jump. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) await clock.advance(Math.min(left, 1000))
}

test('a node is trusted only as long as its heartbeats are answered', async () => {
  const { clock, membership, state } = await rig()
  const epoch = membership.cacheEpoch()
  assert.ok(epoch !== null)
  await pass(clock, 10 * limits.trustMs)
  assert.equal(membership.cacheEpoch(), epoch)
  state.away = true
  await pass(clock, limits.trustMs)
  assert.equal(membership.cacheEpoch(), null)
  state.away = false
  await pass(clock, limits.heartbeatIntervalMs)
  const after = membership.cacheEpoch()
  assert.ok(after !== null && after !== epoch, 'everything that was read before is dropped')
  assert.equal(membership.incarnation, 1)
})

test('a node loses trust before other nodes may declare it dead', () => {
  assert.ok(limits.trustMs + limits.heartbeatIntervalMs <= limits.deadAfterMs)
})

test('a clock that is set back neither prolongs trust nor delays a takeover', async () => {
  const { clock, membership, state } = await rig()
  state.away = true
  clock.set(clock.now() - 3_600_000)
  await pass(clock, limits.trustMs)
  assert.equal(membership.cacheEpoch(), null)
  state.away = false
  state.silentMs = 60_000
  await pass(clock, limits.heartbeatIntervalMs)
  clock.set(clock.now() - 3_600_000)
  await pass(clock, limits.deadAfterMs + limits.heartbeatIntervalMs)
  assert.ok(state.taken > 0)
})

test('a node is not trusted after its machine was suspended, when only the wall clock has advanced', async () => {
  const { clock, membership } = await rig()
  clock.set(clock.now() + limits.trustMs)
  assert.equal(membership.cacheEpoch(), null)
})

test('a report of missed changes ends the trust until a heartbeat is answered', async () => {
  const { clock, membership, tell } = await rig()
  const epoch = membership.cacheEpoch()
  tell({ kind: 'everything' })
  assert.equal(membership.cacheEpoch(), null)
  await pass(clock, 1)
  const after = membership.cacheEpoch()
  assert.ok(after !== null && after !== epoch)
})

test('a node that was declared dead drops everything and joins as another incarnation', async () => {
  const { clock, membership, state, calls } = await rig()
  state.alive = false
  await pass(clock, limits.heartbeatIntervalMs)
  state.alive = true
  await clock.settle()
  assert.deepEqual(calls, ['lost', 'left 1', 'joined'])
  assert.equal(membership.incarnation, 2)
  assert.ok(membership.cacheEpoch() !== null)
  await pass(clock, 10 * limits.heartbeatIntervalMs)
  assert.equal(membership.incarnation, 2)
})

test('a node that gives up while the database is unavailable joins again when it answers', async () => {
  const { clock, membership, state, calls } = await rig()
  state.away = true
  membership.giveUp(new IncarnationLost('unknown', { outcomeUnknown: true }))
  assert.deepEqual(calls, ['lost'])
  await pass(clock, 60_000)
  assert.equal(membership.incarnation, null)
  assert.equal(membership.cacheEpoch(), null)
  state.away = false
  await pass(clock, limits.storeRetryMsMax)
  assert.deepEqual(calls, ['lost', 'left 1', 'joined'])
  assert.equal(membership.incarnation, 2)
})

test('a silent node is taken over, but not by a node whose heartbeats were just answered again', async () => {
  const { clock, state, calls } = await rig()
  state.away = true
  await pass(clock, 60_000)
  state.away = false
  state.silentMs = 60_000
  await pass(clock, limits.storeRetryMsMax)
  assert.equal(state.taken, 0, 'an outage of the database makes no node dead')
  await pass(clock, limits.deadAfterMs + limits.heartbeatIntervalMs)
  assert.ok(state.taken > 0)
  assert.ok(calls.includes('took over'))
  state.silentMs = limits.deadAfterMs
  const { taken } = state
  await pass(clock, 60_000)
  assert.equal(state.taken, taken, 'a node that was not silent for long enough is not taken over')
})

test('leaving ends the heartbeats, also while the node joins again', async () => {
  const { clock, membership, state, calls } = await rig()
  await membership.leave()
  assert.deepEqual(calls, ['left 1'])
  const other = await rig()
  other.state.away = true
  other.membership.giveUp(new IncarnationLost('unknown', { outcomeUnknown: true }))
  await other.clock.settle()
  await other.membership.leave()
  await pass(clock, 60_000)
  assert.equal(state.incarnations, 1)
})
