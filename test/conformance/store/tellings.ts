// Operational events: written in the transaction of the change that they tell of, once, and only if they are wanted.

import assert from 'node:assert/strict'
import type { DeliveryId, EndpointId, EndpointKey, Incarnation } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import {
  deliveryExhausted,
  endpointDisabled,
  endpointFailing,
  endpointRecovered,
  type EndpointTelling,
  type Happened,
  systemTenant,
} from '../../../src/domain/operational-events.ts'
import { minute } from '../../../src/domain/time.ts'
import type { StoredEndpoint } from '../../../src/contracts/account-store.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { sampleReplay } from './replays.ts'
import { acme, deliveryId, sampleEndpoint, sampleErasure, sampleMove, sampleTenant, start } from './samples.ts'
import { accept, type Case, claimOne, commit, delivery, dueKeys, joinAlone, nodeAndEndpoint } from './steps.ts'

const outcome = { kind: 'rejected', status: 503, retryAfterMs: null } as const

function happened({ key, id }: Pick<StoredEndpoint, 'key' | 'id'>, at: number, of?: DeliveryId): Happened {
  const place = { tenant: acme, dialect: 'standard', endpoint: id }
  return { at: start + at, endpoint: key, delivery: of ?? deliveryId(start + at), place, outcome }
}

/** Adds an endpoint of the system tenant, and the tenant if there is none. */
async function listen(store: Store, change: Partial<StoredEndpoint> = {}): Promise<EndpointKey> {
  await store.createTenant(sampleTenant(systemTenant))
  const key = await store.nextEndpointKey()
  const wanted = { eventTypes: ['*'], filters: {}, ...change }
  assert.equal(await store.createEndpoints([sampleEndpoint(key, systemTenant, wanted)]), 'written')
  return key
}

interface Told {
  readonly type: string
  readonly at: number
  readonly data: Readonly<Record<string, unknown>>
}

/** The operational events, oldest first. */
async function told(store: Store): Promise<readonly Told[]> {
  const filter = { tenant: systemTenant, type: null, from: null, to: null }
  const { rows } = await store.listEvents(filter, { limit: 100, after: null })
  return rows.toReversed().map(({ type, occurredAt, data }) => {
    return { type, at: occurredAt - start, data: JSON.parse(data) as Told['data'] }
  })
}

async function toldTypes(store: Store): Promise<readonly string[]> {
  return (await told(store)).map(({ type }) => type)
}

/** Commits tellings, with a summary of an attempt. */
async function tell(
  store: Store,
  node: Incarnation,
  at: number,
  ...tellings: readonly [EndpointTelling, ...EndpointTelling[]]
) {
  const [{ endpoint }] = tellings
  const summaries = [{ endpoint, attempts: 1, lastAttemptAt: start + at, lastAttemptSucceeded: false }]
  return commit(store, node, at, { summaries, tellings })
}

async function rig(store: Store) {
  const { node, endpoint, key } = await nodeAndEndpoint(store)
  const of = (at: number, id?: DeliveryId): Happened => happened(endpoint, at, id)
  return {
    node,
    endpoint,
    key,
    of,
    fails: (at: number) => tell(store, node, at, endpointFailing(of(at), start + at, 'reason')),
    recovers: (at: number) => tell(store, node, at, endpointRecovered(of(at), start)),
  }
}

/** Calls every statement of tellings. */
export async function tellEverything(store: Omit<Store, 'close'>, node: Incarnation, key: EndpointKey): Promise<void> {
  await store.createTenant(sampleTenant(systemTenant))
  const listener = await store.nextEndpointKey()
  await store.createEndpoints([sampleEndpoint(listener, systemTenant, { eventTypes: ['*'], filters: {} })])
  const about = happened({ key, id: 'ep' as EndpointId }, 0)
  const tellings = [endpointFailing(about, start, null), deliveryExhausted(about, retriesExhausted)]
  const summary = {
    endpoint: key,
    attempts: 1,
    lastAttemptAt: start,
    lastAttemptSucceeded: false,
    expectedHealth: null,
  }
  const summaries = [{ ...summary, lastOutcome: outcome }]
  await store.commit({ node, now: start, events: [], moves: [], summaries, tellings })
  await store.tellLeftOut(start + minute, 5)
  await store.takeOver(node, 0, start)
}

const retriesExhausted = { event: 'e', eventType: 'invoice.paid', attempts: 1, reason: 'retries exhausted' } as const

export function tellingCases(promise: Case): void {
  promise('without an endpoint of the system tenant that wants it, nothing is told', async (store) => {
    const { node, key, of, fails } = await rig(store)
    assert.equal((await fails(1)).told, false)
    const [held] = await accept(store, node, { key, tenant: acme }, 1, { leased: true })
    const moves = [sampleMove(held, key, { to: 'failed', reason: 'retries exhausted' }, 2)]
    const tellings = [deliveryExhausted(of(2, held), retriesExhausted)]
    assert.equal((await commit(store, node, 2, { moves, tellings })).told, false)
    await listen(store, { eventTypes: ['replay.finished'] })
    await listen(store, { eventTypes: ['*'], enabled: false, disabledReason: 'requested' })
    await listen(store, { eventTypes: ['endpoint.*'], filters: { tenant: 'other' } })
    assert.equal((await fails(3)).told, false)
    assert.deepEqual(await told(store), [])
  })

  promise('a system tenant of another dialect gets nothing', async (store) => {
    const { fails } = await rig(store)
    await store.createTenant(sampleTenant(systemTenant, { dialect: 'allo' }))
    await listen(store)
    assert.equal((await fails(1)).told, false)
  })

  promise('an event has a delivery that is due for each endpoint that wants it', async (store) => {
    const { node, fails } = await rig(store)
    const all = await listen(store)
    const one = await listen(store, { eventTypes: ['endpoint.failing'], filters: { tenant: acme } })
    await listen(store, { eventTypes: ['delivery.*'] })
    assert.equal((await fails(1)).told, true)
    const [event] = await told(store)
    assert.partialDeepStrictEqual(event, {
      type: 'endpoint.failing',
      at: 1,
      data: { tenant: acme, dialect: 'standard', reason: 'reason', outcome: 'HTTP 503', leftOut: 0 },
    })
    assert.deepEqual(new Set(await dueKeys(store, start + 1, 10)), new Set([all, one]))
    const ids = [...(await claimOne(store, node, 2, all, 5)), ...(await claimOne(store, node, 2, one, 5))]
    assert.equal(new Set(ids).size, 2)
    for (const id of ids) assert.equal((await delivery(store, id)).status, 'pending')
  })

  promise('an endpoint is told to fail and to recover in turn, on any node', async (store) => {
    const { fails, recovers } = await rig(store)
    await listen(store)
    await recovers(1)
    for (const at of [2, 3, 4]) await fails(at)
    for (const at of [5, 6]) await recovers(at)
    await fails(7)
    const events = await told(store)
    assert.deepEqual(
      events.map(({ type, at }) => [type, at]),
      [
        ['endpoint.failing', 2],
        ['endpoint.recovered', 5],
        ['endpoint.failing', 7],
      ],
    )
  })

  promise('an endpoint that was told to fail before the listener came is told again', async (store) => {
    const { endpoint, fails, recovers } = await rig(store)
    const first = await listen(store, { updatedAt: start })
    await fails(1)
    await store.deleteEndpoint(systemTenant, first, start + 2)
    await recovers(3)
    await listen(store, { updatedAt: start + 4 })
    await recovers(5)
    await fails(6)
    assert.deepEqual(await toldTypes(store), ['endpoint.failing', 'endpoint.failing'])
    // Enabling the endpoint begins again.
    const off = { ...endpoint, enabled: false, disabledReason: 'requested', updatedAt: start + 7 } as const
    await store.updateEndpoint(off, endpoint.updatedAt)
    await store.updateEndpoint({ ...endpoint, updatedAt: start + 8 }, off.updatedAt)
    await fails(9)
    assert.equal((await told(store)).length, 3)
  })

  promise('an endpoint is told to be disabled once, and not to fail afterwards', async (store) => {
    const { node, key, of, fails } = await rig(store)
    await listen(store)
    const disabling = {
      summaries: [{ endpoint: key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: false, disable: 'gone' }],
      tellings: [endpointDisabled(of(1), 'gone', false)],
    } as const
    assert.deepEqual((await commit(store, node, 1, disabling)).disabled, [key])
    const again = await commit(store, node, 2, { ...disabling, tellings: [endpointDisabled(of(2), 'gone', false)] })
    assert.deepEqual([again.disabled, again.told], [[], false])
    await fails(3)
    assert.deepEqual(await toldTypes(store), ['endpoint.disabled'])
  })

  promise('a delivery is told to be exhausted by the node that holds it', async (store) => {
    const { node, key, of } = await rig(store)
    await listen(store)
    const [held] = await accept(store, node, { key, tenant: acme }, 1, { leased: true })
    const batch = (at: number) => ({
      moves: [sampleMove(held, key, { to: 'failed', reason: 'retries exhausted' }, at)],
      tellings: [deliveryExhausted(of(at, held), retriesExhausted)],
    })
    assert.deepEqual((await commit(store, node, 2, batch(2))).fenced, [])
    const late = await commit(store, node, 3, batch(3))
    assert.deepEqual([late.fenced, late.told], [[held], false])
    const [event, ...more] = await told(store)
    assert.deepEqual([event?.data['delivery'], event?.data['attempts'], more.length], [held, 1, 0])
  })

  promise('past the bound of a minute, changes are counted, and the last one is told after it', async (store) => {
    const { node, key, endpoint, of } = await rig(store)
    await listen(store)
    const second = { ...endpoint, key: (key + 1000) as EndpointKey, id: 'ep_other' as EndpointId }
    const exhausted = (at: number, place = of(at)): EndpointTelling => deliveryExhausted(place, retriesExhausted)
    const count = limits.toldPerMinute + 3
    const many = (from: number) => Array.from({ length: count - 1 }, (_, index) => exhausted(from + index + 1))
    await tell(store, node, 0, exhausted(0), ...many(0))
    await tell(store, node, 100, exhausted(100), exhausted(101, happened(second, 101)))
    assert.equal((await told(store)).length, limits.toldPerMinute + 1)
    assert.equal(await store.tellLeftOut(start + minute - 1, 10), 0)
    // In the next minute, the count is told with the first change.
    await tell(store, node, minute, exhausted(minute))
    assert.deepEqual((await told(store)).at(-1)?.data['leftOut'], 4)
    await tell(store, node, minute + 1, exhausted(minute + 1), ...many(minute + 1))
    const before = (await told(store)).length
    assert.equal(await store.tellLeftOut(start + 2 * minute, 1), 1)
    assert.equal(await store.tellLeftOut(start + 2 * minute, 5), 1)
    const after = await told(store)
    assert.equal(after.length, before + 1)
    const last = { at: minute + limits.toldPerMinute + 3, leftOut: 3 }
    assert.deepEqual({ at: after.at(-1)?.at, leftOut: after.at(-1)?.data['leftOut'] }, last)
    assert.equal(await store.tellLeftOut(start + 9 * minute, 10), 0)
  })

  promise('the end of a replay is told with it', async (store) => {
    await rig(store)
    await listen(store)
    const done = sampleReplay(1)
    await store.createReplay({ replay: done, asked: 'a' })
    for (let [underWay] = await store.replaysUnderWay(5); underWay !== undefined;) {
      const step = { replay: done.id, step: underWay.step, now: start + 2, rowsMax: 25, missing: null }
      await store.replayStep(step)
      underWay = (await store.replaysUnderWay(5))[0]
    }
    const [failed, cancelled, preview] = [sampleReplay(3), sampleReplay(4), sampleReplay(5, { state: 'preview' })]
    for (const replay of [failed, cancelled, preview]) await store.createReplay({ replay, asked: replay.id })
    await store.failReplay(failed.id, start + 6, 'why')
    await store.cancelReplay(cancelled.id, start + 7)
    await store.cancelReplay(cancelled.id, start + 8)
    await store.cancelReplay(preview.id, start + 9)
    const ends = (await told(store)).map(({ type, data }) => [type, data['replay'], data['state'], data['error']])
    assert.deepEqual(ends, [
      ['replay.finished', done.id, 'done', null],
      ['replay.finished', failed.id, 'failed', 'why'],
      ['replay.finished', cancelled.id, 'cancelled', null],
    ])
  })

  promise('a node that ended without a stop is told once, by the node that takes over', async (store, harness) => {
    const { node: lost } = await nodeAndEndpoint(store)
    await listen(store)
    const after = await harness.reopen()
    const node = await joinAlone(after, 5)
    await after.takeOver(node, 0, start + 6)
    const [event, ...more] = await told(after)
    assert.partialDeepStrictEqual(event, { type: 'node.lost', at: 5, data: { node: lost, takenOverBy: node } })
    assert.deepEqual(more, [])
    await after.leave(node)
    await joinAlone(after, 7)
    assert.equal((await told(after)).length, 1)
  })

  promise('the events count in the statistics, and go with the tenant', async (store) => {
    const { fails } = await rig(store)
    await listen(store)
    await fails(1)
    const range = { from: start, to: start + minute, step: 'minute', by: null, dialect: null, endpoint: null } as const
    const { series } = await store.readStats({ ...range, tenant: systemTenant }, 5)
    assert.deepEqual(
      series.map(({ total }) => total.events),
      [1],
    )
    assert.equal(await store.deleteTenant(systemTenant, sampleErasure(2)), 'written')
    assert.equal((await fails(3)).told, false)
  })
}
