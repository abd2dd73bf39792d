// `posthorn migrate` refuses wrong sources and targets: each with an error of one line, and both stay unchanged.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { acme } from './conformance/store/samples.ts'
import { addTenants } from './conformance/store/steps.ts'
import { openPostgresStore } from '../src/store/postgres/postgres-store.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { fillInstallation } from './support/filled-installation.ts'
import { ask, bothSides, type Ended, migrate, startMigrate } from './support/migrate-run.ts'
import { freePort } from './support/server-process.ts'

function assertRefused({ code, stderr, stdout }: Ended, reason: RegExp, expectedCode = 1): void {
  assert.equal(code, expectedCode)
  assert.match(stderr, /^[^\n]+\n$/)
  assert.match(stderr, reason)
  assert.doesNotMatch(stdout, /All is copied/)
}

test('refuses addresses that are wrong or swapped', async () => {
  const [sqlite, postgres] = ['sqlite:./x.db', 'postgres://u:p4ssword@localhost/x']
  const cases: { readonly from: string; readonly to?: string; readonly reason: RegExp }[] = [
    {
      from: postgres,
      to: sqlite,
      reason: /^posthorn: --from must be sqlite:<file>, such as \S+: installations move from SQLite/,
    },
    { from: postgres, to: postgres, reason: /^posthorn: --from must be sqlite:<file>, such as / },
    { from: sqlite, to: sqlite, reason: /^posthorn: --to must be postgres:\/\/<user>/ },
    { from: 'x.db', to: postgres, reason: /^posthorn: --from must be sqlite:<file>, such as / },
    { from: sqlite, to: 'mysql://x', reason: /^posthorn: --to must be postgres:\/\/<user>/ },
    { from: sqlite, reason: /^posthorn: required option '--to <database>' not specified/ },
  ]
  await Promise.all(
    cases.map(async ({ from, to, reason }) => {
      const args = ['--from', from, ...(to === undefined ? [] : ['--to', to])]
      assertRefused(await startMigrate(args).ended, reason, 2)
    }),
  )
})

test('refuses a target that cannot be reached or that refuses the login', async (t) => {
  const { path, url } = await bothSides(t)
  await fillInstallation(path)
  const changed = (change: (address: URL) => void): string => {
    const address = new URL(url)
    change(address)
    return address.href
  }
  const port = String(await freePort())
  const closedPort = changed((address) => (address.port = port))
  const wrongPassword = changed((address) => (address.password = 'wrong'))
  const absent = changed((address) => (address.pathname = '/absent'))
  const oddSchema = changed((address) => address.searchParams.set('schema', 'A-b'))
  assertRefused(await migrate(path, oddSchema), /^posthorn: the address of the database .* schema is no plain name/)
  // The source is opened first.
  assertRefused(await migrate(join(dirname(path), 'absent.db'), closedPort), /^posthorn: there is no database /, 2)
  assertRefused(await migrate(path, closedPort), /^posthorn: --to cannot be used: .*cannot be reached: .*ECONNREFUSED/)
  assertRefused(await migrate(path, wrongPassword), /^posthorn: --to cannot be used: .*password authentication failed/)
  assertRefused(await migrate(path, absent), /^posthorn: --to cannot be used: .*database "absent" does not exist/)
})

test('refuses a source that is missing, is not a database of Posthorn, or is in use', async (t) => {
  const { path, url } = await bothSides(t)
  const folder = dirname(path)
  assertRefused(await migrate(path, url), /^posthorn: there is no database .*posthorn\.db\n$/, 2)
  assertRefused(await migrate(join(folder, 'no', 'x.db'), url), /^posthorn: there is no database /, 2)
  assert.deepEqual(readdirSync(folder), [])

  const text = join(folder, 'text.db')
  const empty = join(folder, 'empty.db')
  const foreign = join(folder, 'foreign.db')
  writeFileSync(text, 'a text, not a database\n'.repeat(10))
  writeFileSync(empty, '')
  const db = new DatabaseSync(foreign)
  db.exec('CREATE TABLE tenants (x)')
  db.close()
  for (const file of [text, empty, foreign, folder]) {
    const before = file === folder ? null : readFileSync(file)
    assertRefused(await migrate(file, url), /^posthorn: .* is not a database of Posthorn: name another file/)
    if (before !== null) assert.deepEqual(readFileSync(file), before)
  }
  assert.deepEqual(readdirSync(folder).toSorted(), ['empty.db', 'foreign.db', 'text.db'])

  const store = await openSqliteStore(path)
  try {
    assertRefused(
      await migrate(path, url),
      /^posthorn: the database .*posthorn\.db is in use by another process: stop that process[^\n]+\n$/,
    )
  } finally {
    await store.close()
  }
  const newer = new DatabaseSync(path)
  newer.exec('PRAGMA user_version = 1000')
  newer.close()
  assertRefused(await migrate(path, url), /written by a newer Posthorn\n$/)
  // The target has no schema.
  assert.deepEqual(await ask(url, 'SELECT FROM pg_namespace WHERE nspname = current_schema()'), [])
})

test('refuses a target that is not empty, so also a second run', async (t) => {
  const { path, url } = await bothSides(t)
  await fillInstallation(path)
  const others = await bothSides(t)
  const store = await openPostgresStore(others.url)
  await addTenants(store, acme)
  await store.close()
  assertRefused(await migrate(path, others.url), /^posthorn: the target is not empty: the table tenants in its schema /)

  const foreign = await bothSides(t)
  const schema = new URL(foreign.url).searchParams.get('schema')
  await ask(foreign.url, `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.theirs (x int)`)
  assertRefused(
    await migrate(path, foreign.url),
    /^posthorn: the target is not empty: .* tables that are not Posthorn's/,
  )

  // A target that has the tables of Posthorn but no rows counts as empty.
  await (await openPostgresStore(url)).close()
  assert.equal((await migrate(path, url)).code, 0)
  assertRefused(await migrate(path, url), /^posthorn: the target is not empty: /)
})
