// The cost of every statement with up to half a million events, deliveries and attempts. The statements are those that
// the program sends: the test calls each method once and records its statements. It then runs each statement in a
// transaction that is rolled back, and checks how many pages the statement read. A scan would read thousands of pages.
// A connection keeps a plan until the tables are analyzed again. So a plan must be good if it was made while the tables
// were empty, while they had one row each, and while the statistics were from that time.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { testDatabase } from './support/test-database.ts'
import { callEverything } from './conformance/store/every-call.ts'
import { start } from './conformance/store/samples.ts'
import type { DeliveryId, EndpointKey, EventId, TenantId } from '../src/domain/ids.ts'
import type { Store } from '../src/contracts/store.ts'
import { Database } from '../src/store/postgres/database.ts'
import { openPostgresStore } from '../src/store/postgres/postgres-store.ts'
import { everyDelivery } from '../src/contracts/history-store.ts'

const rows = 500_000
const pagesMax = 300
/** A node that is dead and held some of the deliveries. */
const goneNode = 1

interface Sent {
  readonly text: string
  readonly values: readonly (string | number | bigint | boolean | Buffer | readonly unknown[] | null)[]
}

interface Plan {
  readonly 'Shared Hit Blocks'?: number
  readonly 'Shared Read Blocks'?: number
}

/** Statements that may read more pages, each with the reason. */
const meant: readonly { readonly sql: RegExp; readonly why: string }[] = [
  { sql: /^SELECT count\(\*\) AS count FROM deliveries WHERE status = 0/, why: 'counts a backlog, for metrics only' },
  { sql: /^SELECT count\(\*\) AS count FROM outbox/, why: 'counts a backlog, for metrics only' },
  { sql: /^SELECT sum\(pg_total_relation_size/, why: 'reads the catalogue of the server, for the status only' },
  { sql: /^WITH due AS MATERIALIZED/, why: 'tenants take turns among due endpoints, up to a bound' },
  { sql: /OFFSET 0\) d WHERE/, why: 'the list of all pending deliveries, used only if they are few' },
  {
    sql: /^SELECT count\(\*\) AS count FROM \(SELECT FROM/,
    why: 'checks whether the pending deliveries are few, and stops at a bound',
  },
  {
    sql: /^SELECT count\(\*\) AS count FROM \(SELECT \* FROM/,
    why: 'counts the attempts of an endpoint, or deliveries up to a bound',
  },
  { sql: /FROM \(SELECT endpoint AS key/, why: 'searches a bounded number of statuses' },
  { sql: /^SELECT WHERE EXISTS/, why: 'read once, by the first start of a version that seals rows' },
]

for (const { planned, rowsBefore } of [
  { planned: 'empty tables', rowsBefore: 0 },
  { planned: 'one row in each table', rowsBefore: 1 },
]) {
  const options = { timeout: 280_000 }
  void test(`no statement reads too many pages of ${rows} rows, planned with ${planned}`, options, async (t) => {
    const database = await testDatabase()
    const store = await openPostgresStore(database.url)
    t.after(async () => {
      await store.close()
      await database.drop()
    })
    const plain = new Database(database.url, 1)
    const client = new pg.Client({ ...plain.configOf(), ssl: false })
    await client.connect()
    await plain.begin(client, 0)
    t.after(() => client.end())
    const prepared = await statementsOf(t, store, client)
    const plan = async (when: string): Promise<void> => {
      for (const [index, { text, values }] of prepared.entries()) {
        await client.query(`PREPARE ${nameOf(when, index)} AS ${text}`)
        await explain(client, nameOf(when, index), values)
      }
    }

    const used = new Set<object>()
    const tooMany: string[] = []
    const run = async (when: string): Promise<void> => {
      for (const [index, { text, values }] of prepared.entries()) {
        const pages = await pagesRead(client, nameOf(when, index), values)
        if (pages <= pagesMax) continue
        const exception = meant.find(({ sql }) => sql.test(text.trim()))
        if (exception === undefined) tooMany.push(`planned ${when}: ${pages} pages: ${text}`)
        else used.add(exception)
      }
    }

    // The tables are analyzed only when the test does it.
    for (const table of tables) await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`)
    await client.query(`TRUNCATE ${tables.join(', ')}`)
    for (const statement of filling(1, rowsBefore)) await client.query(statement)
    await client.query('ANALYZE')
    await plan('before')
    for (const statement of filling(rowsBefore + 1, rows)) await client.query(statement)
    await run('before')
    await plan('stale')
    await run('stale')
    // After this all plans are made again.
    await client.query('ANALYZE')
    await plan('full')
    await run('full')
    assert.deepEqual(tooMany, [])
    const waiting = { ...everyDelivery, statuses: ['pending'] } as const
    const newest = (await store.listDeliveries(waiting, { limit: 3, after: null })).rows.map(({ eventId }) => eventId)
    assert.deepEqual(newest, [`evt_${rows}`, `evt_${rows - 10}`, `evt_${rows - 20}`])
    const unused = meant.filter((exception) => !used.has(exception))
    assert.deepEqual(unused, [], 'exceptions that no statement needs')
  })
}

/**
 * The statements that the program sends: first with ids of rows that the full tables will hold, then with its own rows.
 */
async function statementsOf(t: TestContext, store: Store, client: pg.Client): Promise<readonly Sent[]> {
  for (const statement of filling(1, 1)) await client.query(statement)
  const sent = recordStatements(t)
  const [tenant, endpoint, event] = ['tenant-1' as TenantId, 1_000_001 as EndpointKey, 'evt_1' as EventId]
  const page = { limit: 5, after: null }
  const found = (await store.listDeliveries(everyDelivery, page)).rows[0]?.id as DeliveryId
  // All deliveries of this endpoint have failed: a list of another status would read all of them.
  for (const status of [null, 'failed', 'delivered', 'cancelled', 'pending'] as const) {
    for (const eventType of [null, 'a']) {
      for (const whose of [{}, { tenant }, { endpoint }, { tenant, endpoint }]) {
        await store.listDeliveries({ ...everyDelivery, ...whose, statuses: status && [status], eventType }, page)
      }
    }
  }
  await store.findDelivery(found)
  await store.findEvents(event, null)
  await store.findEvents(event, tenant)
  await store.deliveriesOfEvent({ id: event, tenant })
  await store.rearmDelivery(found, start)
  const statuses = ['delivered', 'failed'] as const
  const rearm = { endpoint, since: 0, until: start * 2, statuses, now: start, rowsMax: 5, after: null }
  await store.rearmDeliveries(rearm)
  await store.listAttempts({ endpoint, succeeded: null, eventType: null, from: 0, to: null }, { page: 1, limit: 5 })
  await store.newestFailures(endpoint, { deliveriesMax: 5, attemptsMax: 5, charsMax: 5 })
  await store.endpointStatus(endpoint)
  await store.loadTenant(tenant)
  assert.equal(await store.join(start), goneNode)
  await store.leave(goneNode as Parameters<Store['leave']>[0])
  await callEverything(store)
  const prepared = [...sent.values()]
  assert.ok(prepared.length > 100, `only ${prepared.length} statements were seen`)
  return prepared
}

/** Records each statement with the values of its first use. */
function recordStatements(t: TestContext): Map<string, Sent> {
  const sent = new Map<string, Sent>()
  const query = Reflect.get(pg.Client.prototype, 'query') as () => unknown
  t.after(() => Object.assign(pg.Client.prototype, { query }))
  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, config: unknown, ...rest: unknown[]) {
      if (typeof config === 'object' && config !== null && 'values' in config) {
        const { text, values } = config as Sent
        if (/^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)/.test(text) && !sent.has(text)) sent.set(text, { text, values })
      }
      return Reflect.apply(query, this, [config, ...rest])
    },
  })
  return sent
}

async function pagesRead(client: pg.Client, name: string, values: Sent['values']): Promise<number> {
  await client.query('BEGIN')
  try {
    const plan = await explain(client, name, values, 'ANALYZE, BUFFERS,')
    return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
  } finally {
    await client.query('ROLLBACK')
  }
}

/** The first run or EXPLAIN of a prepared statement makes its plan, which the connection keeps. */
async function explain(client: pg.Client, name: string, values: Sent['values'], options = ''): Promise<Plan> {
  const literals = values.map((value) => literalOf(value)).join(', ')
  const call = literals === '' ? name : `${name}(${literals})`
  const { rows: explained } = await client.query(`EXPLAIN (${options} FORMAT JSON) EXECUTE ${call}`)
  const [{ Plan: plan }] = (explained as [{ 'QUERY PLAN': [{ Plan: Plan }] }])[0]['QUERY PLAN']
  return plan
}

function nameOf(when: string, index: number): string {
  return `${when}_${index}`
}

function literalOf(value: Sent['values'][number]): string {
  if (value === null) return 'NULL'
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`
  if (typeof value !== 'object') return pg.escapeLiteral(String(value))
  return pg.escapeLiteral(`{${value.map((element) => JSON.stringify(element)).join(',')}}`)
}

const tables = ['tenants', 'endpoints', 'endpoint_status', 'events', 'deliveries', 'attempts', 'erasures', 'outbox']

/**
 * Statements that fill the tables with rows `first` to `last`. The rows are later than every time that the calls ask
 * for. They belong to 500 of 50,000 endpoints of 5,000 tenants. One endpoint has a tenth of the deliveries, all
 * waiting.
 */
function filling(first: number, last: number): string[] {
  // Two endpoints for the first row, and all of them for the last row.
  const endpoints = (n: number): number => Math.min(50_000, 2 * n)
  const endpointRows = `generate_series(${endpoints(first - 1)}, ${endpoints(last) - 1}) n`
  const time = `SELECT n, ${start + 3_600_000} + n * 10::bigint AS at FROM generate_series(${first}, ${last}) n`
  return [
    `INSERT INTO tenants (id, dialect, settings, created_at) VALUES ('acme', 'standard', '{}', 0) ON CONFLICT DO NOTHING`,
    `INSERT INTO tenants (id, dialect, settings, created_at)
     SELECT 'tenant-' || n, 'standard', '{}', 0 FROM ${endpointRows} WHERE n < 5000`,
    `INSERT INTO endpoints (key, tenant, id, url, event_types, filters, enabled, sealed_headers, sealed_secrets, created_at, updated_at)
     SELECT 1000000 + n, 'tenant-' || n % 5000, 'ep_' || n, '', '[]', '{}', true, '', '', 0, 0 FROM ${endpointRows}`,
    `INSERT INTO endpoint_status (endpoint) SELECT 1000000 + n FROM ${endpointRows}`,
    `INSERT INTO events (seq, tenant, id, type, data, occurred_at, accepted_at, deliveries)
     SELECT 1000000 + n, 'tenant-' || n % 50, 'evt_' || n, 'a', '{}', at, at, 1 FROM (${time}) e`,
    `INSERT INTO deliveries (id, event, endpoint, status, due_at, ended_at, node)
     SELECT (left(time, 8) || '-' || right(time, 4) || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1000000 + n,
       1000000 + CASE WHEN n % 10 = 0 THEN 0 ELSE n % 500 END,
       CASE WHEN n % 10 = 0 THEN 0 WHEN n % 100 = 1 THEN 2 WHEN n % 100 = 2 THEN 3 ELSE 1 END, at, at,
       CASE WHEN n % 100000 = 0 THEN ${goneNode} ELSE 0 END
     FROM (SELECT n, at, lpad(to_hex(at), 12, '0') AS time FROM (${time}) e) d`,
    `INSERT INTO attempts (delivery, number, started_at, duration_ms, kind, status)
     SELECT id, 1, 0, 5, 'delivered', 200 FROM deliveries WHERE status <> 0 AND event >= ${1_000_000 + first}`,
    `INSERT INTO outbox (tenant, type, data, written_at, problem)
     SELECT 'tenant-' || (n / 20) % ${rows / 20}, 'a', '{}', at, CASE WHEN n % 10 = 0 THEN 'some' END FROM (${time}) o`,
  ]
}
