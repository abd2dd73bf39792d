// Lists of deliveries, and cursors that no list returned.

import assert from 'node:assert/strict'
import type { TenantId } from '../../../src/domain/ids.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { type DeliveryRow, type EventFilter, everyDelivery } from '../../../src/contracts/history-store.ts'
import { acme, other, sampleMove, start } from './samples.ts'
import { accept, addEndpoint, allPages, type Case, commit } from './steps.ts'

const everyEvent: EventFilter = { tenant: null, type: null, from: null, to: null }
const malformed = ['', ' ', 'x', 'zzzz', '~', '-1', '9e99', '9e99.5', '.', "'; --", '{"a":1}', '漢', '\u{10ffff}']

export function listCases(promise: Case): void {
  promise('deliveries are listed newest first and each once, while new deliveries arrive', async (store) => {
    const rows = await fill(store)
    const [last] = rows
    assert.ok(last !== undefined)
    const node = await store.join(start + 500)
    for (const filter of [everyDelivery, { ...everyDelivery, tenant: acme }]) {
      const wanted = rows.filter(({ tenant }) => filter.tenant === null || tenant === filter.tenant)
      for (const limit of [1, 5, wanted.length, 100]) {
        const late = (): Promise<unknown> =>
          accept(store, node, { key: last.endpoint, tenant: last.tenant }, 1000, { leased: true })
        const seen = await allPages(
          limit,
          (page) => store.listDeliveries({ ...filter, to: start + 900 }, page),
          async () => void (await late()),
        )
        assert.deepEqual(
          seen.map(({ id }) => id),
          wanted.map(({ id }) => id),
        )
      }
    }
  })

  promise('deliveries are filtered by each field, and by combinations of fields', async (store) => {
    const rows = await fill(store)
    const endpoints = [null, ...new Set(rows.map(({ endpoint }) => endpoint))]
    for (const tenant of [null, acme, other, 'unknown' as TenantId]) {
      for (const endpoint of endpoints) {
        for (const status of [null, 'pending', 'delivered', 'failed', 'cancelled'] as const) {
          for (const { eventType, from, to } of [
            { eventType: null, from: null, to: null },
            { eventType: 'a.b', from: null, to: null },
            { eventType: null, from: 2, to: 5 },
            { eventType: 'a.c', from: 3, to: null },
          ]) {
            const times = { from: from && start + from, to: to && start + to }
            const filter = { ...everyDelivery, tenant, endpoint, statuses: status && [status], eventType, ...times }
            const wanted = rows.filter(
              (row) =>
                (tenant === null || row.tenant === tenant) &&
                (endpoint === null || row.endpoint === endpoint) &&
                (status === null || row.status === status) &&
                (eventType === null || row.eventType === eventType) &&
                (from === null || row.createdAt >= start + from) &&
                (to === null || row.createdAt < start + to),
            )
            const { rows: seen } = await store.listDeliveries(filter, { limit: 100, after: null })
            assert.deepEqual(seen, wanted, JSON.stringify(filter))
          }
        }
      }
    }
  })

  promise('a page after a cursor that no list returned is empty', async (store) => {
    await fill(store)
    for (const after of malformed) {
      const page = { limit: 5, after }
      const end = { rows: [], next: null }
      const searched = { ...end, searchedTo: null }
      assert.deepEqual(await store.listEvents(everyEvent, page), end, `events after ${after}`)
      assert.deepEqual(await store.listDeliveries(everyDelivery, page), searched, `deliveries after ${after}`)
      assert.deepEqual(await store.listDeliveries({ ...everyDelivery, tenant: acme }, page), searched)
      assert.deepEqual(await store.listTenants(page, null), searched, `tenants after ${after}`)
      assert.deepEqual(await store.listKeys(page, null), end, `keys after ${after}`)
    }
  })
}

/** Deliveries of two tenants, two endpoints each, in every status; newest first. */
async function fill(store: Store): Promise<DeliveryRow[]> {
  const node = await store.join(start)
  const ends = [{ to: 'delivered' }, { to: 'failed', reason: 'not retried' }, null] as const
  const ids = []
  for (const tenant of [acme, acme, other, other]) {
    const endpoint = await addEndpoint(store, tenant)
    for (let at = 0; at < 8; at++) {
      const event = { type: at % 2 === 0 ? 'a.b' : 'a.c' }
      const [id] = await accept(store, node, endpoint, at, { leased: at < 6, event })
      const end = at < 6 ? ends[at % 3] : null
      if (end) await commit(store, node, 50, { moves: [sampleMove(id, endpoint.key, end, 50)] })
      if (at === 5) {
        const cancel = { to: 'cancelled', reason: 'endpoint disabled' } as const
        await commit(store, node, 50, { moves: [sampleMove(id, endpoint.key, cancel, 50)] })
      }
      ids.push(id)
    }
  }
  const found = await Promise.all(ids.map((id) => store.findDelivery(id)))
  return found.flatMap((row) => (row === null ? [] : [row.delivery])).toSorted((a, b) => (a.id < b.id ? 1 : -1))
}
