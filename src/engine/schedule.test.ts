import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../test/support/fake-clock.ts'
import type { EndpointKey, Incarnation, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { ClaimRequest, DueEndpoint, LeaseStore } from '../contracts/lease-store.ts'
import { Lanes } from './lanes.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import { Schedule } from './schedule.ts'

const endpoint = 1 as EndpointKey
const tenant = 'acme' as TenantId

/**
 * A schedule on a fake store. Each read of due endpoints adds a function to `looks`, and resolves when the test calls
 * it.
 */
function rig() {
  const clock = new FakeClock()
  const looks: (() => void)[] = []
  let next: number | null = null
  let fails = false
  let due: DueEndpoint[] = []
  const claims: (readonly ClaimRequest[])[] = []
  const store: Pick<LeaseStore, 'dueEndpoints' | 'claim' | 'nextDueAt'> = {
    dueEndpoints: () =>
      new Promise((resolve, reject) =>
        looks.push(() => (fails ? reject(new Error('planted')) : resolve(due.splice(0)))),
      ),
    claim: async (_node, _now, requests) => {
      claims.push(requests)
      if (fails) throw new Error('planted')
      return { deliveries: [], more: [] }
    },
    nextDueAt: () => Promise.resolve(next),
  }
  const membership = { incarnation: 1 as Incarnation, giveUp: () => {} }
  const failures: string[] = []
  const observer = {
    failed: (what: string) => failures.push(what),
    storeAnswered: () => {},
  } as unknown as EngineObserver
  const lanes = new Lanes({ start: () => {}, hasRoom: () => {} })
  const schedule = new Schedule(store as LeaseStore, membership, { expect: () => {} }, lanes, clock, observer)
  return {
    clock,
    looks,
    claims,
    schedule,
    failures,
    setDue: (endpoints: DueEndpoint[]) => (due = endpoints),
    setNext: (at: number | null) => (next = at),
    setFails: (value: boolean) => (fails = value),
  }
}

function claimed(claims: readonly (readonly ClaimRequest[])[]): EndpointKey[][] {
  return claims.map((requests) => requests.map((request) => request.endpoint))
}

test('a delivery that becomes due during a claim is claimed right after it', async () => {
  const { clock, looks, schedule } = rig()
  schedule.wakeAt(clock.now())
  await clock.settle()
  assert.equal(looks.length, 1)
  schedule.wakeAt(clock.now() + 1)
  await clock.advance(1)
  assert.equal(looks.length, 1, 'one claim at a time')
  looks[0]?.()
  await clock.settle()
  assert.equal(looks.length, 2)
  looks[1]?.()
  await clock.settle()
  await clock.advance(limits.claimIntervalMs)
  assert.equal(looks.length, 3, 'it continues to claim at intervals')
})

test('the schedule sleeps until the next due time, and claims at intervals in any case', async () => {
  const { clock, looks, schedule, setNext } = rig()
  setNext(clock.now() + 3000)
  schedule.hasRoom(endpoint, tenant)
  await clock.settle()
  looks[0]?.()
  await clock.settle()
  looks[1]?.()
  setNext(null)
  await clock.advance(2999)
  const before = looks.length
  await clock.advance(1)
  assert.equal(looks.length, before + 1)
  looks.at(-1)?.()
  await clock.settle()
  await clock.advance(limits.claimIntervalMs)
  assert.equal(looks.length, before + 2)
})

test('a claim that fails is tried again later, and the failure is reported', async () => {
  const { clock, looks, schedule, failures, setFails } = rig()
  setFails(true)
  schedule.wakeAt(clock.now())
  await clock.settle()
  looks[0]?.()
  await clock.settle()
  assert.equal(failures.length, 1)
  assert.equal(looks.length, 1)
  setFails(false)
  await clock.advance(limits.claimAgainMs)
  assert.equal(looks.length, 2)
})

test('a failed claim for an endpoint is repeated, even if the database does not report it as due', async () => {
  const { clock, looks, claims, schedule, setFails } = rig()
  schedule.hasRoom(endpoint, tenant)
  looks[0]?.()
  setFails(true)
  await clock.settle()
  assert.deepEqual(claimed(claims), [[endpoint]])
  setFails(false)
  await clock.advance(limits.claimAgainMs)
  looks.at(-1)?.()
  await clock.settle()
  assert.deepEqual(claimed(claims), [[endpoint], [endpoint]])
})

test('a stop waits for the running claim and starts no other', async () => {
  const { clock, looks, schedule } = rig()
  schedule.wakeAt(clock.now())
  await clock.settle()
  let stopped = false
  const stopping = schedule.stop().then(() => (stopped = true))
  await clock.settle()
  assert.equal(stopped, false)
  looks[0]?.()
  await stopping
  schedule.hasRoom(endpoint, tenant)
  await clock.advance(60_000)
  assert.equal(looks.length, 1)
})

test('a clock that is set back does not stop the regular claims', async () => {
  const { clock, looks, schedule } = rig()
  const before = clock.now()
  schedule.wakeAt(before)
  await clock.settle()
  looks[0]?.()
  await clock.settle()
  clock.set(before - 3_600_000)
  schedule.wakeAt(before + 1)
  await clock.advance(limits.claimIntervalMs)
  assert.equal(looks.length, 2)
})

test('tenants take turns in a claim, and each leases its share; the other endpoints follow in the next claims', async () => {
  const { clock, looks, claims, schedule, setDue } = rig()
  const flooded = Array.from({ length: 200 }, (_, index) => (index + 1) as EndpointKey)
  for (const one of flooded.slice(0, 100)) schedule.hasRoom(one, tenant)
  setDue([
    ...flooded.slice(100).map((one) => ({ endpoint: one, tenant })),
    { endpoint: 999 as EndpointKey, tenant: 'neighbour' as TenantId },
  ])
  await clock.settle()
  looks[0]?.()
  await clock.settle()
  assert.deepEqual(claimed(claims)[0]?.slice(0, 2), [1, 999])
  const rooms = (claims[0] ?? []).filter((request) => request.endpoint !== 999).map(({ room }) => room)
  assert.equal(
    rooms.reduce((sum, room) => sum + room, 0),
    limits.claimDeliveriesMax / 2,
  )
  for (let look = 1; look < looks.length; look++) {
    looks[look]?.()
    await clock.settle()
  }
  const all = new Set(claimed(claims).flat())
  for (const one of flooded.slice(0, 100)) assert.ok(all.has(one))
})
