// The server fails while it is in use: a refused call has no effect, and the store works again as soon as the server
// does.

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

test('a full disk (53100) refuses a commit, stores no part of it, and works again once there is space', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-disk-'))
  const reason = mountSmallDisk(folder, 24)
  if (reason !== null) return t.skip(reason)
  // If the test runs as root, the server runs as this user.
  execFileSync('chown', ['nobody', folder])
  const server = await startPostgres()
  try {
    await queryOnce(server.url, `CREATE TABLESPACE small LOCATION '${folder}'`)
    await queryOnce(server.url, 'ALTER DATABASE postgres SET default_tablespace = small')
    const store = await openPostgresStore(server.url)
    const { node, key } = await nodeAndEndpoint(store)
    const ballast = join(folder, 'ballast')
    await writeFile(ballast, Buffer.alloc(8 * 1024 * 1024))
    // Random numbers, because repeated text is stored compressed.
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
    assert.ok(stored > 0 && stored < 2000, `the disk is full after ${stored} events`)
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

test('a server that is stopped, killed or a standby is unavailable, and works again afterwards', async (t) => {
  const server = await startPostgres()
  t.after(() => server.remove())
  const store = await openPostgresStore(server.url)
  t.after(() => store.close())
  const { node, key } = await nodeAndEndpoint(store)
  const event = newEvent(sampleEvent(acme, 0), [key], false)
  const version = (await store.loadTenant(acme))?.version ?? 0
  const events = [{ ...event, version }]
  const assertUnavailable = async (): Promise<void> => {
    const batch = { node, now: start, events, moves: [], summaries: [] }
    await assert.rejects(store.commit(batch), StoreUnavailable)
    await assert.rejects(store.createTenant(sampleTenant(other)), StoreUnavailable)
    await assert.rejects(store.heartbeat(node, start), StoreUnavailable)
    await assert.rejects(store.ping(), StoreUnavailable)
  }
  const assertAvailable = async (): Promise<void> => {
    await store.ping()
    assert.equal((await store.heartbeat(node, start)).alive, true)
    assert.deepEqual(await store.findEvents(event.event.id, null), [])
    assert.equal(await store.findTenant(other), null)
  }
  await server.stop('fast')
  await assertUnavailable()
  await server.start()
  await assertAvailable()

  await server.kill()
  await assertUnavailable()
  await server.start()
  await assertAvailable()

  await server.stop('fast')
  await writeFile(join(server.data, 'standby.signal'), '')
  await server.start()
  await assertUnavailable()
  await queryOnce(server.url, 'SELECT pg_promote()')
  await assertAvailable()
  assert.deepEqual((await commit(store, node, 0, { events: [event] })).events, [{ kind: 'stored' }])
})
