// An interrupted copy resumes where it stopped, for every kind of interruption: no row is copied twice, no row is
// missing. No node serves the target until the copy is finished.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { copy } from '../src/cli/migrate.ts'
import { Progress } from '../src/cli/progress.ts'
import { temporaryFolder } from './conformance/store/temporary-folder.ts'
import { type Import, openImport } from '../src/store/postgres/import.ts'
import { openPostgresStore } from '../src/store/postgres/postgres-store.ts'
import { openExport } from '../src/store/sqlite/export.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { fillInstallation, fillWithMany } from './support/filled-installation.ts'
import { ask, assertSameRows, bothSides, migrate, startMigrate } from './support/migrate-run.ts'
import { startPostgres } from './support/postgres-server.ts'

const silent = { rowsMax: 3, progress: new Progress({ write: () => true }), stop: new AbortController().signal }

/** Runs the copy in this process; `change` injects faults into the target. */
async function run(path: string, url: string, change: (target: Import) => Partial<Import> = () => ({})): Promise<void> {
  const target = await openImport(url)
  const source = openExport(path)
  try {
    const counts = await copy(source, { ...target, ...change(target) }, silent)
    assert.ok(counts.every(({ expected, found }) => expected === found))
  } finally {
    source.close()
    await target.close()
  }
}

test('a copy that fails at any page, before or after the commit, resumes and ends equal', async (t) => {
  const { path, url } = await bothSides(t)
  await fillInstallation(path)
  let runs = 0
  for (let finished = false; !finished; runs++) {
    assert.ok(runs < 100, 'the copy does not finish after 100 runs')
    let pages = 0
    try {
      await run(path, url, (target) => ({
        async add(...page) {
          if (++pages === 2 && runs % 2 === 0) throw new Error('injected')
          await target.add(...page)
          if (pages === 2) throw new Error('injected')
        },
      }))
      finished = true
    } catch (error) {
      assert.equal((error as Error).message, 'injected')
    }
  }
  assert.ok(runs > 10)
  await assertSameRows(path, url)
})

test('an unfinished copy is not served', async (t) => {
  const { path, url } = await bothSides(t)
  await fillInstallation(path)
  await assert.rejects(
    run(path, url, () => ({ finish: () => Promise.reject(new Error('injected')) })),
    /injected/,
  )
  await assert.rejects(openPostgresStore(url), {
    name: 'StoreRefused',
    message: 'the database holds an unfinished copy: run the same `posthorn migrate` again to finish it',
  })
  await run(path, url)
  await (await openPostgresStore(url)).close()
})

test('counts that differ are an error, and the copy stays unfinished', async (t) => {
  const { path, url } = await bothSides(t)
  await fillInstallation(path)
  await assert.rejects(
    run(path, url, () => ({ finish: () => Promise.reject(new Error('injected')) })),
    /injected/,
  )
  await ask(url, `DELETE FROM events WHERE seq = 3`)
  for (let runs = 0; runs < 2; runs++) {
    const { code, stdout, stderr } = await migrate(path, url)
    assert.equal(code, 1)
    assert.match(stdout, /\n {2}events +18 +17 {2}differs\n/)
    assert.match(stderr, /^posthorn: the copy is not equal \(events\) and stays marked as unfinished: .*\n$/)
  }
})

test('a copy does not resume from another source, nor from one that was served in between', async (t) => {
  const { path, url } = await bothSides(t)
  await fillInstallation(path)
  const another = join(await temporaryFolder(t), 'another.db')
  const store = await openSqliteStore(another)
  await store.writeOnce('master key proof', 'another proof')
  await store.close()
  await assert.rejects(
    run(path, url, () => ({ finish: () => Promise.reject(new Error('injected')) })),
    /injected/,
  )
  const refused = /^posthorn: the target holds the beginning of a copy of another database, or of this one before .*\n$/
  const ofAnother = await migrate(another, url)
  assert.equal(ofAnother.code, 1)
  assert.match(ofAnother.stderr, refused)

  const served = await openSqliteStore(path)
  await served.leave(await served.join(Date.now()))
  await served.close()
  assert.match((await migrate(path, url)).stderr, refused)
})

test('two runs at once do not copy a row twice', async (t) => {
  const { path, url } = await bothSides(t)
  await fillInstallation(path)
  const late = await openImport(url)
  t.after(() => late.close())
  const source = openExport(path)
  await late.begin(source.fingerprint, source.tables)
  const [table] = source.tables
  assert.ok(table !== undefined)
  const page = source.page(table, null, 1)
  assert.ok(page !== null)
  source.close()
  await assert.rejects(
    run(path, url, () => ({ finish: () => Promise.reject(new Error('injected')) })),
    /injected/,
  )
  await assert.rejects(late.add(table, null, page), /another run of the same copy is under way/)
  await run(path, url)
  await assertSameRows(path, url)
})

const many = 40_000

/** Waits until the target holds some of the events. Returns how many. */
async function untilStarted(url: string): Promise<number> {
  for (const giveUpAt = Date.now() + 30_000; Date.now() < giveUpAt; await sleep(5)) {
    const sql = `SELECT rows FROM migration_progress WHERE table_name = 'events'`
    const rows = await ask(url, sql).then(
      (found) => Number(found[0]?.['rows'] ?? 0),
      () => 0,
    )
    if (rows > 0) return rows
  }
  throw new Error('no event was copied')
}

async function assertResumes(t: TestContext, path: string, url: string): Promise<void> {
  const [row] = await ask(url, `SELECT rows FROM migration_progress WHERE table_name = 'events'`)
  const copied = Number(row?.['rows'])
  t.diagnostic(`${copied} events were copied before the interruption`)
  assert.ok(copied > 0 && copied < many, `${copied} events`)
  const again = await migrate(path, url)
  assert.deepEqual([again.code, again.stderr], [0, ''])
  assert.match(again.stdout, new RegExp(`events .*, ${copied.toLocaleString('en-US')} of them by an earlier run\n`))
  await assertSameRows(path, url)
}

test('a copy that was killed resumes', async (t) => {
  const { path, url } = await bothSides(t)
  await fillWithMany(path, many)
  const { child, ended } = startMigrate(['--from', `sqlite:${path}`, '--to', url])
  await untilStarted(url)
  child.kill('SIGKILL')
  await ended
  await assertResumes(t, path, url)
})

test('a copy that was stopped by Ctrl-C says so and resumes', async (t) => {
  const { path, url } = await bothSides(t)
  await fillWithMany(path, many)
  const { child, ended } = startMigrate(['--from', `sqlite:${path}`, '--to', url])
  await untilStarted(url)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  assert.deepEqual([code, stderr], [1, 'posthorn: stopped; the same command goes on where it stopped\n'])
  await assertResumes(t, path, url)
})

test('a copy resumes after a crash of the PostgreSQL server', async (t) => {
  const path = join(await temporaryFolder(t), 'posthorn.db')
  await fillWithMany(path, many)
  const server = await startPostgres()
  t.after(() => server.remove())
  const { ended } = startMigrate(['--from', `sqlite:${path}`, '--to', server.url])
  await untilStarted(server.url)
  await server.restart('immediate')
  const { code, stderr } = await ended
  assert.equal(code, 1)
  assert.match(stderr, /^posthorn: PostgreSQL .*; the same command goes on where it stopped\n$/)
  await assertResumes(t, path, server.url)
})
