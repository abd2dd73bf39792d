import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../test/support/fake-clock.ts'
import type { Incarnation } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { IncarnationLost, type Store, StoreUnavailable } from '../contracts/store.ts'
import type { Change } from '../contracts/lease-store.ts'
import { Membership } from './membership.ts'
import type { EngineObserver } from '../contracts/observer.ts'

/** A store that other nodes share, as far as a membership asks it. */
async function rig() {
  const clock = new FakeClock()
  const said: string[] = []
  const state = { away: false, alive: true, silentMs: 0, taken: 0, incarnations: 0 }
  let tell: (change: Change) => void = () => {}
  const answer = <Value>(value: () => Value): Promise<Value> =>
    state.away ? Promise.reject(new StoreUnavailable('away')) : Promise.resolve(value())
  const store: Partial<Store> = {
    shared: true,
    join: () => answer(() => ++state.incarnations as Incarnation),
    leave: (node) => answer(() => void said.push(`left ${node}`)),
    heartbeat: () => answer(() => ({ alive: state.alive, silentMs: state.silentMs })),
    takeOver: () => answer(() => ++state.taken),
    listen: (listener) => void (tell = listener),
  }
  const observer = { failed: () => {}, storeAnswered: () => {} } as unknown as EngineObserver
  const membership = await Membership.join(store as Store, clock, observer)
  membership.start({
    lost: () => said.push('lost'),
    joined: () => said.push('joined'),
    tookOver: () => said.push('took over'),
  })
  return { clock, membership, state, said, tell: (change: Change) => tell(change) }
}

/** Time goes by, a second at a time: a clock that jumps is another matter. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) await clock.advance(Math.min(left, 1000))
}

test('it is believed as long as heartbeats are heard, and then not', async () => {
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
  assert.ok(after !== null && after !== epoch, 'all that was read before is forgotten')
  assert.equal(membership.incarnation, 1)
})

test('it stops believing before others may declare it dead, whenever its last heartbeat was', () => {
  assert.ok(limits.trustMs + limits.heartbeatIntervalMs <= limits.deadAfterMs)
})

test('a clock that is set back prolongs no trust, and puts off no taking over', async () => {
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

test('a machine that was suspended, so that only its clock on the wall has gone on, is not trusted', async () => {
  const { clock, membership } = await rig()
  clock.set(clock.now() + limits.trustMs)
  assert.equal(membership.cacheEpoch(), null)
})

test('word that changes may have been missed ends the trust until a heartbeat is heard', async () => {
  const { clock, membership, tell } = await rig()
  const epoch = membership.cacheEpoch()
  tell({ kind: 'everything' })
  assert.equal(membership.cacheEpoch(), null)
  await pass(clock, 1)
  const after = membership.cacheEpoch()
  assert.ok(after !== null && after !== epoch)
})

test('a node that was declared dead loses all it holds and joins as another', async () => {
  const { clock, membership, state, said } = await rig()
  state.alive = false
  await pass(clock, limits.heartbeatIntervalMs)
  state.alive = true
  await clock.settle()
  assert.deepEqual(said, ['lost', 'left 1', 'joined'])
  assert.equal(membership.incarnation, 2)
  assert.ok(membership.cacheEpoch() !== null)
  await pass(clock, 10 * limits.heartbeatIntervalMs)
  assert.equal(membership.incarnation, 2)
})

test('one that gives up while the database is away holds nothing until it is back', async () => {
  const { clock, membership, state, said } = await rig()
  state.away = true
  membership.giveUp(new IncarnationLost('unknown', { outcomeUnknown: true }))
  assert.deepEqual(said, ['lost'])
  await pass(clock, 60_000)
  assert.equal(membership.incarnation, null)
  assert.equal(membership.cacheEpoch(), null)
  state.away = false
  await pass(clock, limits.storeRetryMsMax)
  assert.deepEqual(said, ['lost', 'left 1', 'joined'])
  assert.equal(membership.incarnation, 2)
})

test('the silent are taken over, but not by one who has just come back himself', async () => {
  const { clock, state, said } = await rig()
  state.away = true
  await pass(clock, 60_000)
  state.away = false
  state.silentMs = 60_000
  await pass(clock, limits.storeRetryMsMax)
  assert.equal(state.taken, 0, 'that the database was away makes nobody dead')
  await pass(clock, limits.deadAfterMs + limits.heartbeatIntervalMs)
  assert.ok(state.taken > 0)
  assert.ok(said.includes('took over'))
  state.silentMs = limits.deadAfterMs
  const { taken } = state
  await pass(clock, 60_000)
  assert.equal(state.taken, taken, 'nor are they before their time')
})

test('leaving ends the heartbeats, also while it is joining anew', async () => {
  const { clock, membership, state, said } = await rig()
  await membership.leave()
  assert.deepEqual(said, ['left 1'])
  const other = await rig()
  other.state.away = true
  other.membership.giveUp(new IncarnationLost('unknown', { outcomeUnknown: true }))
  await other.clock.settle()
  await other.membership.leave()
  await pass(clock, 60_000)
  assert.equal(state.incarnations, 1)
})
