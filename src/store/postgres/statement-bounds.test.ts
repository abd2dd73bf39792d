// The bounds of statements on the server. A list that waits for a lock stands for a list that reads too much.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { testDatabase } from '../../../test/support/test-database.ts'
import { acme, newEvent, sampleEvent } from '../../../test/conformance/store/samples.ts'
import { accept, commit, nodeAndEndpoint } from '../../../test/conformance/store/steps.ts'
import { type Store, StoreUnavailable } from '../../contracts/store.ts'
import { Database, databaseBounds } from './database.ts'
import { isBroken } from './errors.ts'
import { historyReads } from './history.ts'
import { openPostgresStore } from './postgres-store.ts'

const boundMs = 200
const isEnded = (error: unknown): boolean =>
  error instanceof StoreUnavailable && !error.outcomeUnknown && /57014/.test(error.message)

test('the server ends a read that takes too long, and other calls succeed', async (t) => {
  const { store, database, other } = await setUp(t, { readMs: boundMs })
  const { node, key } = await nodeAndEndpoint(store)
  const [id] = await accept(store, node, { key, tenant: acme }, 0)
  const reads = historyReads(database)
  await other.query('BEGIN; LOCK TABLE attempts')
  await assert.rejects(reads.findDelivery(id), isEnded)
  const { rows } = await other.query(
    `SELECT query FROM pg_stat_activity WHERE application_name = $1 AND state = 'active' AND wait_event_type = 'Lock'`,
    [database.schema],
  )
  assert.deepEqual(rows, [])
  const events = [newEvent(sampleEvent(acme, 1), [key], false)]
  assert.deepEqual((await commit(store, node, 1, { events })).events, [{ kind: 'stored' }])
  assert.equal((await store.heartbeat(node, 1)).alive, true)
  await other.query('ROLLBACK')
  assert.equal((await reads.findDelivery(id))?.delivery.id, id)
})

test('slow lists do not delay claims and changes', async (t) => {
  const { store, other } = await setUp(t, {})
  const { node, key } = await nodeAndEndpoint(store)
  const [id] = await accept(store, node, { key, tenant: acme }, 0)
  await other.query('BEGIN; LOCK TABLE attempts')
  const waiting = Array.from({ length: 8 }, () => store.findDelivery(id))
  const beganAt = performance.now()
  await store.claim(node, 1, [{ endpoint: key, room: 1 }])
  assert.equal(await store.updateTenant(acme, { name: 'Other', settings: {} }), 'written')
  assert.ok(performance.now() - beganAt < 2_000)
  await other.query('ROLLBACK')
  assert.ok((await Promise.all(waiting)).every((found) => found?.delivery.id === id))
})

test('a transaction with a statement that takes too long is rolled back', async (t) => {
  const { database } = await setUp(t, { transactionStatementMs: boundMs })
  const transaction = database.transaction(async (session) => {
    await session.run(`INSERT INTO installation (name, value) VALUES ('a', 'b')`)
    await session.run('SELECT pg_sleep(5)')
  })
  await assert.rejects(transaction, isEnded)
  assert.equal(await database.get('SELECT FROM installation'), undefined)
})

// PostgreSQL does not apply the bound to a commit: a commit that waits for a standby could not be rolled back any more.
test('the bound of a statement does not end a commit', async (t) => {
  const { database, other } = await setUp(t, { readMs: boundMs, transactionStatementMs: boundMs })
  await other.query(
    `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(${(3 * boundMs) / 1000}); RETURN NULL; END';
     CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON installation DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION slow()`,
  )
  await database.run(`INSERT INTO installation (name, value) VALUES ('a', 'b')`)
  assert.equal((await other.query('SELECT FROM installation')).rowCount, 1)
})

test('a script fails if no answer comes in time, unless it has no bound', async (t) => {
  const { database } = await setUp(t, { answerMs: boundMs })
  const slow = `SELECT pg_sleep(${(3 * boundMs) / 1000})`
  await assert.rejects(
    database.transaction((session) => session.script(slow)),
    (error) => error instanceof StoreUnavailable && isBroken(error),
  )
  await database.transaction((session) => session.script(slow, 0))
})

async function setUp(
  t: TestContext,
  bounds: Partial<typeof databaseBounds>,
): Promise<{ store: Store; database: Database; other: pg.Client }> {
  const place = await testDatabase()
  const store = await openPostgresStore(place.url)
  const database = new Database(place.url, 2, { ...databaseBounds, ...bounds })
  const other = new pg.Client({ ...database.configOf(), ssl: false })
  await other.connect()
  await database.begin(other, 0)
  t.after(async () => {
    await other.end()
    await database.close()
    await store.close()
    await place.drop()
  })
  return { store, database, other }
}
