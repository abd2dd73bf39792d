// Erasing: deleted tenants, endpoints whose history goes with them, payloads and responses.

import assert from 'node:assert/strict'
import type { ApiKeyId, DeliveryId, EndpointKey, ErasureId, EventId } from '../../../src/domain/ids.ts'
import type { Event } from '../../../src/domain/event.ts'
import type { Store } from '../../../src/contracts/store.ts'
import {
  acme,
  newEvent,
  other,
  sampleAnswer,
  sampleAttempt,
  sampleErasure,
  sampleEvent,
  sampleKey,
  sampleMove,
  sampleTenant,
  start,
} from './samples.ts'
import {
  accept,
  addEndpoint,
  attemptsOf,
  type Case,
  claimOne,
  commit,
  delivery,
  eraseAll,
  nodeAndEndpoint,
  pruneAll,
} from './steps.ts'
import { everyDelivery } from '../../../src/contracts/history-store.ts'

const page = { limit: 50, after: null }
const anyEvent = { tenant: null, type: null, from: null, to: null }

async function event(store: Store, id: EventId): Promise<Event> {
  const [found] = await store.findEvents(id, null)
  return found ?? assert.fail(`there is no event ${id}`)
}

export function erasureCases(promise: Case): void {
  promise('from its deletion on, nothing of a tenant is shown in any list or by any id', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    const kept = await addEndpoint(store, other)
    const [mine] = await accept(store, node, kept, 0)
    const shown = sampleEvent(acme, 0)
    await commit(store, node, 0, { events: [newEvent(shown, [], false)] })
    const waiting = await accept(store, node, endpoint, 0, { count: 3 })
    const [ended] = await accept(store, node, endpoint, 1, { leased: true })
    await commit(store, node, 2, {
      moves: [sampleMove(ended, endpoint.key, { to: 'failed', reason: 'not retried' }, 2)],
    })
    assert.equal(await store.deleteTenant(acme, sampleErasure(3)), 'written')
    for (const again of [false, true]) {
      if (again) assert.equal(await store.createTenant(sampleTenant(acme)), 'written')
      assert.deepEqual(await store.findEvents(shown.id, null), [])
      assert.deepEqual(await store.findEvents(shown.id, acme), [])
      assert.deepEqual(await store.deliveriesOfEvent(shown), [])
      for (const id of [...waiting, ended]) assert.equal(await store.findDelivery(id), null)
      assert.deepEqual((await store.listEvents({ ...anyEvent, tenant: acme }, page)).rows, [])
      assert.deepEqual((await store.listDeliveries({ ...everyDelivery, tenant: acme }, page)).rows, [])
      assert.equal((await store.listEvents(anyEvent, page)).rows.length, 1)
      for (const status of [null, 'pending', 'failed'] as const) {
        const { rows } = await store.listDeliveries({ ...everyDelivery, statuses: status && [status] }, page)
        assert.deepEqual(
          rows.map(({ id }) => id),
          status === 'failed' ? [] : [mine],
        )
      }
      assert.deepEqual((await store.loadTenant(acme))?.endpoints ?? [], [])
    }
  })

  promise(
    'an erasure removes all rows of a tenant in bounded steps, and says when it is done',
    async (store, harness) => {
      const { node, endpoint } = await nodeAndEndpoint(store)
      const kept = await addEndpoint(store, other)
      await accept(store, node, kept, 0, { count: 2 })
      await accept(store, node, endpoint, 0, { count: 25 })
      const answer = sampleAnswer('k', 0, { apiKey: 'key_of_both' as ApiKeyId })
      await store.createKey(sampleKey([acme, other], 'h', { id: answer.apiKey }))
      await store.updateEndpoint({ ...endpoint, updatedAt: start + 1 }, start, { answer })
      const erasure = sampleErasure(2)
      await store.deleteTenant(acme, erasure)
      const running = { ...erasure, erases: 'tenant', tenant: acme, endedAt: null }
      assert.deepEqual(await store.findErasure(erasure.id), running)
      while ((await store.eraseStep(start + 3, 10)) === 'wait');
      assert.deepEqual(await store.findErasure(erasure.id), running)
      assert.equal(await store.countWaiting(), 17)
      const after = await harness.reopen()
      assert.deepEqual(await eraseAll(after, 4, 10), [erasure.id])
      assert.deepEqual(await after.findErasure(erasure.id), { ...running, endedAt: start + 4 })
      assert.equal(await after.countWaiting(), 2)
      assert.equal(await after.findAnswer(answer.apiKey, 'k', start), null)
      assert.deepEqual(
        (await after.sealedEndpoints(0 as EndpointKey, 9)).map(({ key }) => key),
        [kept.key],
      )
      assert.equal((await after.listEvents(anyEvent, page)).rows.length, 2)
      await pruneAll(after, 3, 5)
      assert.notEqual(await after.findErasure(erasure.id), null)
      await pruneAll(after, 5, 6)
      assert.equal(await after.findErasure(erasure.id), null)
      assert.equal(await after.findErasure('era_unknown' as ErasureId), null)
    },
  )

  promise('a tenant made again under a deleted id has events and endpoints of its own', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    const first = sampleEvent(acme, 0, { type: 'a' })
    await commit(store, node, 0, { events: [newEvent(first, [endpoint.key], false)] })
    for (let time = 1; time <= 3; time++) {
      await store.deleteTenant(acme, sampleErasure(time))
      const again = await addEndpoint(store, acme, { id: endpoint.id, uniqueKey: 'one' })
      const second = { ...first, type: `again ${time}`, acceptedAt: start + time, occurredAt: start + time }
      const { events } = await commit(store, node, time, { events: [newEvent(second, [again.key], false)] })
      assert.deepEqual(events, [{ kind: 'stored' }], 'the id of the event is free')
      assert.deepEqual(await store.findEvents(first.id, null), [second])
      const [row, ...more] = await store.deliveriesOfEvent(second)
      assert.deepEqual([row?.endpoint, row?.tenant, more.length], [again.key, acme, 0])
      const listed = await store.listDeliveries({ ...everyDelivery, tenant: acme }, page)
      assert.deepEqual(listed.rows, [row])
      assert.deepEqual((await store.dueEndpoints(start + 9, 9)).at(-1), { endpoint: again.key, tenant: acme })
      if (time === 2) await eraseAll(store, time)
    }
  })

  promise('deliveries in flight end before they are erased', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [held] = await accept(store, node, endpoint, 0, { leased: true })
    const erasure = sampleErasure(1)
    await store.deleteTenant(acme, erasure)
    for (let step = 0; step < 9; step++) assert.notEqual(await store.eraseStep(start + 2, 10), 'done')
    const { fenced } = await commit(store, node, 3, {
      moves: [sampleMove(held, key, { to: 'delivered' }, 3, sampleAttempt(1, 3))],
    })
    assert.deepEqual(fenced, [])
    await eraseAll(store, 4)
    assert.equal((await store.findErasure(erasure.id))?.endedAt, start + 4)
  })

  promise('an endpoint that is deleted with its history takes only its own deliveries with it', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const kept = await addEndpoint(store)
    const posted = newEvent(sampleEvent(acme, 0), [key, kept.key], false)
    await commit(store, node, 0, { events: [posted] })
    const erasure = sampleErasure(1)
    assert.equal(await store.deleteEndpoint(acme, key, start + 1, undefined, erasure), 'written')
    for (const erased of [false, true]) {
      if (erased) await eraseAll(store, 2)
      const rows = await store.deliveriesOfEvent(posted.event)
      assert.deepEqual(
        rows.map((row) => row.endpoint),
        [kept.key],
      )
      assert.deepEqual((await store.listDeliveries({ ...everyDelivery, tenant: acme }, page)).rows, rows)
      assert.deepEqual((await store.listDeliveries(everyDelivery, page)).rows, rows)
    }
    assert.equal(await store.countWaiting(), 1)
    const ended = { ...erasure, erases: 'endpoint', tenant: acme, endedAt: start + 2 }
    assert.deepEqual(await store.findErasure(erasure.id), ended)
    assert.equal((await event(store, posted.event.id)).data, posted.event.data)
    assert.equal(endpoint.key, key)
  })

  promise('a key is not created for a tenant that does not exist', async (store) => {
    await store.createTenant(sampleTenant(acme))
    assert.equal(await store.createKey(sampleKey([acme, other], 'h')), 'absent')
    assert.equal(await store.findKeyByHash('h'), null)
  })

  promise('an erased payload cannot be read again, and its waiting deliveries are cancelled', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    const posted = newEvent(sampleEvent(acme, 0, { attributes: { a: 'b' } }), [key, key], false)
    const [held] = await accept(store, node, { key, tenant: acme }, 0, { leased: true })
    await commit(store, node, 0, { events: [posted] })
    const { id, tenant } = posted.event
    assert.equal(await store.erasePayload(other, id, sampleErasure(1)), null)
    const erasure = sampleErasure(2)
    const erased = { tenant, event: id, acceptedAt: start }
    assert.deepEqual(await store.erasePayload(tenant, id, erasure), erased)
    assert.deepEqual(await event(store, id), { ...posted.event, data: '{}', attributes: null, erasedAt: start + 2 })
    for (const row of await store.deliveriesOfEvent(posted.event)) {
      const cancelled = { status: 'cancelled', reason: 'payload erased', dueAt: null, endedAt: start + 2 }
      assert.partialDeepStrictEqual(row, cancelled)
    }
    assert.equal((await delivery(store, held)).status, 'pending')
    await eraseAll(store, 3)
    assert.notEqual((await store.findErasure(erasure.id))?.endedAt, null)
    assert.deepEqual(await store.erasePayload(tenant, id, sampleErasure(4)), erased)
    assert.equal((await event(store, id)).erasedAt, start + 2)
    const { events } = await commit(store, node, 5, {
      events: [newEvent({ ...posted.event, acceptedAt: start + 5 }, [key], true)],
    })
    assert.deepEqual(events, [{ kind: 'duplicate', deliveries: 2 }])
  })

  promise('an erased response leaves its attempt, without the CRC of the request', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 0, { leased: true })
    const exchange = { url: 'https://a.example', requestHeaders: { a: 'b' }, responseHeaders: { c: 'd' } }
    const attempt = sampleAttempt(1, 1, { exchange })
    const recorded = { ...attempt, requestCrc: 7 }
    await commit(store, node, 1, { moves: [sampleMove(id, key, { to: 'delivered' }, 1, recorded)] })
    assert.equal(await store.eraseResponse(id, 2, sampleErasure(2)), false)
    assert.equal(await store.eraseResponse('x' as DeliveryId, 1, sampleErasure(2)), false)
    assert.equal(await store.eraseResponse(id, 1, sampleErasure(3)), true)
    const left = { ...attempt, response: null, erasedAt: start + 3, exchange: { ...exchange, responseHeaders: null } }
    assert.deepEqual(await attemptsOf(store, id), [left])
  })

  promise('a payload that has expired is erased with the responses to its deliveries', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const expires = { eraseAt: start + 10 }
    const [waiting] = await accept(store, node, endpoint, 0, { event: expires })
    const [ended, held] = await accept(store, node, endpoint, 1, { leased: true, count: 2, event: expires })
    const [late] = await accept(store, node, endpoint, 2, { event: { eraseAt: start + 11 } })
    assert.ok(held !== undefined)
    await commit(store, node, 3, { moves: [sampleMove(ended, key, { to: 'delivered' }, 3, sampleAttempt(1, 3))] })
    assert.deepEqual(await store.eraseExpired(start + 9, 2), [])
    const steps = []
    for (
      let events = await store.eraseExpired(start + 10, 2);
      events.length > 0;
      events = await store.eraseExpired(start + 10, 2)
    ) {
      steps.push(events.length)
    }
    assert.deepEqual(steps, [2, 1])
    const { eventId } = await delivery(store, waiting)
    assert.partialDeepStrictEqual(await event(store, eventId), { data: '{}', erasedAt: start + 10 })
    assert.partialDeepStrictEqual(await delivery(store, waiting), { status: 'cancelled', reason: 'payload erased' })
    assert.partialDeepStrictEqual(await attemptsOf(store, ended), [{ response: null, erasedAt: start + 10 }])
    assert.equal((await event(store, (await delivery(store, late)).eventId)).data, '{"amount": 1.50}')
    // The response to the attempt in flight is erased later.
    await commit(store, node, 11, { moves: [sampleMove(held, key, { to: 'delivered' }, 11, sampleAttempt(1, 11))] })
    const minute = 60_000
    assert.equal((await store.eraseExpired(start + 12 + minute, 9)).length, 2)
    assert.partialDeepStrictEqual(await attemptsOf(store, held), [{ response: null }])
    assert.deepEqual(await store.eraseExpired(start + 12 + 9 * minute, 9), [])
    assert.deepEqual(await claimOne(store, node, 12, key, 9), [])
  })

  promise('a tenant that names a shorter time loses its records earlier than others', async (store) => {
    const node = await store.join(start)
    const short = await addEndpoint(store, acme)
    const long = await addEndpoint(store, other)
    const set = { name: null, settings: {}, retainSeconds: 5, retainDataSeconds: 7 }
    assert.equal(await store.updateTenant(acme, set), 'written')
    assert.partialDeepStrictEqual(await store.findTenant(acme), set)
    assert.partialDeepStrictEqual((await store.loadTenant(acme))?.tenant, set)
    const ids: DeliveryId[] = []
    for (const endpoint of [short, long]) {
      const [ended] = await accept(store, node, endpoint, 0, { leased: true })
      await commit(store, node, 1, { moves: [sampleMove(ended, endpoint.key, { to: 'delivered' }, 1)] })
      const [waiting] = await accept(store, node, endpoint, 1)
      const [young] = await accept(store, node, endpoint, 9000, { leased: true })
      await commit(store, node, 9001, { moves: [sampleMove(young, endpoint.key, { to: 'delivered' }, 9001)] })
      ids.push(ended, waiting, young)
    }
    await pruneAll(store, 0, 10_000, 1)
    const found = await Promise.all(ids.map(async (id) => (await store.findDelivery(id)) !== null))
    assert.deepEqual(found, [false, true, true, true, true, true])
    assert.equal((await store.listEvents({ ...anyEvent, tenant: acme }, page)).rows.length, 2)
    assert.equal((await store.listEvents({ ...anyEvent, tenant: other }, page)).rows.length, 3)
  })
}
