// Which SQLite files can be opened, and by which processes.

import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { chmod, link as hardLink, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import type { DeliveryId } from '../../domain/ids.ts'
import { acme, start } from '../../../test/conformance/store/samples.ts'
import { accept, addEndpoint, claimOne, endpointsOf } from '../../../test/conformance/store/steps.ts'
import { temporaryFolder } from '../../../test/conformance/store/temporary-folder.ts'
import { type Store, StoreRefused, StoreUnavailable } from '../../contracts/store.ts'
import { Database } from './database.ts'
import { openSqliteStore } from './sqlite-store.ts'

/** Opens a store in a folder that is removed when the test ends. The test closes the store. */
async function opened(t: TestContext): Promise<{ store: Store; path: string }> {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  return { store: await openSqliteStore(path), path }
}

function refusal(cause: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof StoreRefused && cause.test(error.message)
}

/** Another process that opens the database, accepts three deliveries, holds them, and runs until it is killed. */
async function spawnHolder(path: string): Promise<ChildProcessByStdio<null, Readable, null>> {
  const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href)
  const script = `
    import { openSqliteStore } from ${module('./sqlite-store.ts')}
    import { accept, addEndpoint } from ${module('../../../test/conformance/store/steps.ts')}
    const store = await openSqliteStore(${JSON.stringify(path)})
    const endpoint = await addEndpoint(store)
    const node = await store.join(${start})
    const ids = await accept(store, node, endpoint, 0, { leased: true, count: 3 })
    process.stdout.write(JSON.stringify(ids))
    setInterval(() => {}, 1000)`
  await writeFile(`${path}-holder.mjs`, script)
  return spawn(process.execPath, [`${path}-holder.mjs`], { stdio: ['ignore', 'pipe', 'inherit'] })
}

void test('a second opener is refused, also in the same process, and the first one still works', async (t) => {
  const { store, path } = await opened(t)
  await assert.rejects(openSqliteStore(path), refusal(/in use by another process/))
  await store.ping()
  await addEndpoint(store)
  await store.close()
  const next = await openSqliteStore(path)
  assert.equal((await endpointsOf(next, acme)).length, 1)
  await next.close()
})

void test(
  'a database that another process has open is refused, and opens as soon as that process is killed',
  { timeout: 30_000 },
  async (t) => {
    const path = join(await temporaryFolder(t), 'posthorn.db')
    const holder = await spawnHolder(path)
    const dead = once(holder, 'exit')
    t.after(() => holder.kill('SIGKILL'))
    const ids = JSON.parse(String((await once(holder.stdout, 'data'))[0])) as DeliveryId[]
    await assert.rejects(openSqliteStore(path), refusal(/in use by another process/))
    holder.kill('SIGKILL')
    await dead
    const store = await openSqliteStore(path)
    const [endpoint] = await endpointsOf(store, acme)
    assert.ok(endpoint !== undefined)
    const claimed = await claimOne(store, await store.join(start + 1), 1, endpoint.key, 10)
    assert.deepEqual(claimed.toSorted(), ids.toSorted())
    await store.close()
  },
)

void test('a schema that a newer program wrote is refused and left unchanged', async (t) => {
  const { store, path } = await opened(t)
  await addEndpoint(store)
  await store.close()
  const version = setVersion(path, 999)
  await assert.rejects(openSqliteStore(path), refusal(/schema version 999.*newer/))
  assert.equal(setVersion(path, version), 999)
  const again = await openSqliteStore(path)
  assert.equal((await endpointsOf(again, acme)).length, 1)
  await again.close()
})

void test('a file that is not a database is refused and left unchanged', async (t) => {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  const text = 'this is a letter to a friend\n'.repeat(1000)
  await writeFile(path, text)
  await assert.rejects(openSqliteStore(path), refusal(/not a database/))
  assert.equal(await readFile(path, 'utf8'), text)
})

void test("a folder, and another program's database, are refused", async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'sub'))
  await assert.rejects(
    openSqliteStore(join(folder, 'sub')),
    refusal(/sub is not a database of Posthorn: name another file/),
  )
  const path = join(folder, 'theirs.db')
  const theirs = new DatabaseSync(path)
  theirs.exec('CREATE TABLE tenants (name TEXT)')
  await assert.rejects(openSqliteStore(path), refusal(/is not a database of Posthorn/))
  theirs.exec('PRAGMA user_version = 1')
  await assert.rejects(openSqliteStore(path), refusal(/is not a database of Posthorn/))
  assert.deepEqual(theirs.prepare('SELECT name FROM sqlite_schema').all().length, 1)
  theirs.close()
})

void test('another name of the same file leads to the same lock, and a hard link is refused', async (t) => {
  const { store, path } = await opened(t)
  const folder = await temporaryFolder(t)
  const link = join(folder, 'link.db')
  await symlink(path, link)
  await assert.rejects(openSqliteStore(link), refusal(/in use by another process/))
  await symlink(dirname(path), join(folder, 'folder'))
  await assert.rejects(openSqliteStore(join(folder, 'folder', 'posthorn.db')), refusal(/in use by another process/))
  const hard = `${path}.hard`
  await hardLink(path, hard)
  await assert.rejects(openSqliteStore(hard), refusal(/has 2 hard links.*: remove the other names$/))
  await store.close()
  await assert.rejects(openSqliteStore(path), refusal(/has 2 hard links/))
  await rm(hard)
  await (await openSqliteStore(link)).close()
  assert.deepEqual(await readdir(folder), ['folder', 'link.db'])
  await rm(path)
  await assert.rejects(openSqliteStore(link), refusal(/link\.db: .*ENOENT/))
})

void test('only the owner can read the files and their folder', { skip: process.platform === 'win32' }, async (t) => {
  const folder = join(await temporaryFolder(t), 'data')
  const path = join(folder, 'posthorn.db')
  const modes = (): Record<string, string> =>
    Object.fromEntries(
      [folder, ...readdirSync(folder).map((name) => join(folder, name))].map((file) => [
        basename(file),
        (statSync(file).mode & 0o777).toString(8),
      ]),
    )
  const closedModes = {
    data: '700',
    'posthorn.db': '600',
    'posthorn.db-lock': '600',
    'posthorn.db-lock-journal': '600',
    'posthorn.db-shm': '600',
    'posthorn.db-wal': '600',
  }
  const store = await openSqliteStore(path)
  await store.ping()
  assert.deepEqual(modes(), closedModes)
  await store.close()
  // An older Posthorn created files that every user can read.
  await chmod(folder, 0o755)
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o644)
  const again = await openSqliteStore(path)
  assert.deepEqual(modes(), closedModes)
  await again.close()
  // A folder with other files in it may have other users.
  await writeFile(join(folder, 'theirs'), '')
  await chmod(folder, 0o755)
  const found: (string | null)[] = []
  await (await openSqliteStore(path, undefined, ({ openFolder }) => found.push(openFolder))).close()
  assert.deepEqual(found, [folder])
  assert.equal(statSync(folder).mode & 0o777, 0o755)
})

void test('missing folders of the path are created', async (t) => {
  const path = join(await temporaryFolder(t), 'a', 'b', 'posthorn.db')
  const store = await openSqliteStore(path)
  await store.ping()
  await store.close()
})

void test('a commit is on the disk: write-ahead log and full synchronisation', async (t) => {
  const { store, path } = await opened(t)
  const second = new DatabaseSync(path, { readOnly: true })
  assert.equal(second.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal')
  second.close()
  await store.close()
  // The level of synchronisation belongs to the connection: the test reads it on one that is opened like the writer.
  const writer = new Database(path, 'write')
  assert.equal(writer.get<{ synchronous: number }>('PRAGMA synchronous')?.synchronous, 2)
  writer.close()
})

void test('a closed store refuses every call, and no longer needs its files', async (t) => {
  const { store } = await opened(t)
  const endpoint = await addEndpoint(store)
  const node = await store.join(start)
  await store.close()
  await assert.rejects(store.ping(), StoreUnavailable)
  await assert.rejects(accept(store, node, endpoint, 0), StoreUnavailable)
  await assert.rejects(store.loadTenant(acme), StoreUnavailable)
})

/** Sets the version of the schema. Returns the previous version. */
function setVersion(path: string, version: number): number {
  const db = new DatabaseSync(path)
  const before = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  db.exec(`PRAGMA user_version = ${version}`)
  db.close()
  return before
}
