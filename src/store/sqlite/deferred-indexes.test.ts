// The two deferred indexes: a list shows every row once and in order, whether the row is fresh or in the index.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { acme, sampleMove, start } from '../../../test/conformance/store/samples.ts'
import { accept, addEndpoint, commit } from '../../../test/conformance/store/steps.ts'
import { temporaryFolder } from '../../../test/conformance/store/temporary-folder.ts'
import type { Store } from '../../contracts/store.ts'
import { type DeliveryRow, everyDelivery } from '../../contracts/history-store.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import type { StoredEndpoint } from '../../contracts/account-store.ts'
import { freshRows } from './deferred-indexes.ts'
import { withoutErasures } from '../../../test/support/old-schema.ts'
import { openSqliteStore } from './sqlite-store.ts'

const perCommit = 100
/** Enough that some entries are in the indexes and some are fresh. */
const commits = Math.ceil((freshRows * 1.5) / (2 * perCommit))

interface Filled {
  readonly path: string
  readonly endpoints: readonly StoredEndpoint[]
  /** Newest first. */
  readonly accepted: readonly { readonly id: string; readonly endpoint: number }[]
}

/**
 * Two endpoints of one tenant. The last events are accepted after the clock was set back to the time of the first
 * events.
 */
async function fill(t: TestContext): Promise<Filled> {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  const store = await openSqliteStore(path)
  const node = await store.join(start)
  const endpoints = [await addEndpoint(store), await addEndpoint(store)]
  const accepted: { id: string; endpoint: number }[] = []
  for (let at = 0; at < commits; at++) {
    const endpoint = endpoints[at % 2] as StoredEndpoint
    const ids = await accept(store, node, endpoint, at === commits - 1 ? 0 : at, { count: perCommit })
    accepted.push(...ids.map((id) => ({ id, endpoint: endpoint.key })))
  }
  await store.close()
  return { path, endpoints, accepted: accepted.toSorted((a, b) => (a.id < b.id ? 1 : -1)) }
}

function rowsIn(path: string, table: string): number {
  const db = new DatabaseSync(path, { readOnly: true })
  const count = db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']
  db.close()
  return Number(count)
}

async function allOf<Row>(list: (page: PageRequest) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = []
  let after: string | null = null
  do {
    const page: Page<Row> = await list({ limit: 70, after })
    rows.push(...page.rows)
    after = page.next
  } while (after !== null)
  return rows
}

const everything = { ...everyDelivery, tenant: acme }

async function assertAllListed(store: Store, { accepted, endpoints }: Filled): Promise<void> {
  const idsOf = (rows: readonly Pick<DeliveryRow, 'id'>[]): string[] => rows.map(({ id }) => id)
  const ofTenant = await allOf((page) => store.listDeliveries(everything, page))
  assert.deepEqual(
    idsOf(ofTenant),
    accepted.map(({ id }) => id),
  )
  for (const { key } of endpoints) {
    assert.deepEqual(
      idsOf(await allOf((page) => store.listDeliveries({ ...everything, endpoint: key }, page))),
      accepted.filter(({ endpoint }) => endpoint === key).map(({ id }) => id),
    )
  }
  const events = await allOf((page) => store.listEvents({ tenant: acme, type: null, from: null, to: null }, page))
  assert.equal(new Set(events.map(({ id }) => id)).size, accepted.length)
  const times = events.map(({ acceptedAt }) => acceptedAt)
  assert.deepEqual(
    times,
    times.toSorted((a, b) => b - a),
  )
}

void test('a list shows fresh rows and rows in the index together', async (t) => {
  const filled = await fill(t)
  for (const table of ['fresh_events', 'fresh_deliveries', 'events_of_tenant', 'deliveries_of_endpoint']) {
    assert.ok(rowsIn(filled.path, table) > 0, table)
  }
  const store = await openSqliteStore(filled.path)
  await assertAllListed(store, filled)
  await store.close()
})

void test('the first commit moves the fresh entries that the last process left', async (t) => {
  const { path, endpoints } = await fill(t)
  const store = await openSqliteStore(path)
  await accept(store, await store.join(start + commits), endpoints[0] as StoredEndpoint, commits)
  await store.close()
  assert.equal(rowsIn(path, 'fresh_deliveries') + rowsIn(path, 'fresh_events'), 0)
})

void test('a replay finds fresh deliveries, and retention removes them', async (t) => {
  const { path, endpoints } = await fill(t)
  const [endpoint] = endpoints as [StoredEndpoint]
  const store = await openSqliteStore(path)
  const node = await store.join(start + commits)
  const [id] = await accept(store, node, endpoint, commits, { leased: true })
  const delivered = sampleMove(id, endpoint.key, { to: 'delivered' }, commits)
  await commit(store, node, commits, { moves: [delivered] })
  const request = { endpoint: endpoint.key, since: start, until: start + commits + 1, statuses: ['delivered'] } as const
  const rearmed = await store.rearmDeliveries({ ...request, now: start + commits, rowsMax: 100_000, after: null })
  assert.equal(rearmed.count, 1)

  for (const { key } of endpoints) {
    const { deliveries } = await store.claim(node, start + commits, [{ endpoint: key, room: 100_000 }])
    await commit(store, node, commits, {
      moves: deliveries.map((claimed) => sampleMove(claimed.id, key, { to: 'delivered' }, commits)),
    })
  }
  while ((await store.prune(start + commits + 1, start + commits + 1, 1000)).visited > 0);
  await store.close()
  for (const table of ['fresh_events', 'fresh_deliveries', 'events_of_tenant', 'deliveries_of_endpoint', 'events']) {
    assert.equal(rowsIn(path, table), 0, table)
  }
})

void test('a database of schema version 3, with indexes of SQLite, is migrated', async (t) => {
  const filled = await fill(t)
  const db = new DatabaseSync(filled.path)
  db.exec(`DROP TABLE fresh_events; DROP TABLE fresh_deliveries;
    DROP TABLE events_of_tenant; DROP TABLE deliveries_of_endpoint;
    CREATE INDEX events_by_tenant ON events (tenant, accepted_at);
    CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint, id);
    ALTER TABLE api_keys DROP COLUMN seal;
    ALTER TABLE api_key_tenants DROP COLUMN seal;
    DROP TABLE operator_keys;
    ALTER TABLE attempts DROP COLUMN connections;
    ALTER TABLE endpoint_status DROP COLUMN paused_until;
    ${withoutErasures};
    PRAGMA user_version = 3`)
  db.close()
  const store = await openSqliteStore(filled.path)
  await assertAllListed(store, filled)
  await store.close()
})
