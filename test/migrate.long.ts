// An installation that was copied to PostgreSQL returns the same rows as the one on SQLite and continues in the same
// way.

import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { ApiKeyId, EndpointKey, EventId, TenantId } from '../src/domain/ids.ts'
import { acme, newEvent, other, sampleEvent, sampleKey, sampleTenant, start } from './conformance/store/samples.ts'
import { day } from '../src/domain/time.ts'
import { allPages, commit, joinAlone, sweepAll } from './conformance/store/steps.ts'
import { openPostgresStore } from '../src/store/postgres/postgres-store.ts'
import { openExport } from '../src/store/sqlite/export.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../src/contracts/store.ts'
import { answer, fillInstallation, keyHashes } from './support/filled-installation.ts'
import { ask, assertSameRows, bothSides, migrate } from './support/migrate-run.ts'
import { everyDelivery } from '../src/contracts/history-store.ts'

const everyEvent = { tenant: null, type: null, from: null, to: null }
const everyAudit = { tenant: null, actor: null, action: null, object: null, from: null, to: null }
const everyCount = { from: 0, to: start + day, step: 'day', dialect: null, tenant: null, endpoint: null } as const
const longAfter = start + 10_000_000
const endpointsMax = 10

test('source and copy return the same rows, also after further operations', async (t) => {
  const { path, url } = await bothSides(t)
  await fillInstallation(path)
  const { code, stdout, stderr } = await migrate(path, url)
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /\n {2}events +18\n[^]*\n {2}rows in +SQLite +PostgreSQL\n[^]*\n {2}events +18 +18\n/)
  assert.match(stdout, /POSTHORN_MASTER_KEY +the same as until now/)
  await assertSameRows(path, url)
  assert.deepEqual(
    await ask(
      url,
      `SELECT FROM pg_class WHERE relname = 'migration_progress' AND relnamespace = current_schema()::regnamespace`,
    ),
    [],
  )

  const stores = [await openSqliteStore(path), await openPostgresStore(url)]
  try {
    // A start of the service. On SQLite the deliveries of an earlier incarnation are waiting again.
    const shown = await Promise.all(
      stores.map(async (store) => [(await joinAlone(store, 100_000)) > 0, await everything(store)]),
    )
    assert.deepEqual(shown[1], shown[0])
    assert.match(JSON.stringify(shown[1]), /"response":"PK\ufffd\ufffdmulti\\nline/)
    const next = await Promise.all(stores.map(continueWork))
    assert.deepEqual(next[1], next[0])
  } finally {
    for (const store of stores) await store.close()
  }
})

async function everything(store: Store): Promise<unknown> {
  const tenants = await allPages(2, (page) => store.listTenants(page, null))
  const deliveries = await allPages(3, (page) => store.listDeliveries(everyDelivery, page))
  const events = await allPages(3, (page) => store.listEvents(everyEvent, page))
  const endpoints = Array.from({ length: endpointsMax }, (_, key) => key as EndpointKey)
  assert.ok(tenants.length > 1 && deliveries.length > 10 && events.length > 9)
  const listed = await allPages(2, (page) => store.listKeys(page, null))
  const found = await each(keyHashes, (hash) => store.findKeyByHash(hash))
  return plain({
    tenants: await each(tenants, ({ id }) => store.loadTenant(id)),
    keys: [...listed, ...found],
    operatorKeys: await store.listOperatorKeys(),
    deliveries: await each(deliveries, ({ id }) => store.findDelivery(id)),
    lists: [events, deliveries],
    ofEvents: await each(events, async (event) => (await store.deliveriesOfEvent(event)).toSorted(byId)),
    status: await each(endpoints, (key) => store.endpointStatus(key)),
    attempts: await each(endpoints, (endpoint) =>
      store.listAttempts({ ...everyEvent, endpoint, succeeded: null, eventType: null }, { page: 1, limit: 100 }),
    ),
    answer: await store.findAnswer(answer.apiKey, answer.idempotencyKey, start),
    audit: await allPages(1, (page) => store.listAudit(everyAudit, page)),
    proof: await store.writeOnce('master key proof', 'another'),
    due: (await store.dueEndpoints(longAfter, 100)).toSorted((a, b) => a.endpoint - b.endpoint),
    nextDueAt: await store.nextDueAt(),
    waiting: await store.countWaiting(),
    statistics: await each(['dialect', 'tenant', 'endpoint', 'type'] as const, (by) =>
      store.readStats({ ...everyCount, by }, 20),
    ),
  })
}

/** Sweeps, claims every waiting delivery, and adds a tenant, a key and events. */
async function continueWork(store: Store): Promise<unknown> {
  await sweepAll(store, 200_000)
  const swept = await everything(store)
  while (await store.gatherStats(1));
  while (await store.foldStats(1));
  const node = await store.join(longAfter)
  const requests = (await store.dueEndpoints(longAfter, 100)).map(({ endpoint }) => ({ endpoint, room: 100 }))
  const claim = await store.claim(node, longAfter, requests)
  const key = await store.nextEndpointKey()
  assert.equal(await store.createTenant(sampleTenant('new' as TenantId)), 'written')
  await store.createKey(sampleKey([acme], 'hash of a new one', { id: 'key_new' as ApiKeyId }))
  const duplicate = sampleEvent(other, 41, { id: 'evt-é' as EventId })
  const fresh = sampleEvent(acme, 300_000, { id: 'evt-new' as EventId })
  const events = [duplicate, fresh].map((event) => newEvent(event, [], false))
  const stored = await commit(store, node, 300_000, { events })
  const version = (await store.loadTenant('new' as TenantId))?.version
  assert.ok(claim.deliveries.length > 4)
  const newest = (await store.listKeys({ limit: 1, after: null }, null)).rows[0]
  return plain([swept, newest, claim.deliveries.toSorted(byId), claim.more, key, version, stored.events])
}

async function each<Item, Result>(
  items: readonly Item[],
  question: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (const item of items) results.push(await question(item))
  return results
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1
}

/** The value as JSON, with each NUL of SQLite replaced by U+FFFD, which PostgreSQL stores instead. */
function plain(value: unknown): unknown {
  const withoutNul = (_: string, one: unknown): unknown =>
    typeof one === 'string' ? one.replaceAll('\0', '\ufffd') : one
  return JSON.parse(JSON.stringify(value), withoutNul)
}

test('every table and column of SQLite is copied, or left out on purpose', async (t) => {
  const { path } = await bothSides(t)
  await fillInstallation(path)
  // Nodes are not copied. PostgreSQL has sequences and indexes of its own in place of the other tables.
  const keptByHand = ['fresh_events', 'fresh_deliveries', 'events_of_tenant', 'deliveries_of_endpoint']
  const leftOut = new Set(['nodes', 'sequences', ...keptByHand])
  // Columns that are in another table on PostgreSQL.
  const elsewhere: Readonly<Record<string, string>> = { endpoint_status: 'endpoint_attempts' }
  const source = openExport(path)
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const columns = db
      .prepare(
        `SELECT t.name AS "table", c.name AS column FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`,
      )
      .all() as { table: string; column: string }[]
    const missing = columns.filter(
      ({ table, column }) =>
        !leftOut.has(table) &&
        !source.tables.some(
          ({ name, columns: copied }) => (name === table || name === elsewhere[table]) && copied.includes(column),
        ),
    )
    assert.ok(columns.length > 60)
    assert.deepEqual(missing, [])
  } finally {
    db.close()
    source.close()
  }
})
