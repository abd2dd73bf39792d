// What every statement costs with half a million events, deliveries and attempts. The statements are those that the
// program really sends: each method is called once, and each statement is then run again, undone, and asked how many
// pages it read. A scan would read thousands. A plan is kept for as long as nobody looks at the tables anew, so it must
// be as good when it was made while they were empty, while they had a row each, and when all that is known of them is
// that they had.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { testDatabase } from '../../../test/support/test-database.ts'
import { callEverything } from '../../../test/conformance/store/every-call.ts'
import { start } from '../../../test/conformance/store/samples.ts'
import type { DeliveryId, EndpointKey, EventId, TenantId } from '../../domain/ids.ts'
import type { Store } from '../../contracts/store.ts'
import { Database } from './database.ts'
import { openPostgresStore } from './postgres-store.ts'

const rows = 500_000
const pagesMax = 300
/** A node that is gone and held some of what was filled in. */
const goneNode = 1

interface Sent {
  readonly text: string
  readonly values: readonly (string | number | bigint | boolean | Buffer | readonly unknown[] | null)[]
}

interface Plan {
  readonly 'Shared Hit Blocks'?: number
  readonly 'Shared Read Blocks'?: number
}

/** Statements that read more and are meant to, each with the reason. */
const meant: readonly { readonly sql: RegExp; readonly why: string }[] = [
  { sql: /^SELECT count\(\*\) AS count FROM deliveries WHERE status = 0/, why: 'counts a backlog, for metrics only' },
  { sql: /^SELECT .*WITH pending AS/s, why: 'the list of all that is pending, which is asked where that is few' },
  { sql: /^SELECT count\(\*\) AS count FROM \(SELECT FROM/, why: 'finds out whether it is few, and stops at a bound' },
  { sql: /^SELECT count\(\*\) AS count FROM \(SELECT \* FROM/, why: 'counts the attempts of an endpoint' },
]

for (const [planned, rowsBefore] of [
  ['empty', 0],
  ['a row each', 1],
] as const) {
  const options = { timeout: 280_000 }
  void test(`no statement reads more pages for ${rows} rows, planned with ${planned}`, options, async (t) => {
    const database = await testDatabase()
    const store = await openPostgresStore(database.url)
    t.after(async () => {
      await store.close()
      await database.drop()
    })
    const plain = new Database(database.url, 1)
    const client = new pg.Client(plain.config)
    await client.connect()
    await plain.begin(client)
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

    // Nobody looks at the tables unless told to.
    for (const table of tables) await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`)
    await client.query(`TRUNCATE ${tables.join(', ')}`)
    for (const statement of filling(1, rowsBefore)) await client.query(statement)
    await client.query('ANALYZE')
    await plan('before')
    for (const statement of filling(rowsBefore + 1, rows)) await client.query(statement)
    await run('before')
    await plan('stale')
    await run('stale')
    // All plans are made anew after that.
    await client.query('ANALYZE')
    await plan('full')
    await run('full')
    assert.deepEqual(tooMany, [])
    const waiting = { tenant: null, endpoint: null, status: 'pending', eventType: null, from: null, to: null } as const
    const newest = (await store.listDeliveries(waiting, { limit: 3, after: null })).rows.map(({ eventId }) => eventId)
    assert.deepEqual(newest, [`evt_${rows}`, `evt_${rows - 10}`, `evt_${rows - 20}`])
    const unused = meant.filter((exception) => !used.has(exception))
    assert.deepEqual(unused, [], 'exceptions that nothing needs')
  })
}

/** What the program sends: first about things that will be there when the tables are full, then about its own. */
async function statementsOf(t: TestContext, store: Store, client: pg.Client): Promise<readonly Sent[]> {
  for (const statement of filling(1, 1)) await client.query(statement)
  const sent = recordStatements(t)
  const [tenant, endpoint, event] = ['tenant-1' as TenantId, 1_000_001 as EndpointKey, 'evt_1' as EventId]
  const page = { limit: 5, after: null }
  const everything = { tenant: null, endpoint: null, status: null, eventType: null, from: null, to: null }
  const found = (await store.listDeliveries(everything, page)).rows[0]?.id as DeliveryId
  // Of the endpoint all have failed: a status that none has is looked for among all that it has.
  for (const status of [null, 'failed', 'delivered', 'cancelled', 'pending'] as const) {
    for (const eventType of [null, 'a']) {
      for (const whose of [{}, { tenant }, { endpoint }, { tenant, endpoint }]) {
        await store.listDeliveries({ ...everything, ...whose, status, eventType }, page)
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
  await store.endpointStatus(endpoint)
  await store.loadTenant(tenant)
  assert.equal(await store.join(start), goneNode)
  await store.leave(goneNode as Parameters<Store['leave']>[0])
  await callEverything(store)
  const prepared = [...sent.values()]
  assert.ok(prepared.length > 100, `only ${prepared.length} statements were seen`)
  return prepared
}

/** Remembers each statement with the first values that it was sent with. */
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

/** The plan of a prepared statement is made by its first run, or by asking for it, and is kept. */
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

const tables = ['tenants', 'endpoints', 'endpoint_status', 'events', 'deliveries', 'attempts']

/**
 * Younger than all that the calls look for by time, for 500 of 50,000 endpoints of 5,000 tenants; one has a tenth of it
 * all, which waits.
 */
function filling(first: number, last: number): string[] {
  // Two for the first row, and all by the last.
  const endpoints = (n: number): number => Math.min(50_000, 2 * n)
  const endpointRows = `generate_series(${endpoints(first - 1)}, ${endpoints(last) - 1}) n`
  const time = `SELECT n, ${start + 3_600_000} + n * 10::bigint AS at FROM generate_series(${first}, ${last}) n`
  return [
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
  ]
}
