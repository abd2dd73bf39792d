// The cached status of an endpoint always equals the status in the database. If other nodes write too, it does so
// within `limits.statusMs`.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite, test, type TestContext } from 'node:test'
import { contextOf } from '../../test/support/context.ts'
import { createRig, failed, ok, type Rig, tenant } from '../../test/support/engine-rig.ts'
import { seededRandom } from '../../test/support/random.ts'
import { testDatabase } from '../../test/support/test-database.ts'
import type { Endpoint, EndpointStatus } from '../domain/endpoint.ts'
import { type DeliveryId, type EndpointKey, type EventId, type Incarnation, uuidV7 } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { day, hour, minute } from '../domain/time.ts'
import { StatusCache } from '../engine/status-cache.ts'
import { addEndpoint, commit } from '../../test/conformance/store/steps.ts'
import { openPostgresStore } from '../store/postgres/postgres-store.ts'
import type { Store } from '../contracts/store.ts'
import { replay, retryDelivery } from './deliveries.ts'
import { changeEndpoint } from './change-endpoint.ts'
import { settingsOperator } from '../domain/operator-key.ts'
import { everyDelivery } from '../contracts/history-store.ts'

const operator = { kind: 'operator', key: settingsOperator, from: { clientAddress: '127.0.0.1' } } as const

interface ShownStatus extends EndpointStatus {
  readonly newestPending: boolean
}

/** The status according to the database. */
async function stored(store: Store, endpoint: EndpointKey): Promise<ShownStatus> {
  const [status, newest] = await Promise.all([
    store.endpointStatus(endpoint),
    store.listDeliveries({ ...everyDelivery, endpoint }, { limit: 1, after: null }),
  ])
  return { ...status, newestPending: newest.rows[0]?.status === 'pending' }
}

/** The status according to the cache. */
async function shown(statuses: StatusCache, endpoint: EndpointKey): Promise<ShownStatus> {
  const [status, newestPending] = await Promise.all([
    statuses.recorded.load(endpoint),
    statuses.newestPending.load(endpoint),
  ])
  return { ...status, newestPending }
}

/** Checks the cached status against the database, unless the database changes during the check. */
async function compare({ store, engine }: Rig, endpoint: Endpoint, after: string): Promise<void> {
  const before = await stored(store, endpoint.key)
  // Writes are answered in order. After this one, the engine knows of every write that `before` shows.
  await store.writeOnce('compared', '')
  const cached = await shown(engine.statusCache, endpoint.key)
  const then = await stored(store, endpoint.key)
  if (JSON.stringify(before) === JSON.stringify(then)) assert.deepEqual(cached, then, after)
}

suite('the status of an endpoint', () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`equals the status in the database after every step (seed ${seed})`, async (t) => {
      const random = seededRandom(seed)
      const rig = await createRig(t)
      const context = contextOf(rig)
      const endpoints = [await rig.addEndpoint('/a'), await rig.addEndpoint('/b', { eventTypes: ['thing.*'] })]
      const pick = <Value>(from: readonly Value[]): Value => from[random.between(0, from.length - 1)] as Value
      const change = (input: Parameters<typeof changeEndpoint>[4]) => () =>
        changeEndpoint(context, operator, tenant, pick(endpoints).id, input)
      const steps: Readonly<Record<string, () => unknown>> = {
        'an event': () => rig.accept(random.between(1, 3)),
        'an event for one endpoint': () => rig.accept(1, { type: 'other' }),
        'a delivery succeeds': () => rig.sender.sent.shift()?.answer(ok),
        'a delivery fails': () => rig.sender.sent.shift()?.answer(failed),
        'all deliveries fail': () => rig.sender.sent.splice(0).forEach(({ answer }) => answer(failed)),
        'an endpoint is disabled': change({ enabled: false }),
        'an endpoint is enabled': change({ enabled: true }),
        'an endpoint has another description': change({ description: 'another' }),
        'a delivery is sent again': async () => {
          const rows = await rig.deliveries(pick(['failed', 'cancelled', 'pending']))
          if (rows.length > 0) await retryDelivery(context, operator, pick(rows).id)
        },
        'an endpoint is replayed': () =>
          replay(context, operator, tenant, pick(endpoints).id, { since: 0, until: rig.clock.now() + 1 }),
        'time passes': () => rig.clock.advance(pick([0, minute, hour, day, 6 * day])),
        'retention removes events': () => rig.clock.advance(31 * day),
      }
      for (let count = 0; count < 150; count++) {
        const step = pick(Object.keys(steps))
        await steps[step]?.()
        for (const endpoint of endpoints) await compare(rig, endpoint, `${count}: ${step}`)
        if (random.between(0, 3) === 0) await rig.clock.settle()
      }
      assert.deepEqual(rig.observed.failures, [])
    })
  }

  test('is read once, and again only after something was recorded', async (t) => {
    const reads: string[] = []
    const rig = await createRig(t, { wrapStore: (store) => countReads(store, reads) })
    const endpoint = await rig.addEndpoint('/a')
    const { statusCache } = rig.engine
    await Promise.all(Array.from({ length: 5 }, async () => statusCache.recorded.load(endpoint.key)))
    const first = statusCache.recorded.peek(endpoint.key)
    assert.ok(first !== undefined, 'a cached status is returned at once')
    assert.equal(statusCache.recorded.peek(endpoint.key), first, 'the cached status is the same object')
    assert.deepEqual(reads, ['endpointStatus'])
    await Promise.all(Array.from({ length: 5 }, async () => statusCache.newestPending.load(endpoint.key)))
    assert.equal(statusCache.newestPending.peek(endpoint.key), false)
    assert.deepEqual(reads, ['endpointStatus', 'listDeliveries'])
    await rig.accept(1)
    assert.equal((await shown(statusCache, endpoint.key)).newestPending, true)
    assert.equal(reads.length, 4)
  })

  test('is read again if the database did not answer', async (t) => {
    const rig = await createRig(t)
    const endpoint = await rig.addEndpoint('/a')
    let fails = true
    const statuses = new StatusCache({
      ...rig.store,
      endpointStatus: (key) => (fails ? Promise.reject(new Error('unavailable')) : rig.store.endpointStatus(key)),
    })
    await assert.rejects(async () => statuses.recorded.load(endpoint.key), /unavailable/)
    fails = false
    assert.equal((await statuses.recorded.load(endpoint.key)).attempts, 0)
  })

  test('shows that a sweep has cancelled deliveries', async (t) => {
    const rig = await createRig(t)
    const endpoint = await rig.addEndpoint('/a')
    await leaveWaiting(rig, endpoint)
    assert.equal(await rig.engine.statusCache.newestPending.load(endpoint.key), true)
    await changeEndpoint(contextOf(rig), operator, tenant, endpoint.id, { enabled: false })
    assert.equal(await rig.engine.statusCache.newestPending.load(endpoint.key), true)
    await rig.until(
      async () => (await rig.deliveries('cancelled')).length === 1,
      'the sweep has cancelled the delivery',
    )
    await compare(rig, endpoint, 'the sweep')
  })

  for (const how of ['retried', 'replayed'] as const) {
    test(`shows a delivery that is ${how} before the first attempt at once`, async (t) => {
      const rig = await createRig(t)
      const context = contextOf(rig)
      const endpoint = await rig.addEndpoint('/a')
      const delivery = await leaveWaiting(rig, endpoint)
      await changeEndpoint(context, operator, tenant, endpoint.id, { enabled: false })
      await rig.until(
        async () => (await rig.deliveries('cancelled')).length === 1,
        'the sweep has cancelled the delivery',
      )
      await changeEndpoint(context, operator, tenant, endpoint.id, { enabled: true })
      assert.equal(await rig.engine.statusCache.newestPending.load(endpoint.key), false)
      const result =
        how === 'retried'
          ? await retryDelivery(context, operator, delivery)
          : await replay(context, operator, tenant, endpoint.id, { since: 0, until: rig.clock.now() + 1 })
      assert.ok(result.ok)
      assert.equal(await rig.engine.statusCache.newestPending.load(endpoint.key), true)
    })
  }

  test('is at most a second old if other nodes write', async (t) => {
    const store = await openPostgres(t)
    const { key } = await addEndpoint(store)
    const node: Incarnation = await store.join(0)
    const reads: string[] = []
    const statuses = new StatusCache(countReads(store, reads))
    assert.equal((await statuses.recorded.load(key)).attempts, 0)
    const summary = { endpoint: key, attempts: 3, lastAttemptAt: 1, lastAttemptSucceeded: true }
    await commit(store, node, 1, { summaries: [summary] })
    await sleep(limits.statusMs + 50)
    assert.equal((await statuses.recorded.load(key)).attempts, 3)
    const before = reads.length
    await Promise.all(Array.from({ length: 50 }, async () => statuses.recorded.load(key)))
    assert.equal(reads.length, before, 'later callers share the cached status')
  })
})

/** Stores an event as another process would: this engine does not know of its delivery. */
async function leaveWaiting({ store, clock }: Rig, { key }: Endpoint): Promise<DeliveryId> {
  const now = clock.now()
  const event = {
    id: 'msg_other' as EventId,
    tenant,
    type: 'thing.happened',
    data: '{}',
    attributes: null,
    occurredAt: now,
    acceptedAt: now,
  }
  const version = (await store.loadTenant(tenant))?.version ?? -1
  const id = uuidV7(now, randomBytes) as DeliveryId
  const events = [{ event, version, deliveries: [{ id, endpoint: key, leased: false }] }]
  await store.commit({ node: 1 as Incarnation, now, events, moves: [], summaries: [] })
  return id
}

function countReads(store: Store, reads: string[]): Store {
  return {
    ...store,
    endpointStatus(key) {
      reads.push('endpointStatus')
      return store.endpointStatus(key)
    },
    listDeliveries(filter, page) {
      reads.push('listDeliveries')
      return store.listDeliveries(filter, page)
    },
  }
}

async function openPostgres(t: TestContext): Promise<Store> {
  const place = await testDatabase()
  const store = await openPostgresStore(place.url)
  t.after(async () => {
    await store.close()
    await place.drop()
  })
  return store
}
