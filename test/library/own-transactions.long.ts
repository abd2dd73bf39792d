// The library publishes in transactions of its host, on SQLite and PostgreSQL, with real databases and deliveries.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import { createClient } from '../../packages/client/src/index.ts'
import { createPosthorn, type PosthornOptions } from '../../src/library/index.ts'
import { until } from '../support/api-rig.ts'
import { startReceiver } from '../support/receiver.ts'
import { testDatabase } from '../support/test-database.ts'

const tenant = 'acme'
const masterKey = randomBytes(32).toString('base64')
const operatorKey = randomBytes(30).toString('base64url')
const eventOf = (number: number) => ({ tenant, type: 'invoice.paid', data: { number } })

const folders: string[] = []
const place = await testDatabase()
// Behind the ends of the tests, which stop what uses them.
after(async () => {
  for (const folder of folders) rmSync(folder, { recursive: true })
  await place.drop()
})

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-own-'))
  folders.push(folder)
  return folder
}

function openShop(t: TestContext, folder: string): DatabaseSync {
  const shop = new DatabaseSync(join(folder, 'shop.db'))
  t.after(() => shop.isOpen && shop.close())
  shop.exec('PRAGMA journal_mode = WAL')
  return shop
}

/** Posthorn with a tenant and its endpoint, and the numbers of the events that arrived. */
async function startSite(t: TestContext, options: Pick<PosthornOptions, 'database' | 'outboxDatabases' | 'logger'>) {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const local = { allowHttp: true, allowNetworks: ['127.0.0.0/8'] }
  const posthorn = await createPosthorn({ ...options, ...local, masterKey, operatorKey })
  t.after(() => posthorn.stop())
  await posthorn.start()
  const client = createClient({ url: 'http://posthorn', key: operatorKey, fetch: posthorn.fetch })
  await client.request('POST', '/v1/tenants', { body: { id: tenant, dialect: 'standard' } })
  const body = { url: receiver.url, eventTypes: ['*'] }
  await client.request('POST', '/v1/tenants/{tenant}/endpoints', { params: { tenant }, body })
  const arrived = (): number[] =>
    receiver.requests.map(({ body: sent }) => Number(/"number":\s?(\d+)/.exec(sent.toString())?.[1]))
  return { posthorn, receiver, arrived }
}

test('on SQLite, an event goes with its transaction, and stop and start leave none behind', async (t) => {
  const folder = temporary()
  const shop = openShop(t, folder)
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
  const database = `sqlite:${folder}/data/posthorn.db`
  const { posthorn, receiver, arrived } = await startSite(t, { database, outboxDatabases: [shop], logger })
  shop.exec('BEGIN')
  assert.equal(posthorn.publish(eventOf(1), { transaction: shop }), undefined)
  shop.exec('ROLLBACK; BEGIN')
  posthorn.publish(eventOf(2), { transaction: shop })
  posthorn.publish({ ...eventOf(3), tenant: 'nobody' }, { transaction: shop })
  // The event is in the transaction before any other code runs.
  assert.deepEqual({ ...shop.prepare('SELECT count(*) AS events FROM posthorn_outbox').get() }, { events: 2 })
  await sleep(50)
  assert.deepEqual(arrived(), [])
  shop.exec('COMMIT')
  await receiver.untilReceived(1)
  await until(() => lines.some((line) => line.includes('nobody') && line.includes('set aside')), 'it is set aside')

  shop.exec('BEGIN')
  posthorn.publish(eventOf(4), { transaction: shop })
  await posthorn.stop()
  assert.throws(() => posthorn.publish(eventOf(5), { transaction: shop }), { code: 'not_started' })
  shop.exec('COMMIT')
  await sleep(50)
  assert.deepEqual(arrived(), [2])
  await posthorn.start()
  await receiver.untilReceived(2)
  assert.deepEqual(arrived(), [2, 4])
  await until(
    () => shop.prepare('SELECT 1 FROM posthorn_outbox WHERE problem IS NULL').get() === undefined,
    'the table is empty',
  )
})

test('on PostgreSQL, an event goes with its transaction', async (t) => {
  const { posthorn, receiver, arrived } = await startSite(t, { database: place.url })
  const client = new pg.Client({ connectionString: place.url.split('?')[0] })
  await client.connect()
  t.after(() => client.end())
  await assert.rejects(posthorn.publish(eventOf(1), { transaction: client }), { code: 'invalid_option' })
  await client.query('BEGIN')
  await posthorn.publish(eventOf(2), { transaction: client })
  await client.query('ROLLBACK')
  await client.query('BEGIN')
  // A wrong event does not end the transaction.
  const wrong = { ...eventOf(3), data: 'text' as never }
  await assert.rejects(posthorn.publish(wrong, { transaction: client }), { code: 'invalid' })
  await posthorn.publish(eventOf(4), { transaction: client })
  await client.query('COMMIT')
  await receiver.untilReceived(1)
  await client.query('BEGIN')
  await assert.rejects(posthorn.publish({ ...eventOf(5), tenant: 'nobody' }, { transaction: client }), {
    code: '23503',
  })
  await client.query('ROLLBACK')
  assert.deepEqual(arrived(), [4])
})

test('a transaction that cannot be used, and wrong outboxes, get an error that says so', async (t) => {
  const folder = temporary()
  const [shop, again] = [openShop(t, folder), openShop(t, folder)]
  const options = { database: `sqlite:${folder}/data/posthorn.db`, masterKey }
  const posthorn = await createPosthorn({ ...options, outboxDatabases: [shop] })
  await posthorn.start()
  t.after(() => posthorn.stop())
  shop.exec('CREATE TABLE a (b)')
  again.exec('BEGIN')
  for (const [wrong, database, code] of [
    [eventOf(1), shop, 'invalid_option'],
    [eventOf(1), again, 'invalid_option'],
    [{ ...eventOf(1), data: 1 as never }, shop, 'invalid'],
  ] as const) {
    assert.throws(() => posthorn.publish(wrong, { transaction: database }), { name: 'PosthornError', code })
  }
  for (const transaction of [undefined, {}, new pg.Client()]) {
    await assert.rejects(posthorn.publish(eventOf(1), { transaction: transaction as pg.Client }), {
      code: 'invalid_option',
      message: /must be a DatabaseSync/,
    })
  }
  for (const outboxDatabases of [[shop, again], [folder as never]]) {
    await assert.rejects(createPosthorn({ ...options, outboxDatabases }), { code: 'invalid_option' })
  }
})
