// `posthorn backup` copies the database of a running server that is under load. `posthorn restore` puts the copy in
// place. The database has 350 MB.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { closeSync, copyFileSync, existsSync, openSync, readdirSync, statSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventId } from '../src/domain/ids.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { bareEnv } from './support/child-guard.ts'
import { fillWithMany } from './support/filled-installation.ts'
import { createOperatorClient } from './support/operator-client.ts'
import { createInstallation, type Installation, startServer } from './support/server-process.ts'

const main = resolve(import.meta.dirname, '../src/main.ts')
/** Events of the database, which then has 350 MB. */
const filled = 1_350_000
const backupMsMax = 10_000
const eventEveryMs = 10

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command of Posthorn. Its database is that of the installation. */
function posthorn({ folder }: Installation, ...args: string[]): Promise<Ended> {
  const env = { ...bareEnv(), POSTHORN_DATABASE: `sqlite:${join(folder, 'posthorn.db')}` }
  return new Promise((done) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

async function newInstallation(t: TestContext): Promise<Installation> {
  const installation = await createInstallation()
  t.after(() => installation.remove())
  return installation
}

function assertRefused({ code, stderr }: Ended, reason: RegExp, expected = 1): void {
  assert.equal(code, expected)
  assert.match(stderr, /^posthorn: [^\n]+\n$/)
  assert.match(stderr, reason)
}

test(
  'a backup under load ends, and a restore shows the events that were accepted before it, and no later one',
  { timeout: 120_000 },
  async (t) => {
    const installation = await newInstallation(t)
    const path = join(installation.folder, 'posthorn.db')
    const copy = join(installation.folder, 'backup.db')
    await fillWithMany(path, filled)
    // The proof of another master key.
    const db = new DatabaseSync(path)
    db.exec('DELETE FROM installation')
    db.close()
    const server = await startServer(installation)
    t.after(() => server.kill('SIGKILL'))
    const client = createOperatorClient(server.url, installation.operatorKey)
    t.after(() => client.close())
    const accepted: string[] = []
    const post = async (): Promise<void> => {
      const id = `load-${accepted.length}`
      accepted.push(id)
      const { status } = await client.postEvent({ tenant: 'acme', type: 'invoice.paid', data: {}, id })
      assert.equal(status, 202)
    }
    await post()
    const plain = join(installation.folder, 'plain.db')
    copyFileSync(path, plain)
    const before = accepted.length
    const posting: Promise<void>[] = []
    const load = setInterval(() => posting.push(post()), eventEveryMs)
    const startedAt = performance.now()
    const ended = await posthorn(installation, 'backup', copy)
    const tookMs = performance.now() - startedAt
    clearInterval(load)
    await Promise.all(posting)
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(ended.stdout, /megabytes +[\d,]+/)
    assert.match(ended.stdout, /backup\.db is complete\. It has no key in it\. [^]*POSTHORN_MASTER_KEY apart/)
    t.diagnostic(`${Math.round(statSync(copy).size / 1e6)} MB in ${Math.round(tookMs)} ms`)
    assert.ok(tookMs < backupMsMax, `${tookMs} ms`)
    assert.equal(statSync(copy).mode & 0o777, 0o600)
    assert.equal(existsSync(`${copy}-wal`), false)
    await post()

    assertRefused(
      await posthorn(installation, 'restore', copy),
      /in use by another process: stop that process, or name another database file/,
    )
    // After a kill the log of a later time lies beside the database.
    await server.kill('SIGKILL')
    assert.ok(statSync(`${path}-wal`).size > 0)
    const restored = await posthorn(installation, 'restore', copy)
    assert.equal(restored.code, 0, restored.stderr)
    const aside = /kept as (\S+)/.exec(restored.stdout)?.[1] ?? ''
    assert.deepEqual(
      readdirSync(installation.folder)
        .filter((name) => name.startsWith('posthorn.db'))
        .toSorted(),
      [
        'posthorn.db',
        aside.slice(installation.folder.length + 1),
        `${aside.slice(installation.folder.length + 1)}-wal`,
        'posthorn.db-lock',
      ].toSorted(),
    )

    const again = await startServer(installation)
    t.after(() => again.kill('SIGKILL'))
    const second = createOperatorClient(again.url, installation.operatorKey)
    t.after(() => second.close())
    const has = async (id: string): Promise<boolean> =>
      (await second.call('GET', `/v1/events/${id}?tenant=acme`)).status === 200
    for (const id of accepted.slice(0, before)) assert.equal(await has(id), true, id)
    assert.equal(await has(accepted.at(-1) ?? ''), false)
    await again.stop()
    // The files that were kept are the database as the kill left it.
    const kept = await openSqliteStore(aside)
    for (const id of [accepted[0], accepted.at(-1)])
      assert.equal((await kept.findEvents(id as EventId, null)).length, 1)
    await kept.close()
    // Control: the check finds that a plain copy, which an older Posthorn would have accepted, lacks the first event.
    const unmarked = new DatabaseSync(plain)
    unmarked.exec('PRAGMA application_id = 0')
    unmarked.close()
    const copied = await openSqliteStore(plain)
    assert.equal((await copied.findEvents(accepted[0] as EventId, null)).length, 0)
    await copied.close()
  },
)

test('a malformed database that serves is answered 503, and /readyz is red', async (t) => {
  const installation = await newInstallation(t)
  const path = join(installation.folder, 'posthorn.db')
  await fillWithMany(path, 20_000)
  let db = new DatabaseSync(path)
  db.exec('DELETE FROM installation')
  db.close()
  const server = await startServer(installation)
  t.after(() => server.kill('SIGKILL'))
  const client = createOperatorClient(server.url, installation.operatorKey)
  t.after(() => client.close())
  assert.equal((await client.call('GET', '/readyz')).status, 200)
  // A backup that is copied over the file of a running server, for example.
  db = new DatabaseSync(path, { readOnly: true })
  const [size] = db.prepare('SELECT page_count * 4096 AS bytes FROM pragma_page_count').all()
  db.close()
  const file = openSync(path, 'r+')
  // The first pages have the root of each table, and all of the small ones.
  const keptBytes = 64 * 4096
  writeSync(file, Buffer.alloc(Number(size?.['bytes']) - keptBytes, 0xa5), 0, null, keptBytes)
  closeSync(file)
  const read = await client.call('GET', '/v1/deliveries')
  assert.equal(read.status, 503)
  for (const id of ['m1', 'm2']) {
    assert.equal((await client.postEvent({ tenant: 'acme', type: 'invoice.paid', data: {}, id })).status, 503)
  }
  assert.equal((await client.call('GET', '/readyz')).status, 503)
  await sleep(100)
  assert.match(server.output(), /malformed[^\n]*posthorn restore/)
})

test('a backup or a restore that cannot be made says so in one line, and leaves nothing behind', async (t) => {
  const installation = await newInstallation(t)
  const { folder } = installation
  const path = join(folder, 'posthorn.db')
  const copy = join(folder, 'copy.db')
  assertRefused(await posthorn(installation, 'backup', copy), /there is no database .*posthorn\.db\n$/, 2)
  assertRefused(await posthorn(installation, 'restore', copy), /copy\.db does not exist\n$/, 2)
  assertRefused(await posthorn(installation, 'restore', folder), / is a folder: give a file\n$/, 2)
  assert.deepEqual(readdirSync(folder), [])
  await fillWithMany(path, 10)
  assertRefused(await posthorn(installation, 'backup', path), /posthorn\.db exists already: name a new file\n$/)
  for (const name of ['no/copy.db', 'posthorn.db/copy.db']) {
    const refused = await posthorn(installation, 'backup', join(folder, name))
    assertRefused(refused, /copy\.db cannot be written: (?:its folder does not exist|a part of its path is a file)/)
    assert.equal(refused.stdout, '')
  }
  // A service creates the folder of its database. Here it would more often be a mistyped one.
  const away = ['--database', `sqlite:${join(folder, 'no', 'x.db')}`]
  assertRefused(
    await posthorn(installation, 'restore', path, ...away),
    /no\/x\.db cannot be written: its folder does not exist\n$/,
  )
  assertRefused(await posthorn(installation, 'restore', path), /is the database itself: name a backup\n$/)
  assertRefused(await posthorn(installation, 'restore', main), /main\.ts is not a database of Posthorn/)
  const postgres = ['--database', 'postgres://localhost/x']
  assertRefused(await posthorn(installation, 'backup', copy, ...postgres), /--database is PostgreSQL: /, 2)
  assert.deepEqual(readdirSync(folder).toSorted(), ['posthorn.db', 'posthorn.db-lock'])
})
