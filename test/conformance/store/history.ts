// Events in lists and by their id, and the deliveries of an event.

import assert from 'node:assert/strict'
import type { Event } from '../../../src/domain/event.ts'
import type { EventId, TenantId } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import type { EventFilter } from '../../../src/contracts/history-store.ts'
import { acme, deliveryId, newEvent, other, sampleEvent, start } from './samples.ts'
import { addEndpoint, addTenants, allPages, type Case, commit, nodeAndEndpoint } from './steps.ts'

const everyEvent: EventFilter = { tenant: null, type: null, from: null, to: null }

export function historyCases(promise: Case): void {
  promise('events are listed newest first and each once, while new events arrive', async (store) => {
    const node = await store.join(start)
    await addTenants(store, acme)
    // Three events in each millisecond, so that some pages end within a millisecond.
    const events = Array.from({ length: 20 }, (_, index) => sampleEvent(acme, Math.floor(index / 3)))
    await commit(store, node, 0, { events: events.map((event) => newEvent(event, [], true)) })
    for (const filter of [everyEvent, { ...everyEvent, tenant: acme }]) {
      for (const limit of [1, 4, 20, 100]) {
        const late = async (): Promise<void> => {
          await commit(store, node, 0, { events: [newEvent(sampleEvent(acme, 1000 + limit), [], true)] })
        }
        const seen = await allPages(limit, (page) => store.listEvents({ ...filter, to: start + 900 }, page), late)
        assert.deepEqual(
          seen.map(({ acceptedAt }) => acceptedAt),
          events.map(({ acceptedAt }) => acceptedAt).toReversed(),
        )
        assert.deepEqual(byId(seen), byId(events))
      }
    }
  })

  promise('events are filtered by tenant, type and time, and by combinations of them', async (store) => {
    const node = await store.join(start)
    await addTenants(store, acme, other)
    const events: Event[] = []
    for (const tenant of [acme, other]) {
      for (const type of ['a.b', 'a.c']) for (let at = 0; at < 5; at++) events.push(sampleEvent(tenant, at, { type }))
    }
    await commit(store, node, 0, { events: events.map((event) => newEvent(event, [], true)) })
    const choices = [null, 1, 3]
    for (const tenant of [null, acme, other, 'unknown' as TenantId]) {
      for (const type of [null, 'a.b', 'a']) {
        for (const { from, to } of choices.flatMap((first) => choices.map((last) => ({ from: first, to: last })))) {
          const filter = { tenant, type, from: from && start + from, to: to && start + to }
          const wanted = events.filter(
            (event) =>
              (tenant === null || event.tenant === tenant) &&
              (type === null || event.type === type) &&
              (from === null || event.acceptedAt >= start + from) &&
              (to === null || event.acceptedAt < start + to),
          )
          const seen = await allPages(7, (page) => store.listEvents(filter, page))
          assert.deepEqual(byId(seen), byId(wanted), JSON.stringify(filter))
        }
      }
    }
  })

  promise('a page of events ends once their data has its bytes, and the next page continues', async (store) => {
    const node = await store.join(start)
    await addTenants(store, acme)
    const data = JSON.stringify({ text: 'é'.repeat(limits.eventPageBytesMax / 8) })
    const perPage = Math.ceil(limits.eventPageBytesMax / Buffer.byteLength(data))
    const events = Array.from({ length: 3 * perPage + 1 }, (_, at) => sampleEvent(acme, at, at === 0 ? {} : { data }))
    for (const event of events) await commit(store, node, 0, { events: [newEvent(event, [], true)] })
    for (const filter of [everyEvent, { ...everyEvent, tenant: acme }]) {
      const sizes: number[] = []
      const seen = await allPages(50, async (page) => {
        const found = await store.listEvents(filter, page)
        sizes.push(found.rows.length)
        return found
      })
      assert.deepEqual(
        seen.map(({ id }) => id),
        events.map(({ id }) => id).toReversed(),
      )
      assert.deepEqual(sizes, [perPage, perPage, perPage, 1])
    }
  })

  promise('an event is found by its id in every tenant that has it', async (store) => {
    const node = await store.join(start)
    const id = 'order-1' as EventId
    const tenants = ['a', 'b', 'c', 'd'] as TenantId[]
    await addTenants(store, ...tenants)
    const events = tenants.map((tenant) => sampleEvent(tenant, 0, { id }))
    await commit(store, node, 0, { events: events.map((event) => newEvent(event, [], true)) })
    const found = await store.findEvents(id, null)
    assert.deepEqual(found.map(({ tenant }) => tenant).toSorted(), tenants)
    assert.deepEqual(await store.findEvents(id, 'b' as TenantId), [events[1]])
    assert.deepEqual(await store.findEvents(id, other), [])
    assert.deepEqual(await store.findEvents('Order-1' as EventId, null), [])
  })

  promise('an event lists only its own deliveries, also if other events have the same time', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    const second = await addEndpoint(store)
    const events = Array.from({ length: 5 }, () => newEvent(sampleEvent(acme, 1), [key, second.key], true))
    await commit(store, node, 1, { events })
    for (const { event, deliveries } of events) {
      const ids = (await store.deliveriesOfEvent(event)).map(({ id }) => id)
      assert.deepEqual(ids.toSorted(), deliveries.map(({ id }) => id).toSorted())
    }
    assert.deepEqual(await store.deliveriesOfEvent({ tenant: acme, id: 'none' as EventId }), [])
    assert.equal(await store.findDelivery(deliveryId(start)), null)
  })
}

function byId(events: readonly Event[]): Event[] {
  return events.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
