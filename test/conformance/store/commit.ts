// Commits of events: new events, repeats of stored events, and batches that fail.

import assert from 'node:assert/strict'
import type { Event } from '../../../src/domain/event.ts'
import {
  acme,
  deliveryId,
  newEvent,
  other,
  sampleErasure,
  sampleEvent,
  type SampleNewEvent,
  sampleTenant,
  start,
} from './samples.ts'
import {
  accept,
  addEndpoint,
  attemptsOf,
  type Case,
  commit,
  delivery,
  dueKeys,
  endpointsOf,
  nodeAndEndpoint,
} from './steps.ts'

/** The result of an empty batch. */
const nothing = { events: [], fenced: [], remoteHealth: [], disabled: [], told: false }

export function commitCases(promise: Case): void {
  promise('an event is stored with its deliveries, leased ones held and the others waiting', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    const second = await addEndpoint(store)
    const event = sampleEvent(acme, 5, { attributes: { agentId: '7', b: '' }, occurredAt: start - 1000 })
    const leased = { id: deliveryId(event.acceptedAt), endpoint: endpoint.key, leased: true }
    const waiting = { id: deliveryId(event.acceptedAt), endpoint: second.key, leased: false }
    const result = await commit(store, node, 5, { events: [{ event, deliveries: [leased, waiting] }] })
    assert.deepEqual(result, { ...nothing, events: [{ kind: 'stored' }] })
    assert.deepEqual(await store.findEvents(event.id, null), [event])
    for (const { accepted, to } of [
      { accepted: leased, to: endpoint },
      { accepted: waiting, to: second },
    ]) {
      const { dueAt, ...row } = await delivery(store, accepted.id)
      assert.ok(dueAt !== null && dueAt <= event.acceptedAt)
      assert.deepEqual(row, {
        id: accepted.id,
        endpoint: to.key,
        status: 'pending',
        attempts: 0,
        attemptsBefore: 0,
        dialect: 'standard',
        lastAttempt: null,
        reason: null,
        createdAt: event.acceptedAt,
        endedAt: null,
        tenant: acme,
        eventId: event.id,
        eventType: event.type,
        endpointId: to.id,
        endpointUrl: to.url,
      })
    }
    assert.equal(await store.countWaiting(), 1)
    assert.deepEqual(await dueKeys(store, start + 5, 10), [second.key])
  })

  promise('an event that no endpoint wants is stored', async (store) => {
    const { node } = await nodeAndEndpoint(store)
    const event = sampleEvent(acme, 0)
    assert.deepEqual((await commit(store, node, 0, { events: [newEvent(event, [], true)] })).events, [
      { kind: 'stored' },
    ])
    assert.deepEqual(await store.findEvents(event.id, acme), [event])
    assert.deepEqual(await store.deliveriesOfEvent(event), [])
  })

  promise('an empty batch changes nothing', async (store) => {
    const node = await store.join(start)
    assert.deepEqual(await commit(store, node, 0, {}), nothing)
  })

  promise('a repeat is a duplicate: it counts the first deliveries and makes no new ones', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    const second = await addEndpoint(store)
    const event = sampleEvent(acme, 0, { attributes: { a: '1' } })
    const first = newEvent(event, [endpoint.key, second.key], true)
    await commit(store, node, 0, { events: [first] })
    // The repeat has no `occurredAt` of its own, so it gets the time of its acceptance. It is the same event.
    const repeat = { ...event, acceptedAt: start + 900, occurredAt: start + 900 }
    const again = await commit(store, node, 900, { events: [newEvent(repeat, [endpoint.key], false)] })
    assert.deepEqual(again.events, [{ kind: 'duplicate', deliveries: 2 }])
    assert.deepEqual(await store.findEvents(event.id, acme), [event])
    const ids = (await store.deliveriesOfEvent(event)).map(({ id }) => id)
    assert.deepEqual(ids.toSorted(), first.deliveries.map(({ id }) => id).toSorted())
    assert.equal(await store.countWaiting(), 0)
  })

  promise('the same id with other content is a conflict and changes nothing', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    const event = sampleEvent(acme, 10, { attributes: { a: '1' }, occurredAt: start + 3 })
    await commit(store, node, 10, { events: [newEvent(event, [endpoint.key], true)] })
    const changes: Partial<Event>[] = [
      { type: 'invoice.voided' },
      { data: '{"amount":1.50}' },
      { data: '{"amount": 1.5}' },
      { attributes: { a: '2' } },
      { attributes: { a: '1', b: '' } },
      { attributes: null },
      { occurredAt: start + 4 },
    ]
    for (const change of changes) {
      const repeat = newEvent({ ...event, acceptedAt: start + 20, ...change }, [endpoint.key], false)
      const { events } = await commit(store, node, 20, { events: [repeat] })
      assert.deepEqual(events, [{ kind: 'conflict' }], JSON.stringify(change))
    }
    assert.deepEqual(await store.findEvents(event.id, acme), [event])
    assert.equal((await store.deliveriesOfEvent(event)).length, 1)
  })

  promise('repeats within one batch get their results, in the order of the batch', async (store) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    await store.createTenant(sampleTenant(other))
    const event = sampleEvent(acme, 0)
    const events = [
      newEvent(event, [endpoint.key], true),
      newEvent(event, [endpoint.key], true),
      newEvent(sampleEvent(acme, 0), [], true),
      newEvent({ ...event, data: '2' }, [endpoint.key], true),
      newEvent({ ...event, tenant: other }, [], true),
    ]
    const { events: results } = await commit(store, node, 0, { events })
    assert.deepEqual(results, [
      { kind: 'stored' },
      { kind: 'duplicate', deliveries: 1 },
      { kind: 'stored' },
      { kind: 'conflict' },
      { kind: 'stored' },
    ])
  })

  promise('events of two tenants with the same id are two events', async (store) => {
    const { node } = await nodeAndEndpoint(store)
    const theirs = await addEndpoint(store, other)
    const event = sampleEvent(acme, 0)
    const twin = { ...event, tenant: other, data: '"theirs"' }
    await commit(store, node, 0, { events: [newEvent(event, [], true)] })
    const { events } = await commit(store, node, 0, { events: [newEvent(twin, [theirs.key], true)] })
    assert.deepEqual(events, [{ kind: 'stored' }])
    assert.deepEqual(await store.findEvents(event.id, other), [twin])
    assert.equal((await store.deliveriesOfEvent(twin)).length, 1)
    assert.equal((await store.deliveriesOfEvent(event)).length, 0)
  })

  promise('an event that was matched before its tenant or an endpoint changed is stale', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const version = async (): Promise<number> => (await store.loadTenant(acme))?.version ?? -1
    const disabled = { ...endpoint, enabled: false, disabledReason: 'requested' } as const
    const summary = { endpoint: key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: false }
    const changes: Record<string, () => Promise<unknown>> = {
      'an endpoint created': () => addEndpoint(store, acme),
      'an endpoint disabled': () => store.updateEndpoint({ ...disabled, updatedAt: start + 1 }, start),
      'an endpoint enabled': () => store.updateEndpoint({ ...endpoint, updatedAt: start + 2 }, start + 1),
      'an endpoint disabled by its failures': () =>
        commit(store, node, 2, { summaries: [{ ...summary, disable: 'failing' }] }),
      'an endpoint deleted': () => store.deleteEndpoint(acme, key, start + 3),
      'other settings': () => store.updateTenant(acme, { name: null, settings: { a: 'b' } }),
      'the tenant deleted': () => store.deleteTenant(acme, sampleErasure(4)),
      'the tenant created again': () => store.createTenant(sampleTenant(acme)),
    }
    for (const [name, change] of Object.entries(changes)) {
      const matchedWith = await version()
      await change()
      const late = newEvent(sampleEvent(acme, 5), [key], true)
      const { events } = await commit(store, node, 5, { events: [{ ...late, version: matchedWith }] })
      assert.deepEqual(events, [{ kind: 'stale' }], name)
      assert.deepEqual(await store.findEvents(late.event.id, null), [], name)
      assert.equal(await store.countWaiting(), 0)
    }
    const fresh = newEvent(sampleEvent(acme, 6), [], true)
    assert.deepEqual((await commit(store, node, 6, { events: [fresh] })).events, [{ kind: 'stored' }])
  })

  promise('stale events of a batch are not stored, the others are', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    const [good, stale, another] = [0, 1, 2].map((at) => newEvent(sampleEvent(acme, at), [key], false))
    assert.ok(good !== undefined && stale !== undefined && another !== undefined)
    const { events } = await commit(store, node, 3, { events: [good, { ...stale, version: -7 }, another, good] })
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['stored', 'stale', 'stored', 'duplicate'],
    )
    assert.equal(await store.countWaiting(), 2)
  })

  promise('a batch that fails has no effect, and the next one is stored', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [held] = await accept(store, node, endpoint, 0, { leased: true })
    const good = newEvent(sampleEvent(acme, 1), [key], false)
    // Two deliveries with the same id: no engine can store both.
    const twice: SampleNewEvent = { ...newEvent(sampleEvent(acme, 1), [], false), deliveries: good.deliveries }
    const attempt = { number: 1, startedAt: start, durationMs: 1, outcome: { kind: 'delivered', status: 200 } } as const
    const move = { delivery: held, endpoint: key, attempt: { ...attempt, response: null }, at: start + 1 }
    const batch = {
      moves: [{ ...move, move: { to: 'delivered' } }],
      summaries: [{ endpoint: key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: true, disable: 'gone' }],
    } as const
    await assert.rejects(commit(store, node, 1, { events: [good, twice], ...batch }))
    assert.deepEqual(await store.findEvents(good.event.id, null), [])
    assert.equal(await store.countWaiting(), 0)
    assert.equal((await delivery(store, held)).status, 'pending')
    assert.deepEqual(await attemptsOf(store, held), [])
    assert.equal((await store.endpointStatus(key)).attempts, 0)
    assert.equal((await endpointsOf(store, acme))[0]?.enabled, true)
    const result = { ...nothing, events: [{ kind: 'stored' }], disabled: [key] }
    assert.deepEqual(await commit(store, node, 1, { events: [good], ...batch }), result)
  })

  promise('committed deliveries are stored after a crash', async (store, harness) => {
    const { node, endpoint } = await nodeAndEndpoint(store)
    const ids = await accept(store, node, endpoint, 0, { count: 50 })
    const after = await harness.reopen()
    for (const id of ids) assert.equal((await delivery(after, id)).status, 'pending')
    assert.equal(await after.countWaiting(), 50)
  })
}
