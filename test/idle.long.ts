// An idle node hardly queries the database: it wakes up when a delivery is due and does not poll all the time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startApp } from '../src/app.ts'
import { readSettings } from '../src/config/settings.ts'
import { createLog } from '../src/telemetry/log.ts'
import { testDatabase } from './support/test-database.ts'

const seconds = 9

void test('an idle node makes fewer than one query a second', { timeout: 60_000 }, async (t) => {
  let queries = 0
  const query = Reflect.get(pg.Client.prototype, 'query') as () => unknown
  t.after(() => Object.assign(pg.Client.prototype, { query }))
  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, ...args: []) {
      queries += 1
      return Reflect.apply(query, this, args)
    },
  })
  const database = await testDatabase()
  const app = await startApp({
    settings: readSettings({ POSTHORN_DATABASE: database.url, POSTHORN_PORT: '0' }),
    keys: () => ({ operatorKey: 'an-operator-key-for-tests', masterKeys: [Buffer.alloc(32, 7)] }),
    log: await createLog('silent'),
    version: 'test',
  })
  t.after(async () => {
    await app.stop()
    await database.drop()
  })
  await sleep(1000)
  const before = queries
  await sleep(seconds * 1000)
  const made = queries - before
  t.diagnostic(`${(made / seconds).toFixed(2)} queries a second`)
  assert.ok(made > 0, 'no heartbeat was counted')
  assert.ok(made < seconds, `${made} queries in ${seconds} s`)
})
