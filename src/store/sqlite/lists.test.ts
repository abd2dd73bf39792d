// Lists of a tenant's deliveries: how many rows a page reads, and that the page is right for fresh and indexed rows.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { seededRandom } from '../../../test/support/random.ts'
import type { EndpointKey } from '../../domain/ids.ts'
import { acme, newEvent, other, sampleEvent, sampleMove, start } from '../../../test/conformance/store/samples.ts'
import { addEndpoint, commit } from '../../../test/conformance/store/steps.ts'
import { temporaryFolder } from '../../../test/conformance/store/temporary-folder.ts'
import { type DeliveryColumns, deliveryColumns, deliveryOf } from '../rows.ts'
import { type DeliveryFilter, type DeliveryRow, everyDelivery } from '../../contracts/history-store.ts'
import { Database } from './database.ts'
import { deliveryLists } from './delivery-lists.ts'
import { deliveryJoins } from './history.ts'
import { openSqliteStore } from './sqlite-store.ts'

/** A connection that counts the rows that it returns. */
class Counting extends Database {
  rows = 0

  override all<Row>(sql: string, ...values: (string | number | null)[]): Row[] {
    const rows = super.all<Row>(sql, ...values)
    this.rows += rows.length
    return rows
  }
}

/** Events of a tenant, each for some of its endpoints; some are delivered, some have failed, some wait. */
async function fill(
  t: TestContext,
  count: { readonly endpoints: number; readonly events: number },
  isFor: (endpoint: number, event: number) => boolean,
): Promise<{ db: Counting; keys: readonly EndpointKey[] }> {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  const store = await openSqliteStore(path)
  const node = await store.join(start)
  const keys: EndpointKey[] = []
  while (keys.length < count.endpoints) keys.push((await addEndpoint(store, acme)).key)
  const foreign = await addEndpoint(store, other)
  for (let at = 0; at < count.events; at++) {
    const type = at % 2 === 0 ? 'a.b' : 'a.c'
    const wanted = keys.filter((_, index) => isFor(index, at))
    const event = newEvent(sampleEvent(acme, at, { type }), wanted, at % 4 !== 0)
    const end = at % 4 === 1 ? ({ to: 'delivered' } as const) : ({ to: 'failed', reason: 'not retried' } as const)
    const moves = event.deliveries.flatMap(({ id, endpoint, leased }) =>
      leased ? [sampleMove(id, endpoint, end, at)] : [],
    )
    await commit(store, node, at, { events: [event, newEvent(sampleEvent(other, at), [foreign.key], false)], moves })
  }
  await store.close()
  const db = new Counting(path, 'read')
  t.after(() => db.close())
  for (const table of ['fresh_deliveries', 'deliveries_of_endpoint']) {
    assert.ok((db.get<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)?.count ?? 0) > 0, table)
  }
  return { db, keys }
}

const everything: DeliveryFilter = { ...everyDelivery, tenant: acme }

void test('a page of many endpoints reads little more than it shows', async (t) => {
  const { db } = await fill(t, { endpoints: 50, events: 140 }, () => true)
  const limit = 60
  // The newest deliveries are still fresh; those of the first half are in the index.
  for (const to of [null, start + 70]) {
    for (const status of [null, 'failed'] as const) {
      db.rows = 0
      const { rows } = deliveryLists(db).listDeliveries(
        { ...everything, statuses: status && [status], to },
        { limit, after: null },
      )
      assert.equal(rows.length, limit)
      assert.ok(db.rows < 10 * limit, `${db.rows} rows were read for ${limit}`)
    }
  }
})

void test('pages are right with every filter, for endpoints with new, old or no deliveries', async (t) => {
  // Some endpoints got their last delivery long ago, some got their first one recently, and one never got any.
  const random = seededRandom(1)
  const [endpoints, events] = [30, 200]
  const spans = Array.from({ length: endpoints }, () =>
    [random.between(0, events), random.between(0, events)].toSorted((a, b) => a - b),
  )
  const { db, keys } = await fill(t, { endpoints, events }, (endpoint, event) => {
    const [first = 0, last = 0] = spans[endpoint] ?? []
    return endpoint !== 7 && event >= first && event < last
  })
  const all = db
    .all<DeliveryColumns>(`SELECT ${deliveryColumns} FROM deliveries d ${deliveryJoins} ORDER BY d.id DESC`)
    .map(deliveryOf)
  const reads = deliveryLists(db)
  for (const endpoint of [null, keys[0] as EndpointKey, keys[7] as EndpointKey]) {
    for (const status of [null, 'pending', 'delivered', 'failed', 'cancelled'] as const) {
      for (const eventType of [null, 'a.b']) {
        for (const { from, to } of [
          { from: null, to: null },
          { from: start + 20, to: start + 120 },
          { from: start + 150, to: null },
        ]) {
          const filter = { ...everything, endpoint, statuses: status && [status], eventType, from, to }
          for (const limit of [7, 50, 250]) {
            const seen: DeliveryRow[] = []
            let after: string | null = null
            do {
              const page = reads.listDeliveries(filter, { limit, after })
              seen.push(...page.rows)
              after = page.next
              assert.ok(page.rows.length === limit || after === null, 'a page before the last one is too short')
            } while (after !== null)
            assert.deepEqual(
              seen,
              all.filter((row) => matches(row, filter)),
              JSON.stringify(filter),
            )
          }
        }
      }
    }
  }
})

function matches(row: DeliveryRow, { tenant, endpoint, statuses, eventType, from, to }: DeliveryFilter): boolean {
  return (
    row.tenant === tenant &&
    (endpoint === null || row.endpoint === endpoint) &&
    (statuses === null || statuses.includes(row.status)) &&
    (eventType === null || row.eventType === eventType) &&
    (from === null || row.createdAt >= from) &&
    (to === null || row.createdAt < to)
  )
}
