// Polling endpoints: nothing is claimed for them, each delivery is with one consumer at a time, and a fetched delivery
// that is not acknowledged comes back.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type DeliveryId, type EndpointKey, type FetchId, type Incarnation, uuidV7 } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import { day, never } from '../../../src/domain/time.ts'
import type { Fetched } from '../../../src/contracts/poll-store.ts'
import type { Store } from '../../../src/contracts/store.ts'
import type { StoredEndpoint } from '../../../src/contracts/account-store.ts'
import { acme, other, sampleAttempt, sampleMove, sampleTenant, start } from './samples.ts'
import {
  accept,
  addEndpoint,
  type Case,
  claimOne,
  commit,
  delivery,
  dueKeys,
  joinAlone,
  pruneAll,
  rearmAll,
  sweepAll,
} from './steps.ts'

const visibleMs = 1000

interface Queue {
  readonly node: Incarnation
  readonly endpoint: StoredEndpoint
  readonly key: EndpointKey
}

async function queueOf(store: Store): Promise<Queue> {
  const endpoint = await addEndpoint(store, acme, { url: '' })
  return { node: await store.join(start), endpoint, key: endpoint.key }
}

export function fetchId(at: number): FetchId {
  return uuidV7(start + at, randomBytes) as FetchId
}

function fetchAt(store: Store, { node, key }: Queue, at: number, rowsMax = 9, fetch = fetchId(at)): Promise<Fetched> {
  return store.fetchDeliveries({ endpoint: key, fetch, node, until: start + at + visibleMs, rowsMax })
}

async function fetchedIds(store: Store, queue: Queue, at: number, rowsMax?: number): Promise<DeliveryId[]> {
  return idsOf((await fetchAt(store, queue, at, rowsMax)).deliveries)
}

function idsOf(rows: readonly { readonly id: DeliveryId }[]): DeliveryId[] {
  return rows.map(({ id }) => id)
}

export function pollCases(promise: Case): void {
  fetchCases(promise)
  recordCases(promise)
  endCases(promise)
}

function fetchCases(promise: Case): void {
  promise('a polling endpoint is never due, however its deliveries began to wait', async (store, harness) => {
    const queue = await queueOf(store)
    const [id] = await accept(store, queue.node, queue.endpoint, 0)
    const far = start + 365 * day
    assert.deepEqual([await dueKeys(store, far, 9), await store.nextDueAt()], [[], never])
    assert.equal(await store.rearmDelivery(id, start + 1), true)
    assert.deepEqual(await claimOne(store, queue.node, 2, queue.key, 9), [])
    const changed = { ...queue.endpoint, description: 'Changed', updatedAt: start + 3 }
    assert.equal(await store.updateEndpoint(changed, queue.endpoint.updatedAt), 'written')
    await accept(store, queue.node, queue.endpoint, 4)
    assert.deepEqual(await claimOne(store, queue.node, 5, queue.key, 9), [])
    const after = await harness.reopen()
    const node = await joinAlone(after, 6)
    assert.deepEqual(await claimOne(after, node, 7, queue.key, 9), [])
    assert.deepEqual([await dueKeys(after, far, 9), await after.nextDueAt()], [[], never])
    const paused = { tenant: acme, dialect: null, text: null, health: 'paused', now: start } as const
    assert.deepEqual((await after.listEndpoints(paused, { limit: 9, after: null })).rows, [])
  })

  promise('a fetch gets due deliveries, the oldest first, and no other fetch gets them in time', async (store) => {
    const queue = await queueOf(store)
    const neighbour = await addEndpoint(store, acme, { url: '' })
    await accept(store, queue.node, neighbour, 0)
    const order: DeliveryId[] = []
    for (const at of [30, 10, 20]) order[at / 10 - 1] = (await accept(store, queue.node, queue.endpoint, at))[0]
    const first = await fetchAt(store, queue, 40, 2)
    assert.deepEqual([idsOf(first.deliveries), first.lapsed, first.more], [order.slice(0, 2), [], true])
    assert.deepEqual(await store.withDueDeliveries([queue.key, neighbour.key], start + 40), [queue.key, neighbour.key])
    const second = await fetchAt(store, queue, 40, 2)
    assert.deepEqual([idsOf(second.deliveries), second.lapsed, second.more], [order.slice(2), [], false])
    assert.deepEqual(await store.withDueDeliveries([queue.key, neighbour.key], start + 1039), [neighbour.key])
    assert.deepEqual(await fetchAt(store, queue, 1039), { deliveries: [], lapsed: [], more: false })
  })

  promise('no delivery is fetched twice by fetches at the same time', async (store) => {
    const queue = await queueOf(store)
    const all = await accept(store, queue.node, queue.endpoint, 0, { count: 40 })
    const fetches = await Promise.all(Array.from({ length: 8 }, () => fetchedIds(store, queue, 1, 7)))
    const rest = await fetchedIds(store, queue, 1, 40)
    assert.deepEqual([...fetches.flat(), ...rest].toSorted(), all.toSorted())
  })

  promise('a fetch takes a bounded number of bytes of event data, and at least one delivery', async (store) => {
    const queue = await queueOf(store)
    const data = JSON.stringify('x'.repeat(limits.claimPerEndpointBytesMax))
    await accept(store, queue.node, queue.endpoint, 0, { count: 2, event: { data } })
    const { deliveries, more } = await fetchAt(store, queue, 1)
    assert.deepEqual([deliveries.length, more], [1, true])
    assert.equal(deliveries[0]?.event.data, data)
  })
}

function recordCases(promise: Case): void {
  promise('a fetched delivery is leased by its id or its fetch, and recorded as any other', async (store) => {
    const queue = await queueOf(store)
    const { node, key } = queue
    const neighbour = await addEndpoint(store, acme, { url: '' })
    const [first] = await accept(store, node, queue.endpoint, -2)
    const [second] = await accept(store, node, queue.endpoint, -1)
    const [third] = await accept(store, node, queue.endpoint, 0)
    const fetch = fetchId(1)
    assert.deepEqual(idsOf((await fetchAt(store, queue, 1, 2, fetch)).deliveries), [first, second])
    assert.deepEqual(await store.leaseFetched(node, neighbour.key, { ids: [first] }), [], 'of another endpoint')
    assert.deepEqual(await store.leaseFetched(node, key, { ids: [third, 'x' as DeliveryId] }), [], 'not fetched')
    const [leased] = await store.leaseFetched(node, key, { ids: [first, first] })
    assert.deepEqual([leased?.id, leased?.fetchedAt, leased?.attempts], [first, start + 1, 0])
    assert.equal(leased?.dueAt, start + 1 + visibleMs)
    assert.deepEqual(await store.leaseFetched(node, key, { ids: [first] }), [], 'leased already')
    const choice = { fetch, dueAt: start + 1 + visibleMs }
    assert.deepEqual(await store.leaseFetched(node, key, { fetch: fetchId(1), dueAt: choice.dueAt }), [])
    assert.deepEqual(idsOf(await store.leaseFetched(node, key, choice)), [second])
    const attempt = sampleAttempt(1, 1, { outcome: { kind: 'delivered', status: 200 }, connections: 0 })
    const lapse = sampleAttempt(1, 1, { outcome: { kind: 'timedOut', phase: 'acknowledgement' } })
    const moves = [
      sampleMove(first, key, { to: 'delivered' }, 2, attempt),
      sampleMove(second, key, { to: 'waiting', dueAt: start + 50 }, 2, lapse),
    ]
    assert.deepEqual((await commit(store, node, 2, { moves })).fenced, [])
    assert.deepEqual((await store.findDelivery(first))?.attempts, [attempt])
    assert.deepEqual((await store.findDelivery(second))?.attempts, [lapse])
    assert.equal((await delivery(store, first)).status, 'delivered')
    assert.deepEqual(await fetchedIds(store, queue, 49), [third])
    assert.deepEqual(await fetchedIds(store, queue, 50), [second])
  })

  promise('a delivery that lapsed is leased to the node that fetches next, and not given again', async (store) => {
    const queue = await queueOf(store)
    const [id] = await accept(store, queue.node, queue.endpoint, 0)
    await fetchAt(store, queue, 1)
    const late = await fetchAt(store, queue, 1 + visibleMs)
    assert.deepEqual([late.deliveries, late.more], [[], false])
    assert.deepEqual([late.lapsed[0]?.id, late.lapsed[0]?.fetchedAt], [id, start + 1])
    assert.deepEqual(await fetchAt(store, queue, 2000), { deliveries: [], lapsed: [], more: false })
    const moves = [sampleMove(id, queue.key, { to: 'waiting', dueAt: start + 2000 }, 2000, sampleAttempt(1, 1))]
    await commit(store, queue.node, 2000, { moves })
    assert.deepEqual(await fetchedIds(store, queue, 2000), [id])
  })

  promise('a delivery that a dead node has leased and not recorded is fetched again', async (store, harness) => {
    const queue = await queueOf(store)
    const [lapsed] = await accept(store, queue.node, queue.endpoint, 0)
    await fetchAt(store, queue, 1)
    const [acknowledged] = await accept(store, queue.node, queue.endpoint, 500)
    await fetchAt(store, queue, 501)
    await fetchAt(store, queue, 1 + visibleMs)
    await store.leaseFetched(queue.node, queue.key, { ids: [acknowledged] })
    const after = await harness.reopen()
    const next = { ...queue, node: await joinAlone(after, 1100) }
    assert.deepEqual(await fetchedIds(after, next, 1200), [lapsed])
    assert.deepEqual(await fetchedIds(after, next, 501 + visibleMs), [acknowledged])
  })
}

function endCases(promise: Case): void {
  promise('a fetched delivery cannot be retried by hand, and an ended one can', async (store) => {
    const queue = await queueOf(store)
    const [id] = await accept(store, queue.node, queue.endpoint, 0)
    await fetchAt(store, queue, 1)
    assert.equal(await store.rearmDelivery(id, start + 2), false)
    const replay = {
      since: start,
      until: start + 1,
      statuses: ['pending', 'failed'],
      now: start + 3,
      rowsMax: 9,
    } as const
    assert.equal(await rearmAll(store, queue.key, replay), 0)
    await store.leaseFetched(queue.node, queue.key, { ids: [id] })
    const end = { to: 'failed', reason: 'not retried' } as const
    await commit(store, queue.node, 4, { moves: [sampleMove(id, queue.key, end, 4)] })
    assert.equal(await rearmAll(store, queue.key, { ...replay, now: start + 5 }), 1)
    assert.deepEqual(await fetchedIds(store, queue, 5), [id])
  })

  promise('disabling the endpoint cancels fetched deliveries; once enabled and retried they are new', async (store) => {
    const queue = await queueOf(store)
    const [id] = await accept(store, queue.node, queue.endpoint, 0)
    await fetchAt(store, queue, 1)
    const off = { ...queue.endpoint, enabled: false, disabledReason: 'requested' as const, updatedAt: start + 2 }
    await store.updateEndpoint(off, queue.endpoint.updatedAt)
    await sweepAll(store, 3)
    assert.equal((await delivery(store, id)).status, 'cancelled')
    assert.deepEqual(await store.leaseFetched(queue.node, queue.key, { ids: [id] }), [])
    await store.updateEndpoint({ ...queue.endpoint, updatedAt: start + 4 }, start + 2)
    assert.equal(await store.rearmDelivery(id, start + 5), true)
    assert.deepEqual(idsOf((await fetchAt(store, queue, 5)).deliveries), [id])
    assert.deepEqual(await claimOne(store, queue.node, 5000, queue.key, 9), [])
  })

  promise('a delivery that is not fetched in time fails, earlier for a tenant that keeps less', async (store) => {
    await store.createTenant(sampleTenant(other, { retainSeconds: day / 1000 }))
    const queue = await queueOf(store)
    const shorter = await addEndpoint(store, other, { url: '' })
    const pushed = await addEndpoint(store, acme)
    const [old] = await accept(store, queue.node, queue.endpoint, 0)
    const [young] = await accept(store, queue.node, queue.endpoint, 8 * day)
    const [ofOther] = await accept(store, queue.node, shorter, 0, { count: 3 })
    const [sent] = await accept(store, queue.node, pushed, 0)
    const fail = async (at: number): Promise<void> => {
      for (let steps = 0; await store.failUnfetched(start + at, 9 * day, 10 * day, 2); steps++) assert.ok(steps < 99)
    }
    await fail(0.9 * day - 1)
    assert.equal((await delivery(store, ofOther)).status, 'pending')
    await fail(0.9 * day)
    assert.deepEqual(await Promise.all([old, ofOther].map(async (id) => (await delivery(store, id)).status)), [
      'pending',
      'failed',
    ])
    await fail(9 * day)
    const { status, reason, endedAt, attempts } = await delivery(store, old)
    assert.deepEqual([status, reason, endedAt, attempts], ['failed', 'not fetched', start + 9 * day, 0])
    for (const id of [young, sent]) assert.equal((await delivery(store, id)).status, 'pending')
    await pruneAll(store, 0.5 * day, 10 * day)
    assert.equal(await store.findDelivery(old), null)
  })
}
