// Every connection has the settings that the statements depend on, also if its role has others.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { hostileDatabase } from '../../../test/support/hostile-database.ts'
import { startRelay } from '../../../test/support/relay.ts'
import { testDatabase } from '../../../test/support/test-database.ts'
import { StoreRefused } from '../../contracts/store.ts'
import { Connection } from './connection.ts'
import { Database } from './database.ts'
import { openPostgresStore } from './postgres-store.ts'

const expected = {
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
  default_transaction_isolation: 'read committed',
  transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  transaction_read_only: 'off',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '3s',
  idle_session_timeout: '0',
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  standard_conforming_strings: 'on',
  client_encoding: 'UTF8',
  synchronous_commit: 'on',
  array_nulls: 'on',
  extra_float_digits: '1',
  enable_indexscan: 'on',
  enable_indexonlyscan: 'on',
  enable_nestloop: 'on',
  enable_tidscan: 'on',
}

async function hostilePlace(t: TestContext): Promise<string> {
  const database = await hostileDatabase()
  t.after(() => database.drop())
  return (await database.place()).url
}

test('the hostile values of a role have no effect on any connection', async (t) => {
  const url = await hostilePlace(t)
  const database = new Database(url, 1)
  t.after(() => database.close())
  const connection = new Connection(database, { purpose: 'test', answerMs: 1000 })
  t.after(() => connection.close())
  const names = Object.keys(expected)
  const shown = 'SELECT name, current_setting(name, true) AS value FROM unnest($1::text[]) AS name'
  type Row = { name: string; value: string | null }
  for (const [session, bound] of [
    [database, '10s'],
    [await connection.use(async (one) => one), '0'],
  ] as const) {
    const rows = await session.all<Row>(shown, [...names, 'statement_timeout', 'search_path', 'transaction_timeout'])
    const { transaction_timeout: limit, ...values } = Object.fromEntries(rows.map(({ name, value }) => [name, value]))
    assert.deepEqual(values, { ...expected, statement_timeout: bound, search_path: database.schema })
    assert.ok(limit === '0' || limit === null, 'null: PostgreSQL 15 and 16 have no such setting')
  }
})

test('a setting that cannot be set stops the start at once with one line that names it', async (t) => {
  const { url, drop } = await testDatabase()
  t.after(drop)
  const relay = await startRelay(t, url)
  // The server gets a name that it does not know, as an older server would.
  relay.replace = { text: 'SET jit', by: 'SET jat' }
  const startedAt = performance.now()
  await assert.rejects(openPostgresStore(relay.url), (error) => {
    assert.ok(error instanceof StoreRefused)
    assert.match(error.message, /^[^\n]*refuses a setting of the connection: [^\n]*"jat"[^\n]*$/)
    return true
  })
  assert.ok(performance.now() - startedAt < 5000, 'the start does not wait')
})
