// The sizes of the database file and of its write-ahead log.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fillWithMany } from '../../../test/support/filled-installation.ts'
import { acme, newEvent, sampleErasure, sampleEvent } from '../../../test/conformance/store/samples.ts'
import { commit, nodeAndEndpoint } from '../../../test/conformance/store/steps.ts'
import { temporaryFolder } from '../../../test/conformance/store/temporary-folder.ts'
import { limits } from '../../domain/limits.ts'
import type { Store } from '../../contracts/store.ts'
import type { PruneStep } from '../../contracts/upkeep-store.ts'
import { backUp, restore } from './backup.ts'
import { Database } from './database.ts'
import { openSqliteStore } from './sqlite-store.ts'

/** Removes everything by retention. Returns how many pages or rows each step visited. */
async function pruneAll(store: Store): Promise<number[]> {
  const steps: number[] = []
  const late = Date.now() + 1e9
  for (;;) {
    const { visited } = await store.prune(late, late, limits.retentionStepRows)
    if (visited === 0) return steps
    steps.push(visited)
  }
}

test('retention gives pages back in small steps, and the file becomes small while it serves', async (t) => {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  await fillWithMany(path, 20_000)
  const store = await openSqliteStore(path)
  t.after(() => store.close())
  const full = statSync(path).size
  const steps = await pruneAll(store)
  assert.ok(Math.max(...steps) <= limits.retentionStepRows, `${Math.max(...steps)} in one step`)
  const left = statSync(path).size
  assert.ok(left < full / 4, `${left} of ${full} bytes`)
  assert.deepEqual(
    await store.listEvents({ tenant: null, type: null, from: null, to: null }, { limit: 10, after: null }),
    {
      rows: [],
      next: null,
    },
  )
})

test('pages that an erasure has freed are given back, and are no events that retention removed', async (t) => {
  const store = await openSqliteStore(join(await temporaryFolder(t), 'posthorn.db'))
  t.after(() => store.close())
  const { node } = await nodeAndEndpoint(store)
  const data = JSON.stringify({ text: 'x'.repeat(10_000) })
  const events = Array.from({ length: 300 }, (_, at) => newEvent(sampleEvent(acme, at, { data }), [], true))
  await commit(store, node, 1000, { events })
  await store.deleteTenant(acme, sampleErasure(0))
  while ((await store.eraseStep(Date.now(), limits.eraseStepRows)) !== 'done');
  const steps: PruneStep[] = []
  while (steps.at(-1)?.visited !== 0) steps.push(await store.prune(0, Date.now(), limits.retentionStepRows))
  assert.ok(steps.length > 1)
  assert.ok(steps.every(({ hasRemoved }) => !hasRemoved))
})

test('a file of an older Posthorn keeps its size, until it is converted by a backup and a restore', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'posthorn.db')
  await fillWithMany(path, 5000)
  // An older Posthorn created files without automatic vacuum.
  const old = new DatabaseSync(path)
  old.exec('PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM; PRAGMA application_id = 0')
  old.close()
  const before = await openSqliteStore(path)
  const full = statSync(path).size
  await before.close()
  await backUp(path, join(folder, 'converted.db'), () => {})
  restore(join(folder, 'converted.db'), path, new Date())
  const converted = await openSqliteStore(path)
  await pruneAll(converted)
  await converted.close()
  assert.ok(statSync(path).size < full / 4, `${statSync(path).size} of ${full} bytes`)
})

test('the log stays bounded beside readers without a pause, and is cut after a long reader', async (t) => {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  const db = new Database(path, 'write')
  t.after(() => db.close())
  db.exec('CREATE TABLE blobs (id INTEGER PRIMARY KEY, data)')
  const blobBytes = 2_000_000
  const write = (id: number): void => {
    db.transaction(() => db.run('INSERT OR REPLACE INTO blobs VALUES (?, zeroblob(?))', id % 8, blobBytes))
  }
  const logBytes = (): number => statSync(`${path}-wal`).size
  const reader = new DatabaseSync(path, { readOnly: true })
  t.after(() => reader.close())
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM blobs').get()
  for (let id = 0; id * blobBytes < limits.walBytesMax; id += 1) write(id)
  assert.ok(logBytes() > limits.walBytesMax, 'the reader needs the log')
  reader.exec('COMMIT')
  for (let id = 0; id < 3; id += 1) write(id)
  assert.ok(logBytes() < limits.walBytes + 2 * blobBytes, `${logBytes()} bytes after the reader`)

  const readers = await spawnReaders(t, path)
  let largest = 0
  for (let id = 0; id * blobBytes < 3 * limits.walBytesMax; id += 1) {
    write(id)
    largest = Math.max(largest, logBytes())
  }
  assert.equal(readers.exitCode, null)
  assert.ok(largest < limits.walBytesMax + 2 * limits.walBytes, `${largest} bytes beside readers`)
})

/** A process in which at every moment at least one of two readers is in a transaction. */
async function spawnReaders(t: TestContext, path: string): Promise<ChildProcess> {
  const script = `
    const { DatabaseSync } = require('node:sqlite')
    const readers = [0, 1].map(() => new DatabaseSync(${JSON.stringify(path)}, { readOnly: true }))
    const begin = (reader) => { reader.exec('BEGIN'); reader.prepare('SELECT count(*) FROM blobs').get() }
    begin(readers[0])
    process.stdout.write('ready')
    setInterval(() => { readers.reverse(); begin(readers[0]); readers[1].exec('COMMIT') }, 20)`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}
