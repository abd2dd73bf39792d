// Maintenance beside the traffic: the sweep, retention, values of the installation.

import assert from 'node:assert/strict'
import type { EndReason } from '../../../src/domain/delivery.ts'
import type { DeliveryId } from '../../../src/domain/ids.ts'
import type { Store } from '../../../src/contracts/store.ts'
import type { StoredEndpoint } from '../../../src/contracts/account-store.ts'
import { acme, keptAnswer, newEvent, sampleAnswer, sampleAttempt, sampleEvent, sampleMove, start } from './samples.ts'
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
  pruneAll,
  sweepAll,
} from './steps.ts'

async function disable(store: Store, endpoint: StoredEndpoint, at: number): Promise<void> {
  const disabled = { ...endpoint, enabled: false, disabledReason: 'requested', updatedAt: start + at } as const
  assert.equal(await store.updateEndpoint(disabled, endpoint.updatedAt), 'written')
}

export function upkeepCases(promise: Case): void {
  promise(
    'a sweep cancels the waiting deliveries of disabled and deleted endpoints, with the reason',
    async (store) => {
      const node = await store.join(start)
      const disabled = await addEndpoint(store)
      const deleted = await addEndpoint(store)
      const cases: { reason: EndReason; waiting: readonly DeliveryId[] }[] = [
        { reason: 'endpoint disabled', waiting: await accept(store, node, disabled, 0, { count: 3 }) },
        { reason: 'endpoint deleted', waiting: await accept(store, node, deleted, 0, { count: 3 }) },
      ]
      const enabled = await addEndpoint(store)
      const [kept] = await accept(store, node, enabled, 0)
      const [held] = await accept(store, node, disabled, 0, { leased: true })
      await disable(store, disabled, 1)
      await store.deleteEndpoint(acme, deleted.key, start + 1)
      await sweepAll(store, 5)
      for (const { reason, waiting } of cases) {
        const cancelled = { status: 'cancelled', reason, dueAt: null, endedAt: start + 5 }
        for (const id of waiting) assert.partialDeepStrictEqual(await delivery(store, id), cancelled)
      }
      assert.equal((await delivery(store, kept)).status, 'pending')
      assert.equal((await delivery(store, held)).status, 'pending')
      assert.equal(await store.countWaiting(), 1)
      assert.deepEqual(await dueKeys(store, start + 9, 10), [enabled.key])
    },
  )

  promise('a sweep runs in bounded steps and returns whether there is more to cancel', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    assert.equal(await store.sweep(start, 10), false)
    await accept(store, node, endpoint, 0, { count: 25 })
    await disable(store, endpoint, 1)
    for (const left of [15, 5]) {
      assert.equal(await store.sweep(start + 2, 10), true)
      assert.equal(await store.countWaiting(), left)
    }
    await sweepAll(store, 2, 10)
    assert.equal(await store.countWaiting(), 0)
    assert.equal(await store.sweep(start, 10), false)
  })

  promise('a sweep finds deliveries that started to wait after the endpoint was disabled', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [retried, handedBack, ended] = await accept(store, node, endpoint, 0, { leased: true, count: 3 })
    assert.ok(handedBack !== undefined && ended !== undefined)
    await commit(store, node, 0, { moves: [sampleMove(ended, key, { to: 'delivered' }, 0)] })
    await disable(store, endpoint, 1)
    await sweepAll(store, 2)
    const wait = { to: 'waiting', dueAt: start + 9_000_000 } as const
    await commit(store, node, 3, { moves: [sampleMove(retried, key, wait, 3, sampleAttempt(1, 3))] })
    const [late] = await accept(store, node, endpoint, 4)
    await sweepAll(store, 5)
    assert.equal((await delivery(store, retried)).status, 'cancelled')
    assert.equal((await delivery(store, late)).status, 'cancelled')
    await store.rearmDelivery(ended, start + 6)
    await store.leave(node)
    await sweepAll(store, 7)
    assert.equal((await delivery(store, ended)).status, 'cancelled')
    assert.equal((await delivery(store, handedBack)).status, 'cancelled')
  })

  promise('retention removes old deliveries with their attempts, and keeps younger ones', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const old = await accept(store, node, endpoint, 0, { leased: true, count: 7 })
    const young = await accept(store, node, endpoint, 1000, { leased: true, count: 2 })
    const moves = [...old, ...young].map((id) => sampleMove(id, key, { to: 'delivered' }, 1001, sampleAttempt(1, 1001)))
    await commit(store, node, 1001, { moves })
    const bare = sampleEvent(acme, 1)
    await commit(store, node, 1, { events: [newEvent(bare, [], true)] })
    await pruneAll(store, 1000, 2000, 3)
    for (const id of old) {
      assert.equal(await store.findDelivery(id), null)
      assert.deepEqual(await attemptsOf(store, id), [])
    }
    for (const id of young) assert.equal((await attemptsOf(store, id)).length, 1)
    assert.deepEqual(await store.findEvents(bare.id, null), [])
    const filter = { tenant: null, type: null, from: null, to: null }
    assert.equal((await store.listEvents(filter, { limit: 50, after: null })).rows.length, 2)
  })

  promise('a step of retention is bounded', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const ids = await accept(store, node, endpoint, 0, { leased: true, count: 10 })
    await commit(store, node, 1, { moves: ids.map((id) => sampleMove(id, key, { to: 'delivered' }, 1)) })
    assert.deepEqual(await store.prune(start + 1000, start + 2000, 4), { visited: 4, hasRemoved: true })
    const left = await Promise.all(ids.map((id) => store.findDelivery(id)))
    assert.equal(left.filter((row) => row !== null).length, 6)
  })

  for (const rowsMax of [1, 2, 3, 5, 100]) {
    promise(`retention keeps pending deliveries and their events (${rowsMax} rows in a step)`, async (store) => {
      const { node, endpoint, key } = await nodeAndEndpoint(store)
      const waiting = await accept(store, node, endpoint, 0, { count: 3 })
      const held = await accept(store, node, endpoint, 1, { leased: true, count: 3 })
      const ended = await accept(store, node, endpoint, 2, { leased: true, count: 3 })
      await commit(store, node, 3, { moves: ended.map((id) => sampleMove(id, key, { to: 'delivered' }, 3)) })
      await pruneAll(store, 1000, 2000, rowsMax)
      for (const id of ended) assert.equal(await store.findDelivery(id), null)
      for (const id of [...waiting, ...held]) {
        const { eventId, tenant } = await delivery(store, id)
        assert.equal((await store.findEvents(eventId, tenant)).length, 1)
      }
      assert.deepEqual((await claimOne(store, node, 5, key, 10)).toSorted(), waiting.toSorted())
      const moves = [...waiting, ...held].map((id) => sampleMove(id, key, { to: 'delivered' }, 6))
      assert.deepEqual((await commit(store, node, 6, { moves })).fenced, [])
      // Retention removes them once they have ended.
      await pruneAll(store, 1000, 2000, rowsMax)
      const filter = { tenant: null, type: null, from: null, to: null }
      assert.deepEqual((await store.listEvents(filter, { limit: 9, after: null })).rows, [])
    })
  }

  promise('the id of a deleted endpoint is stored as long as one of its deliveries', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 1000, { leased: true })
    await commit(store, node, 1001, { moves: [sampleMove(id, key, { to: 'delivered' }, 1001)] })
    await store.deleteEndpoint(acme, key, start + 1)
    await pruneAll(store, 1000, 2000)
    assert.equal((await delivery(store, id)).endpointId, endpoint.id)
    await pruneAll(store, 3000, 4000)
    assert.equal(await store.findDelivery(id), null)
    assert.notEqual(await store.nextEndpointKey(), key)
  })

  promise('retention deletes only answers that have expired', async (store) => {
    const endpoint = await addEndpoint(store)
    const old = sampleAnswer('old', -1000)
    const fresh = sampleAnswer('fresh', 0)
    await store.updateEndpoint({ ...endpoint, updatedAt: start + 1 }, start, { answer: old })
    await store.updateEndpoint({ ...endpoint, updatedAt: start + 2 }, start + 1, { answer: fresh })
    assert.deepEqual(await store.prune(start, old.expiresAt, 100), { visited: 1, hasRemoved: false })
    assert.equal(await store.findAnswer(old.apiKey, 'old', start), null)
    assert.deepEqual(await store.findAnswer(fresh.apiKey, 'fresh', start), keptAnswer(fresh))
  })

  promise('the size of the database grows with its events', async (store) => {
    const before = await store.storedBytes()
    const node = await store.join(start)
    const endpoint = await addEndpoint(store)
    await accept(store, node, endpoint, 0, { count: 2000 })
    const after = await store.storedBytes()
    assert.ok(before > 50_000 && after > before + 100_000, `${before} bytes, then ${after}`)
  })

  promise('a value of the installation is written only once', async (store, harness) => {
    assert.equal(await store.writeOnce('proof', 'first'), 'first')
    assert.equal(await store.writeOnce('proof', 'second'), 'first')
    assert.equal(await store.writeOnce('other', 'third'), 'third')
    const after = await harness.reopen()
    assert.equal(await after.writeOnce('proof', 'fourth'), 'first')
    await after.ping()
  })
}
