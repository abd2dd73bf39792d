// A node that is frozen or cut off in the middle of a transaction holds locks. The locks must not outlast its lease:
// one of them is on the node's own row, and the node that declares it dead waits for that lock.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../src/domain/limits.ts'
import { Database } from '../src/store/postgres/database.ts'
import { openPostgresStore } from '../src/store/postgres/postgres-store.ts'
import { StoreUnavailable } from '../src/contracts/store.ts'
import { testDatabase } from './support/test-database.ts'

test('deliveries of a node that froze inside a transaction are taken over', { timeout: 60_000 }, async (t) => {
  const place = await testDatabase()
  const store = await openPostgresStore(place.url)
  const database = new Database(place.url, 2)
  t.after(async () => {
    await database.close()
    await store.close()
    await place.drop()
  })
  const [abandoned, other] = [await store.join(Date.now()), await store.join(Date.now())]
  const standstill = new AbortController()
  const holding = Promise.withResolvers<void>()
  const transaction = database.transaction(async (session) => {
    await session.run('SELECT FROM nodes WHERE incarnation = $1 FOR KEY SHARE', abandoned)
    holding.resolve()
    await sleep(2 * limits.deadAfterMs, undefined, { signal: standstill.signal }).catch(() => {})
    await session.run('UPDATE nodes SET slot = slot WHERE incarnation = $1', abandoned)
  })
  const failed = assert.rejects(transaction, StoreUnavailable)
  await holding.promise
  const startedAt = Date.now()
  assert.equal((await store.takeOver(other, 0, Date.now())).length, 1)
  assert.ok(Date.now() - startedAt < limits.deadAfterMs)
  // The node resumes: by now the driver knows that the server ended the connection.
  standstill.abort()
  await failed
})
