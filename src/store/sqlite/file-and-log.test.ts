// A database file and the write-ahead log beside it: which pairs start, and which are refused.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { suite, type TestContext, test } from 'node:test'
import { addTenants } from '../../../test/conformance/store/steps.ts'
import { temporaryFolder } from '../../../test/conformance/store/temporary-folder.ts'
import type { TenantId } from '../../domain/ids.ts'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'
import { Database } from './database.ts'
import { assertSound } from './quick-check.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { checkPair } from './wal-pair.ts'

const everyTenant = { limit: 250, after: null }

const tenants = (from: number, count: number): TenantId[] =>
  Array.from({ length: count }, (_, index) => `tenant-${from + index}` as TenantId)

/** Opens the database, adds tenants and closes it, as a clean stop does. */
async function run(path: string, from: number, count: number): Promise<void> {
  const store = await openSqliteStore(path)
  await addTenants(store, ...tenants(from, count))
  await store.close()
}

/** A process opens the database, adds tenants and is killed. */
async function killed(t: TestContext, path: string, from: number, count: number): Promise<void> {
  const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href)
  const script = `
    import { openSqliteStore } from ${module('./sqlite-store.ts')}
    import { addTenants } from ${module('../../../test/conformance/store/steps.ts')}
    const store = await openSqliteStore(${JSON.stringify(path)})
    await addTenants(store, ...Array.from({ length: ${count} }, (_, index) => 'tenant-' + (${from} + index)))
    process.stdout.write('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.ok(statSync(`${path}-wal`).size > 0)
}

/** Leaves twenty tenants in a database and its log, like a kill, but without a process: the files of an open database. */
async function left(path: string): Promise<void> {
  const origin = `${path}.origin`
  const store = await openSqliteStore(origin)
  await addTenants(store, ...tenants(0, 20))
  copyPair(origin, path)
  await store.close()
}

function copyPair(from: string, to: string): void {
  copyFileSync(from, to)
  copyFileSync(`${from}-wal`, `${to}-wal`)
}

async function countTenants(path: string): Promise<number> {
  const store = await openSqliteStore(path)
  try {
    return (await store.listTenants(everyTenant, null)).rows.length
  } finally {
    await store.close()
  }
}

/** The tenants of a file without its log: what a start would serve that does not know that the log is missing. */
async function countWithoutLog(path: string): Promise<number> {
  const alone = `${path}.alone`
  copyFileSync(path, alone)
  const db = new DatabaseSync(alone)
  db.exec('PRAGMA application_id = 0')
  db.close()
  return countTenants(alone)
}

/** Asserts that the start is refused with one line, and changes neither file. */
async function assertRefused(path: string, reason: RegExp): Promise<void> {
  const files = [path, `${path}-wal`]
  const content = (): (Buffer | null)[] => files.map((file) => (existsSync(file) ? readFileSync(file) : null))
  const before = content()
  await assert.rejects(openSqliteStore(path), (error) => {
    assert.ok(error instanceof StoreRefused, String(error))
    assert.match(error.message, reason)
    assert.doesNotMatch(error.message, /\n/)
    return true
  })
  assert.deepEqual(content(), before)
}

suite('a database file and its log', { concurrency: 2 }, () => {
  test('a clean stop leaves one complete file', async (t) => {
    const folder = await temporaryFolder(t)
    const path = join(folder, 'posthorn.db')
    await run(path, 0, 20)
    assert.deepEqual(readdirSync(folder).toSorted(), ['posthorn.db', 'posthorn.db-lock'])
    const copy = join(await temporaryFolder(t), 'copy.db')
    copyFileSync(path, copy)
    assert.equal(await countTenants(copy), 20)
    assert.equal(await countTenants(path), 20)
  })

  test('after a kill, both files start, also as a copy', async (t) => {
    const path = join(await temporaryFolder(t), 'posthorn.db')
    await killed(t, path, 0, 20)
    assert.equal(await countWithoutLog(path), 0, 'control: the kill has left the tenants in the log')
    const copy = join(await temporaryFolder(t), 'copy.db')
    copyPair(path, copy)
    assert.equal(await countTenants(copy), 20)
    await killed(t, path, 20, 20)
    assert.equal(await countTenants(path), 40)
  })

  test('after a kill, the file without its log is refused, and so is the log without its file', async (t) => {
    const path = join(await temporaryFolder(t), 'posthorn.db')
    await left(path)
    assert.equal(await countWithoutLog(path), 0, 'control: a file that is not refused has lost its tenants')
    const copy = join(await temporaryFolder(t), 'copy.db')
    copyFileSync(path, copy)
    await assertRefused(copy, /newest transactions of .*copy\.db are missing.*copy both files, or restore a backup$/)
    writeFileSync(`${copy}-wal`, '')
    await assertRefused(copy, /newest transactions .* are missing/)
    copyFileSync(`${path}-wal`, `${copy}-wal`)
    rmSync(copy)
    await assertRefused(copy, /copy\.db-wal is the write-ahead log of a database that is missing/)
    rmSync(`${path}-wal`)
    await assertRefused(path, /newest transactions .* are missing/)
  })

  test("after a kill, the file starts without its log if one of SQLite's own tools has copied the log into it", async (t) => {
    const path = join(await temporaryFolder(t), 'posthorn.db')
    await left(path)
    const tool = new DatabaseSync(path)
    assert.equal(tool.prepare('SELECT count(*) AS count FROM tenants').get()?.['count'], 20)
    tool.close()
    assert.equal(existsSync(`${path}-wal`), false)
    assert.equal(await countTenants(path), 20)
  })

  test('a backup beside the log of a later time is refused', async (t) => {
    const path = join(await temporaryFolder(t), 'posthorn.db')
    await run(path, 0, 20)
    const stopped = `${path}.stopped`
    copyFileSync(path, stopped)
    const store = await openSqliteStore(path)
    await addTenants(store, ...tenants(20, 20))
    const [copied, vacuumed] = [`${path}.copied`, `${path}.vacuumed`]
    const source = new DatabaseSync(path, { readOnly: true })
    await backup(source, copied)
    source.exec(`VACUUM INTO '${vacuumed}'`)
    source.close()
    const later = `${path}.later`
    copyPair(path, later)
    await store.close()
    for (const [kind, count] of [
      [stopped, 20],
      [copied, 40],
      [vacuumed, 40],
    ] as const) {
      copyFileSync(kind, later)
      await assertRefused(later, /later-wal is not the write-ahead log of .*later: .*posthorn restore$/)
      // Alone it is complete.
      assert.equal(await countTenants(kind), count, kind)
    }
  })

  test('the log of another database is refused', async (t) => {
    const [path, other] = [join(await temporaryFolder(t), 'posthorn.db'), join(await temporaryFolder(t), 'posthorn.db')]
    await left(path)
    await left(other)
    copyFileSync(`${other}-wal`, `${path}-wal`)
    await assertRefused(path, /is not the write-ahead log of/)
    rmSync(path)
    rmSync(`${path}-wal`)
    await run(path, 0, 1)
    copyFileSync(`${other}-wal`, `${path}-wal`)
    await assertRefused(path, /is not the write-ahead log of/)
  })

  test('through many checkpoints, the pair is accepted and the file alone is refused, at every moment', async (t) => {
    const path = join(await temporaryFolder(t), 'posthorn.db')
    const alone = `${path}.alone`
    const db = new Database(path, 'write')
    symlinkSync(path, alone)
    db.exec('CREATE TABLE blobs (data)')
    for (let count = 0; count < 24; count += 1) {
      db.transaction(() => db.run('INSERT INTO blobs VALUES (zeroblob(?))', 2_000_000))
      assert.equal(checkPair(path), true)
      assert.throws(() => checkPair(alone), /newest transactions/)
    }
    db.close()
    assert.equal(checkPair(path), false)
  })

  test('an empty file, a file without tables and a database of another program are refused', async (t) => {
    const path = join(await temporaryFolder(t), 'posthorn.db')
    writeFileSync(path, '')
    await assertRefused(path, /is not a database of Posthorn: name another file, or restore a backup$/)
    rmSync(path)
    const db = new DatabaseSync(path)
    db.exec('PRAGMA journal_mode = WAL')
    db.close()
    // An older Posthorn left such a file after a clean stop, with everything in the log.
    assert.equal(statSync(path).size, 4096)
    await assertRefused(path, /has no tables: its write-ahead log .*posthorn\.db-wal was not copied with it/)
    const theirs = new DatabaseSync(path)
    theirs.exec('CREATE TABLE places (url)')
    theirs.close()
    await assertRefused(path, /is not a database of Posthorn: /)
  })
})

suite('a malformed file', () => {
  test('is refused', async (t) => {
    const path = join(await temporaryFolder(t), 'posthorn.db')
    await run(path, 0, 40)
    assertSound(path, false, Infinity)
    damage(path)
    await assertRefused(path, /posthorn\.db is malformed \(.+\): restore a backup with posthorn restore$/)
    // A large file is checked in a process of its own.
    assert.throws(() => assertSound(path, false, Infinity), /is malformed \(.+\): restore/)
  })

  test('that is found while it serves refuses reads and all further writes', async (t) => {
    const path = join(await temporaryFolder(t), 'posthorn.db')
    await run(path, 0, 40)
    const store = await openSqliteStore(path)
    damage(path)
    const isMalformed = (error: unknown): boolean =>
      error instanceof StoreUnavailable && /malformed.*posthorn restore$/.test(error.message)
    await store.ping()
    await assert.rejects(store.listTenants(everyTenant, null), isMalformed)
    await assert.rejects(store.ping(), isMalformed)
    await assert.rejects(addTenants(store, ...tenants(40, 1)), isMalformed)
    await store.close()
  })
})

/** Overwrites every page except the first one. */
function damage(path: string): void {
  const file = openSync(path, 'r+')
  for (let at = 4096; at < statSync(path).size; at += 4096) writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, at)
  closeSync(file)
}
