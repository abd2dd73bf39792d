// The server fails while it is used: what it refuses took no effect, and all goes on by itself when it is well again.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { queryOnce, startPostgres } from '../../../test/support/postgres-server.ts'
import { mountSmallDisk, unmount } from '../../../test/support/small-disk.ts'
import { acme, newEvent, other, sampleEvent, sampleTenant, start } from '../../../test/conformance/store/samples.ts'
import { commit, nodeAndEndpoint } from '../../../test/conformance/store/steps.ts'
import { StoreUnavailable } from '../../contracts/store.ts'
import { openPostgresStore } from './postgres-store.ts'

test('a full disk (53100) refuses, leaves nothing half written, and serves again once there is space', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-disk-'))
  const reason = mountSmallDisk(folder, 24)
  if (reason !== null) return t.skip(reason)
  // As root the server runs as this user.
  execFileSync('chown', ['nobody', folder])
  const server = await startPostgres()
  try {
    await queryOnce(server.url, `CREATE TABLESPACE small LOCATION '${folder}'`)
    await queryOnce(server.url, 'ALTER DATABASE postgres SET default_tablespace = small')
    const store = await openPostgresStore(server.url)
    const { node, key } = await nodeAndEndpoint(store)
    const ballast = join(folder, 'ballast')
    await writeFile(ballast, Buffer.alloc(8 * 1024 * 1024))
    // Random, because text that repeats is stored compressed.
    const batch = () =>
      Array.from({ length: 20 }, () => {
        const data = JSON.stringify(Array.from({ length: 2000 }, () => Math.random()))
        return newEvent(sampleEvent(acme, 0, { data }), [key], false)
      })
    let stored = 0
    let refused = batch()
    for (; stored < 2000; stored += 20, refused = batch()) {
      const error = await commit(store, node, 0, { events: refused }).then(
        () => null,
        (thrown: unknown) => thrown,
      )
      if (error === null) continue
      assert.ok(error instanceof StoreUnavailable && !error.outcomeUnknown)
      assert.match(error.message, /53100/)
      break
    }
    assert.ok(stored > 0 && stored < 2000, `the disk was full after ${stored} events`)
    await assert.rejects(commit(store, node, 0, { events: refused }), StoreUnavailable)
    for (const { event } of refused) assert.deepEqual(await store.findEvents(event.id, null), [])
    assert.equal(await store.countWaiting(), stored)
    await rm(ballast)
    const { events } = await commit(store, node, 0, { events: refused })
    assert.deepEqual(new Set(events.map(({ kind }) => kind)), new Set(['stored']))
    assert.equal(await store.countWaiting(), stored + 20)
    await store.close()
  } finally {
    await server.remove()
    unmount(folder)
    await rm(folder, { recursive: true, force: true })
  }
})

test('a server that stops, refuses the login or takes no writes is unavailable, and then serves again', async (t) => {
  const server = await startPostgres()
  t.after(() => server.remove())
  const store = await openPostgresStore(server.url)
  t.after(() => store.close())
  const { node, key } = await nodeAndEndpoint(store)
  const event = newEvent(sampleEvent(acme, 0), [key], false)
  const version = (await store.loadTenant(acme))?.version ?? 0
  const events = [{ ...event, version }]
  const refusesAll = async (): Promise<void> => {
    const batch = { node, now: start, events, moves: [], summaries: [] }
    await assert.rejects(store.commit(batch), StoreUnavailable)
    await assert.rejects(store.createTenant(sampleTenant(other)), StoreUnavailable)
    await assert.rejects(store.heartbeat(node, start), StoreUnavailable)
    await assert.rejects(store.ping(), StoreUnavailable)
  }
  const servesAgain = async (): Promise<void> => {
    await store.ping()
    assert.equal((await store.heartbeat(node, start)).alive, true)
    assert.deepEqual(await store.findEvents(event.event.id, null), [])
    assert.equal(await store.findTenant(other), null)
  }
  await server.stop('fast')
  await refusesAll()
  await server.start()
  await servesAgain()

  await server.kill()
  await refusesAll()
  await server.start()
  await servesAgain()

  // The server takes up its settings a moment after it was told to.
  const untilItTakesWrites = async (expected: boolean): Promise<void> => {
    await queryOnce(server.url, 'SELECT pg_reload_conf()')
    const giveUpAt = Date.now() + 5_000
    const takesWrites = (): Promise<boolean> =>
      store.ping().then(
        () => true,
        () => false,
      )
    while ((await takesWrites()) !== expected) assert.ok(Date.now() < giveUpAt, 'waited in vain')
  }
  await queryOnce(server.url, `ALTER SYSTEM SET default_transaction_read_only = on`)
  await untilItTakesWrites(false)
  await refusesAll()
  await queryOnce(server.url, 'ALTER SYSTEM RESET default_transaction_read_only')
  await untilItTakesWrites(true)
  await servesAgain()
  assert.deepEqual((await commit(store, node, 0, { events: [event] })).events, [{ kind: 'stored' }])
})
