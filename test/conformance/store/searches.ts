// Lists of deliveries that search: filters without an index, and pages that end after a bounded number of rows.

import assert from 'node:assert/strict'
import type { Outcome } from '../../../src/domain/attempt.ts'
import type { DeliveryId, EndpointKey, Incarnation } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import { type AttemptedFilter, type DeliveryFilter, everyDelivery } from '../../../src/contracts/history-store.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { acme, newEvent, other, sampleAttempt, sampleEvent, sampleMove, sampleTenant, start } from './samples.ts'
import { accept, addEndpoint, allPages, type Case, claimOne, commit, nodeAndEndpoint } from './steps.ts'

const page = { limit: 100, after: null }
const anyAttempt: AttemptedFilter = { outcomes: null, httpStatus: null, from: null, to: null }

export function searchCases(promise: Case): void {
  promise('deliveries are found by several statuses, and by their dialect', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    await store.createTenant(sampleTenant(other, { dialect: 'allo' }))
    const foreign = await addEndpoint(store, other)
    const ids = await accept(store, node, endpoint, 0, { leased: true, count: 4 })
    const [delivered, failed, cancelled, pending] = ids as unknown as readonly [
      DeliveryId,
      DeliveryId,
      DeliveryId,
      DeliveryId,
    ]
    const [theirs] = await accept(store, node, foreign, 1)
    await commit(store, node, 2, {
      moves: [
        sampleMove(delivered, key, { to: 'delivered' }, 2),
        sampleMove(failed, key, { to: 'failed', reason: 'not retried' }, 2),
        sampleMove(cancelled, key, { to: 'cancelled', reason: 'endpoint disabled' }, 2),
      ],
    })
    const idsOf = finder(store)
    for (const whose of [{}, { tenant: acme }, { endpoint: key }]) {
      const more = 'tenant' in whose || 'endpoint' in whose ? [] : [theirs]
      assert.deepEqual(await idsOf({ ...whose, statuses: ['failed', 'cancelled'] }), sorted(failed, cancelled))
      assert.deepEqual(await idsOf({ ...whose, statuses: ['pending', 'failed'] }), sorted(pending, failed, ...more))
      assert.deepEqual(await idsOf({ ...whose, statuses: ['delivered', 'failed'] }), sorted(delivered, failed))
      assert.deepEqual(await idsOf({ ...whose, statuses: [] }), [])
      assert.deepEqual(await idsOf({ ...whose, dialect: 'standard' }), sorted(...ids))
      assert.deepEqual(await idsOf({ ...whose, dialect: 'allo' }), more)
      assert.deepEqual(await idsOf({ ...whose, dialect: 'none' }), [])
    }
  })

  promise('a list shows the last attempt of each delivery, and finds those that fail', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [fails, recovered] = (await accept(store, node, endpoint, 0, { leased: true, count: 2 })) as unknown as [
      DeliveryId,
      DeliveryId,
    ]
    const [untried] = await accept(store, node, endpoint, 1)
    const again = { to: 'waiting', dueAt: start + 20 } as const
    await commit(store, node, 10, {
      moves: [fails, recovered].map((id) => sampleMove(id, key, again, 10, sampleAttempt(1, 10))),
    })
    await claimOne(store, node, 20, key, 9)
    const good = { kind: 'delivered', status: 200 } as const
    await commit(store, node, 30, {
      moves: [
        sampleMove(fails, key, again, 30, sampleAttempt(2, 30, { outcome: { kind: 'timedOut', phase: 'headers' } })),
        sampleMove(recovered, key, { to: 'delivered' }, 30, sampleAttempt(2, 31, { outcome: good })),
      ],
    })
    const { rows } = await store.listDeliveries(everyDelivery, page)
    const last = new Map(rows.map(({ id, lastAttempt }) => [id, lastAttempt]))
    const { durationMs } = sampleAttempt(2, 30)
    assert.deepEqual(last.get(untried), null)
    assert.deepEqual(last.get(recovered), { startedAt: start + 31, durationMs, outcome: good })
    const failed = { startedAt: start + 30, durationMs, outcome: { kind: 'timedOut', phase: 'headers' } }
    assert.deepEqual(last.get(fails), failed)
    const idsOf = finder(store)
    for (const whose of [{}, { tenant: acme }]) {
      assert.deepEqual(await idsOf({ ...whose, failing: true }), [fails])
      assert.deepEqual(await idsOf({ ...whose, failing: true, statuses: ['pending', 'failed'] }), [fails])
      assert.deepEqual(await idsOf({ ...whose, failing: true, statuses: ['failed'] }), [])
    }
  })

  promise('deliveries are found by the outcome, the HTTP status and the time of one attempt', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [one, two, three] = (await accept(store, node, endpoint, 0, { leased: true, count: 3 })) as unknown as [
      DeliveryId,
      DeliveryId,
      DeliveryId,
    ]
    await accept(store, node, endpoint, 0)
    const [bad, gone]: Outcome[] = [
      { kind: 'rejected', status: 503, retryAfterMs: null },
      { kind: 'unreachable', error: 'connection refused' },
    ]
    assert.ok(bad !== undefined && gone !== undefined)
    const waits = { to: 'waiting', dueAt: start + 90 } as const
    await commit(store, node, 10, {
      moves: [
        sampleMove(one, key, waits, 10, sampleAttempt(1, 10, { outcome: bad })),
        sampleMove(two, key, waits, 10, sampleAttempt(1, 20, { outcome: gone })),
        sampleMove(
          three,
          key,
          { to: 'delivered' },
          10,
          sampleAttempt(1, 30, { outcome: { kind: 'delivered', status: 204 } }),
        ),
      ],
    })
    const idsOf = finder(store)
    for (const whose of [{}, { tenant: acme }, { endpoint: key }]) {
      const of = (attempted: Partial<AttemptedFilter>) =>
        idsOf({ ...whose, attempted: { ...anyAttempt, ...attempted } })
      assert.deepEqual(await of({}), sorted(one, two, three))
      assert.deepEqual(await of({ outcomes: ['rejected'] }), [one])
      assert.deepEqual(await of({ outcomes: ['unreachable', 'delivered'] }), sorted(two, three))
      assert.deepEqual(await of({ outcomes: [] }), [])
      assert.deepEqual(await of({ httpStatus: 204 }), [three])
      assert.deepEqual(await of({ from: start + 20 }), sorted(two, three))
      assert.deepEqual(await of({ to: start + 20 }), [one])
      assert.deepEqual(await of({ outcomes: ['rejected'], from: start + 11 }), [])
    }
  })

  promise(
    'a search reads a bounded number of rows, and its pages have every match once while rows arrive',
    async (store) => {
      const { node, endpoint, key } = await nodeAndEndpoint(store)
      const quiet = await addEndpoint(store, acme)
      const rare = await fillWithRare(store, node, [key, quiet.key])
      for (const whose of [{}, { tenant: acme }, { endpoint: key }, { endpoint: quiet.key }]) {
        const wanted = rare.filter((row) => !('endpoint' in whose) || row.endpoint === whose.endpoint)
        const filter: DeliveryFilter = { ...everyDelivery, ...whose, eventType: 'rare', to: start + 1_000_000 }
        const first = await store.listDeliveries(filter, page)
        assert.ok(first.searchedTo !== null && first.next !== null, 'one page does not search all')
        assert.ok(first.searchedTo > start && first.searchedTo < start + 1_000_000)
        for (const limit of [1, 100]) {
          let pages = 0
          const seen = await allPages(
            limit,
            async (request) => {
              const found = await store.listDeliveries(filter, request)
              assert.equal(found.next === null, found.searchedTo === null)
              pages += 1
              return found
            },
            async () => void (await accept(store, node, endpoint, 2_000_000 + pages, { event: { type: 'rare' } })),
          )
          assert.deepEqual(
            seen.map(({ id }) => id),
            sorted(...wanted.map(({ id }) => id)),
          )
          assert.ok(pages < 40, `${pages} pages`)
        }
      }
    },
  )
}

/** More deliveries than two requests search, of which one in 2000 has the type `rare`. Gives those. */
async function fillWithRare(
  store: Store,
  node: Incarnation,
  keys: readonly EndpointKey[],
): Promise<readonly { readonly id: DeliveryId; readonly endpoint: EndpointKey }[]> {
  const rare = []
  for (let index = 0; index * 1000 < 2.5 * limits.searchedRowsMax * keys.length; index++) {
    const isRare = index % 4 === 0
    const at = index * 7000
    const common = keys.flatMap((key) => Array.from({ length: 1000 / keys.length }, () => key))
    const events = [newEvent(sampleEvent(acme, at), common, false)]
    if (isRare) events.push(newEvent(sampleEvent(acme, at, { type: 'rare' }), keys, false))
    await commit(store, node, at, { events })
    if (isRare) rare.push(...(events[1]?.deliveries ?? []))
  }
  return rare
}

function finder(store: Store): (filter: Partial<DeliveryFilter>) => Promise<DeliveryId[]> {
  return async (filter) => {
    const found = await store.listDeliveries({ ...everyDelivery, ...filter }, page)
    assert.deepEqual([found.next, found.searchedTo], [null, null])
    return found.rows.map(({ id }) => id)
  }
}

/** Newest first. */
function sorted(...ids: readonly DeliveryId[]): DeliveryId[] {
  return ids.toSorted().toReversed()
}
