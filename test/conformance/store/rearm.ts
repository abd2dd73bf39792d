// The retry of one delivery by the operator, and the replay of many deliveries.

import assert from 'node:assert/strict'
import type { DeliveryStatus } from '../../../src/domain/delivery.ts'
import type { DeliveryId, EndpointKey, Incarnation } from '../../../src/domain/ids.ts'
import type { Store } from '../../../src/contracts/store.ts'
import type { Move } from '../../../src/contracts/commit-store.ts'
import type { StoredEndpoint } from '../../../src/contracts/account-store.ts'
import { deliveryId, sampleAttempt, sampleMove, start } from './samples.ts'
import {
  accept,
  addEndpoint,
  attemptsOf,
  type Case,
  claimOne,
  commit,
  delivery,
  dueKeys,
  nodeAndEndpoint,
  rearmAll,
} from './steps.ts'
import { everyDelivery } from '../../../src/contracts/history-store.ts'

const ends: readonly Move[] = [
  { to: 'delivered' },
  { to: 'failed', reason: 'retries exhausted' },
  { to: 'cancelled', reason: 'endpoint disabled' },
]

export function rearmCases(promise: Case): void {
  for (const end of ends) {
    promise(`a retry of a ${end.to} delivery starts its schedule again`, async (store) => {
      const { node, endpoint, key } = await nodeAndEndpoint(store)
      const id = await triedTwice(store, node, endpoint, end)
      assert.equal(await store.rearmDelivery(id, start + 500), true)
      assert.partialDeepStrictEqual(await delivery(store, id), {
        status: 'pending',
        attempts: 2,
        attemptsBefore: 2,
        dueAt: start + 500,
        reason: null,
        endedAt: null,
      })
      assert.equal((await attemptsOf(store, id)).length, 2)
      const due = await store.nextDueAt()
      assert.ok(due !== null && due <= start + 500)
      assert.deepEqual(await dueKeys(store, start + 500, 5), [key])
      const { deliveries } = await store.claim(node, start + 500, [{ endpoint: key, room: 1 }])
      assert.equal(deliveries.length, 1)
      assert.partialDeepStrictEqual(deliveries[0], { id, attempts: 2, attemptsBefore: 2 })
      const moves = [sampleMove(id, key, { to: 'delivered' }, 600, sampleAttempt(3, 600))]
      assert.deepEqual((await commit(store, node, 600, { moves })).fenced, [])
      assert.equal((await attemptsOf(store, id)).length, 3)
    })
  }

  promise('a retry of a waiting delivery makes it due now and keeps its place in the schedule', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const id = await triedTwice(store, node, endpoint, { to: 'waiting', dueAt: start + 9_000_000 })
    assert.equal(await store.rearmDelivery(id, start + 500), true)
    const waiting = { status: 'pending', attempts: 2, attemptsBefore: 0, dueAt: start + 500 }
    assert.partialDeepStrictEqual(await delivery(store, id), waiting)
    assert.deepEqual(await claimOne(store, node, 500, key, 1), [id])
    assert.equal(await store.rearmDelivery(id, start + 501), false, 'the delivery is in flight')
    assert.equal(await store.rearmDelivery(deliveryId(start), start + 501), false, 'there is no such delivery')
  })

  promise('a repeated delivery is another one of the same event to the same endpoint', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const first = await ended(store, node, endpoint, 10, { to: 'delivered' })
    const again = deliveryId(start + 10)
    assert.equal(await store.repeatDelivery(first, again, start + 500), true)
    const repeated = await delivery(store, again)
    const { eventId, tenant } = await delivery(store, first)
    assert.partialDeepStrictEqual(repeated, { eventId, status: 'pending', attempts: 0, dueAt: start + 500 })
    const all = await store.deliveriesOfEvent({ tenant, id: eventId })
    assert.deepEqual(new Set(all.map(({ id }) => id)), new Set([first, again]))
    const filter = { ...everyDelivery, tenant, endpoint: key }
    assert.equal((await store.listDeliveries(filter, { limit: 5, after: null })).rows.length, 2)
    assert.deepEqual(await dueKeys(store, start + 500, 5), [key])
    assert.deepEqual(await claimOne(store, node, 500, key, 5), [again])
    assert.equal(await store.repeatDelivery(deliveryId(start), deliveryId(start), start), false, 'no such delivery')
  })

  promise('a replay rearms the deliveries of its time range and its statuses', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const second = await addEndpoint(store)
    const ids: Record<string, DeliveryId> = {}
    for (const at of [0, 10, 19, 20]) {
      for (const end of ends) ids[`${end.to} ${at}`] = await ended(store, node, endpoint, at, end)
      ids[`waiting ${at}`] = (await accept(store, node, endpoint, at))[0]
      ids[`leased ${at}`] = (await accept(store, node, endpoint, at, { leased: true }))[0]
    }
    await ended(store, node, second, 10, { to: 'delivered' })
    const expect = async (statuses: DeliveryStatus[], names: string[]): Promise<void> => {
      const request = { since: start + 10, until: start + 20, statuses, now: start + 100 }
      assert.equal(await rearmAll(store, key, { ...request, rowsMax: 100 }), names.length)
      const due = await Promise.all(Object.values(ids).map((id) => delivery(store, id)))
      const rearmed = due.filter(({ dueAt }) => dueAt === start + 100).map(({ id }) => id)
      assert.deepEqual(new Set(rearmed), new Set(names.map((name) => ids[name])))
    }
    await expect([], [])
    await expect(['failed'], ['failed 10', 'failed 19'])
    // The failed deliveries are waiting by now.
    const waiting = ['failed 10', 'failed 19', 'waiting 10', 'waiting 19']
    await expect(['pending'], waiting)
    assert.equal((await store.findDelivery(ids['leased 10'] as DeliveryId))?.delivery.dueAt, start + 10)
    assert.deepEqual(await dueKeys(store, start + 100, 5), [key])
  })

  promise('a replay runs in bounded steps and leaves out no delivery', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const ids: DeliveryId[] = []
    for (let at = 0; at < 25; at++) {
      ids.push(await ended(store, node, endpoint, at, ends[at % 2 === 0 ? 1 : 0] as Move))
    }
    const request = { since: start, until: start + 1000, statuses: ['failed'] as const, now: start + 100 }
    assert.equal(await rearmAll(store, key, { ...request, rowsMax: 4 }), 13)
    assert.equal(await store.countWaiting(), 13)
    const claimed = await claimOne(store, node, 100, key, 100)
    assert.deepEqual(claimed.toSorted(), ids.filter((_, at) => at % 2 === 0).toSorted())
    const none = { ...request, rowsMax: 4, endpoint: 99 as EndpointKey, after: null }
    assert.deepEqual(await store.rearmDeliveries(none), { count: 0, last: null })
  })

  promise('a replay of all statuses rearms all deliveries except those in flight', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    for (const end of ends) await ended(store, node, endpoint, 1, end)
    await accept(store, node, endpoint, 1)
    await accept(store, node, endpoint, 1, { leased: true })
    const statuses: DeliveryStatus[] = ['pending', 'delivered', 'failed', 'cancelled']
    const request = { since: 0, until: start + 10_000, statuses, now: start + 100, rowsMax: 2 }
    assert.equal(await rearmAll(store, key, request), 4)
    assert.equal((await claimOne(store, node, 100, key, 10)).length, 4)
  })
}

/** A delivery that ended without an attempt. */
async function ended(
  store: Store,
  node: Incarnation,
  endpoint: StoredEndpoint,
  at: number,
  end: Move,
): Promise<DeliveryId> {
  const [id] = await accept(store, node, endpoint, at, { leased: true })
  await commit(store, node, at, { moves: [sampleMove(id, endpoint.key, end, at)] })
  return id
}

/** A delivery that its second attempt moved to `end`. */
async function triedTwice(store: Store, node: Incarnation, endpoint: StoredEndpoint, end: Move): Promise<DeliveryId> {
  const { key } = endpoint
  const [id] = await accept(store, node, endpoint, 0, { leased: true })
  const wait = { to: 'waiting', dueAt: start + 100 } as const
  await commit(store, node, 1, { moves: [sampleMove(id, key, wait, 1, sampleAttempt(1, 1))] })
  await claimOne(store, node, 100, key, 1)
  await commit(store, node, 101, { moves: [sampleMove(id, key, end, 101, sampleAttempt(2, 101))] })
  return id
}
