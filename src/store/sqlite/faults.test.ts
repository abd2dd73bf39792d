// A database that is unavailable for a while: locked, full, moved away. A refused call has no effect, and no restart is
// needed.

import assert from 'node:assert/strict'
import { copyFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { mountSmallDisk, unmount } from '../../../test/support/small-disk.ts'
import { acme, newEvent, other, sampleEvent, sampleTenant } from '../../../test/conformance/store/samples.ts'
import { commit, nodeAndEndpoint } from '../../../test/conformance/store/steps.ts'
import { temporaryFolder } from '../../../test/conformance/store/temporary-folder.ts'
import { StoreUnavailable } from '../../contracts/store.ts'
import { Database } from './database.ts'
import { classify } from './errors.ts'
import { openSqliteStore } from './sqlite-store.ts'

void test('a lock of another connection delays calls, then refuses them, until it is released', async (t) => {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  const store = await openSqliteStore(path)
  const { node, key } = await nodeAndEndpoint(store)
  const locker = new DatabaseSync(path)
  locker.exec('BEGIN EXCLUSIVE')
  const events = [newEvent(sampleEvent(acme, 0), [key], false)]
  await assert.rejects(commit(store, node, 0, { events }), StoreUnavailable)
  await assert.rejects(store.createTenant(sampleTenant(other)), StoreUnavailable)
  assert.equal((await store.findTenant(acme))?.id, acme, 'a read needs no lock')
  locker.exec('ROLLBACK')
  assert.deepEqual((await commit(store, node, 0, { events })).events, [{ kind: 'stored' }])
  assert.equal(await store.createTenant(sampleTenant(other)), 'written')
  locker.close()
  await store.close()
})

void test('a short lock only delays a commit', async (t) => {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  const store = await openSqliteStore(path)
  const { node } = await nodeAndEndpoint(store)
  const locker = new DatabaseSync(path)
  locker.exec('BEGIN EXCLUSIVE')
  setTimeout(() => locker.exec('COMMIT'), 100)
  const events = [newEvent(sampleEvent(acme, 0), [], false)]
  assert.deepEqual((await commit(store, node, 0, { events })).events, [{ kind: 'stored' }])
  locker.close()
  await store.close()
})

void test('a full disk refuses a commit, stores no part of it, and works again once there is space', async (t) => {
  const folder = await temporaryFolder(t)
  const reason = mountSmallDisk(folder, 12)
  if (reason !== null) return t.skip(reason)
  try {
    const store = await openSqliteStore(join(folder, 'posthorn.db'))
    const { node, key } = await nodeAndEndpoint(store)
    const ballast = join(folder, 'ballast')
    await writeFile(ballast, Buffer.alloc(8 * 1024 * 1024))
    const data = JSON.stringify('x'.repeat(100_000))
    const batch = () => [0, 1, 2].map(() => newEvent(sampleEvent(acme, 0, { data }), [key], false))
    let stored = 0
    let refused = batch()
    for (; stored < 300; stored += 3, refused = batch()) {
      const error = await commit(store, node, 0, { events: refused }).then(
        () => null,
        (thrown: unknown) => thrown,
      )
      if (error === null) continue
      assert.ok(error instanceof StoreUnavailable)
      break
    }
    assert.ok(stored > 0 && stored < 300, `the disk was full after ${stored} events`)
    // The disk stays full. Reads still work.
    await assert.rejects(commit(store, node, 0, { events: refused }), StoreUnavailable)
    for (const { event } of refused) assert.deepEqual(await store.findEvents(event.id, null), [])
    assert.equal(await store.countWaiting(), stored)
    await rm(ballast)
    const { events } = await commit(store, node, 0, { events: refused })
    assert.deepEqual(new Set(events.map(({ kind }) => kind)), new Set(['stored']))
    assert.equal(await store.countWaiting(), stored + 3)
    await store.close()
    const again = await openSqliteStore(join(folder, 'posthorn.db'))
    assert.equal(await again.countWaiting(), stored + 3)
    await again.close()
  } finally {
    unmount(folder)
  }
})

void test('a database file that was moved away refuses calls, and works again once it is back', async (t) => {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  const store = await openSqliteStore(path)
  const { node, key } = await nodeAndEndpoint(store)
  const events = [newEvent(sampleEvent(acme, 0), [key], false)]
  const assertUnavailable = async (): Promise<void> => {
    await assert.rejects(commit(store, node, 0, { events }), StoreUnavailable)
    await assert.rejects(store.createTenant(sampleTenant(other)), StoreUnavailable)
    await assert.rejects(store.nextEndpointKey(), StoreUnavailable)
    await assert.rejects(store.writeOnce('name', 'refused'), StoreUnavailable)
    await assert.rejects(store.updateTenant(acme, { name: 'refused', settings: {} }), StoreUnavailable)
    await assert.rejects(store.ping(), StoreUnavailable)
  }
  await rename(path, `${path}-away`)
  await assertUnavailable()
  // A copy in its place does not count.
  await copyFile(`${path}-away`, path)
  await assertUnavailable()
  await rename(`${path}-away`, path)
  await store.ping()
  // The refused calls had no effect.
  assert.deepEqual((await commit(store, node, 0, { events })).events, [{ kind: 'stored' }])
  assert.equal(await store.createTenant(sampleTenant(other)), 'written')
  assert.equal(await store.writeOnce('name', 'first'), 'first')
  assert.equal((await store.findTenant(acme))?.name, 'Tenant acme')
  await store.close()
  const again = await openSqliteStore(path)
  assert.equal(await again.countWaiting(), 1)
  await again.close()
})

for (const { code, failure, outcomeUnknown } of [
  { code: 10, failure: 'an I/O error', outcomeUnknown: true },
  { code: 13, failure: 'a full disk', outcomeUnknown: false },
]) {
  void test(`${failure} in a commit: ${outcomeUnknown ? 'the outcome is unknown' : 'it has no effect'}`, async (t) => {
    const db = new Database(join(await temporaryFolder(t), 'posthorn.db'), 'write')
    t.after(() => db.close())
    db.exec('CREATE TABLE numbers (number)')
    const insert = (number: number): number => db.transaction(() => db.run('INSERT INTO numbers VALUES (?)', number))
    // A disk fails on demand only with strace: the crash test `failing-flush` does so, and tests the same from outside.
    const failing = t.mock.method(db.prepare('COMMIT'), 'run', () => {
      throw Object.assign(new Error('planted'), { errcode: code })
    })
    let thrown: unknown
    try {
      insert(1)
    } catch (error) {
      thrown = classify(error)
    }
    assert.ok(thrown instanceof StoreUnavailable)
    assert.equal(thrown.outcomeUnknown, outcomeUnknown)
    failing.mock.restore()
    insert(2)
    assert.deepEqual(
      db.all<{ number: number }>('SELECT number FROM numbers').map(({ number }) => number),
      [2],
      'the next transaction is stored, the one that failed is not',
    )
  })
}
