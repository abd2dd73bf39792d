// What every statement costs with a million events, deliveries and attempts. The statements are those that the program
// really sends: each method is called once, and each statement is then run again, undone, and asked how many pages it
// read. A scan would read tens of thousands. A plan is kept for as long as nobody looks at the tables anew, so it must be
// as good when it was made while they were empty.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { testDatabase } from '../../../test/support/test-database.ts'
import { callEverything } from '../conformance/every-call.ts'
import { start } from '../conformance/samples.ts'
import { Database } from './database.ts'
import { openPostgresStore } from './postgres-store.ts'

const rows = 1_000_000
const pagesMax = 300

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
  { sql: /^WITH pending AS/, why: 'the list of all that is pending, which is short but for a backlog' },
]

void test('no statement reads more pages because a million rows are there', { timeout: 280_000 }, async (t) => {
  const database = await testDatabase()
  const store = await openPostgresStore(database.url)
  t.after(async () => {
    await store.close()
    await database.drop()
  })
  const plain = new Database(database.url)
  const client = new pg.Client(plain.config)
  await client.connect()
  await plain.begin(client)
  t.after(() => client.end())
  await client.query('ANALYZE')
  const sent = recordStatements(t)
  await callEverything(store)
  const prepared = [...sent.values()]
  assert.ok(prepared.length > 60, `only ${prepared.length} statements were seen`)
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

  await plan('empty')
  for (const statement of filling) await client.query(statement)
  await run('empty')
  // All plans are made anew after that.
  await client.query('ANALYZE')
  await plan('full')
  await run('full')
  assert.deepEqual(tooMany, [])
  const unused = meant.filter((exception) => !used.has(exception))
  assert.deepEqual(unused, [], 'exceptions that nothing needs')
})

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

/** Younger than all that the calls look for by time, for 500 of 50,000 endpoints of 50 tenants; one has a tenth of it all. */
const filling = [
  `INSERT INTO tenants (id, dialect, settings, created_at)
   SELECT 'tenant-' || n, 'standard', '{}', 0 FROM generate_series(0, 49) n`,
  `INSERT INTO endpoints (key, tenant, id, url, event_types, filters, enabled, sealed_headers, sealed_secrets, created_at, updated_at)
   SELECT 1000000 + n, 'tenant-' || n % 50, 'ep_' || n, '', '[]', '{}', true, '', '', 0, 0 FROM generate_series(0, 49999) n`,
  `INSERT INTO endpoint_status (endpoint) SELECT key FROM endpoints`,
  `INSERT INTO events (seq, tenant, id, type, data, occurred_at, accepted_at, deliveries)
   SELECT 1000000 + n, 'tenant-' || n % 50, 'evt_' || n, 'a', '{}', at, at, 1
   FROM (SELECT n, ${start + 3_600_000} + n * 10::bigint AS at FROM generate_series(1, ${rows}) n) e`,
  `INSERT INTO deliveries (id, event, endpoint, status, due_at, ended_at)
   SELECT (left(time, 8) || '-' || right(time, 4) || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1000000 + n,
     1000000 + CASE WHEN n % 10 = 0 THEN 0 ELSE n % 500 END, CASE WHEN n % 10 = 0 THEN 0 WHEN n % 100 = 1 THEN 2 ELSE 1 END, at, at
   FROM (SELECT n, at, lpad(to_hex(at), 12, '0') AS time
         FROM (SELECT n, ${start + 3_600_000} + n * 10::bigint AS at FROM generate_series(1, ${rows}) n) e) d`,
  `INSERT INTO attempts (delivery, number, started_at, duration_ms, kind, status)
   SELECT id, 1, 0, 5, 'delivered', 200 FROM deliveries WHERE status <> 0`,
]
