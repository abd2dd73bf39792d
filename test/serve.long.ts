// Starting the service. A wrong setting stops the start with exit code 2 and one line that names the setting and shows
// no secret. A fault of the machine has the exit code 1. Missing keys are generated safely.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './support/server-process.ts'
import { main, run as runCommand, runFolder, serve } from './support/serve-run.ts'

const operatorKey = 'an-operator-key-that-is-long-enough'
const masterKey = Buffer.alloc(32, 5).toString('base64')
const keys = { POSTHORN_OPERATOR_KEY: operatorKey, POSTHORN_MASTER_KEY: masterKey }
const standard = { ...keys, POSTHORN_PORT: '0', POSTHORN_DATABASE: 'sqlite:./data/posthorn.db' }

interface Refusal {
  readonly name: string
  readonly settings?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly prepare?: (folder: string) => void
  /** Settings of `standard` to leave out. */
  readonly without?: readonly (keyof typeof standard)[]
  readonly says: RegExp
  /** Default: 2, the settings are wrong. 1: the work failed. */
  readonly code?: 1
}

const wrong = (setting: string, ...values: string[]): Refusal[] =>
  values.map((value) => ({
    name: `${setting}=${value}`,
    settings: { [setting]: value },
    says: new RegExp(`\\b${setting}\\b`),
  }))
const holding = (file: string, text: string) => (folder: string) => {
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', file), text)
}

const refusals: readonly Refusal[] = [
  // src/config/settings.test.ts tests more values, without starting a process for each.
  ...wrong('POSTHORN_HOST', ''),
  { name: 'an address of no machine', settings: { POSTHORN_HOST: '999.1.1.1' }, says: /POSTHORN_HOST 999/, code: 1 },
  ...wrong('POSTHORN_PORT', '65536'),
  ...wrong('POSTHORN_DATABASE', 'mysql://x'),
  ...wrong('POSTHORN_OPERATOR_KEY', 'short-secret'),
  ...wrong('POSTHORN_MASTER_KEY', 'a secret that is no key', Buffer.alloc(31, 9).toString('base64')),
  ...wrong('POSTHORN_DIALECTS', '', 'standard,none'),
  ...wrong('POSTHORN_ALLOW_HTTP', 'maybe'),
  ...wrong('POSTHORN_ALLOW_NETWORKS', '10.0.0.0/33'),
  ...wrong('POSTHORN_EGRESS_PROXY', 'https://ada:a-secret@proxy.test:3128'),
  ...wrong('POSTHORN_EGRESS_PROXY_FILE', '/nowhere/proxy'),
  ...wrong('POSTHORN_EGRESS_PROXY_EXCEPT', 'example.com'),
  ...wrong('POSTHORN_EGRESS_PROXY_RESOLVES', 'on'),
  {
    name: 'an exception that is malformed',
    settings: { POSTHORN_EGRESS_PROXY: 'http://proxy.test:3128', POSTHORN_EGRESS_PROXY_EXCEPT: '10.0.0.1' },
    says: /POSTHORN_EGRESS_PROXY_EXCEPT: 10\.0\.0\.1 is not a CIDR range/,
  },
  ...wrong('POSTHORN_PUBLIC_URL', 'vapi=https://x.test'),
  ...wrong('POSTHORN_TRUSTED_PROXIES', '10.0.0.1'),
  ...wrong('POSTHORN_JWT_AUDIENCE', 'posthorn'),
  ...wrong('POSTHORN_JWT_ISSUER', 'https://id.example.com'),
  ...wrong('POSTHORN_JWT_SECRET', 'a-short-secret'),
  {
    name: 'tokens without an audience, by a secret',
    settings: { POSTHORN_JWT_SECRET: 'a-secret-that-only-issuer-and-verifier-know' },
    says: /POSTHORN_JWT_SECRET needs POSTHORN_JWT_AUDIENCE/,
  },
  {
    name: 'tokens without an audience, by a key set',
    settings: { POSTHORN_JWKS_URL: 'https://id.example.com/keys' },
    says: /POSTHORN_JWKS_URL needs POSTHORN_JWT_AUDIENCE/,
  },
  {
    name: 'a key set over http://',
    settings: { POSTHORN_JWKS_URL: 'http://id.example.com/keys', POSTHORN_JWT_AUDIENCE: 'posthorn' },
    says: /POSTHORN_JWKS_URL must be https:/,
  },
  ...wrong('POSTHORN_RATE_LIMITS', 'none'),
  ...wrong('POSTHORN_RETRY_SCALE', '-1'),
  ...wrong('POSTHORN_RETENTION_DAYS', '0'),
  ...wrong('POSTHORN_ROLE', 'everything'),
  ...wrong('POSTHORN_LOG_LEVEL', 'loud'),
  {
    name: 'a misspelt setting',
    settings: { POSTHORN_PROT: '4080' },
    says: /POSTHORN_PROT is .* nearest one is POSTHORN_PORT\n/,
  },
  { name: 'a wrong flag', args: ['--port', 'x'], says: /--port/ },
  { name: 'an unknown argument', args: ['now'], says: /too many arguments/ },
  { name: 'a mistyped flag', args: ['--prot', '1'], says: /'--prot' \(Did you mean --port\?\)/ },
  {
    name: 'a database folder that cannot be created',
    settings: { POSTHORN_DATABASE: 'sqlite:/dev/null/posthorn.db' },
    says: /database \/dev\/null/,
    code: 1,
  },
  {
    name: 'a folder for key files that cannot be created',
    settings: { POSTHORN_DATABASE: 'sqlite:/dev/null/posthorn.db' },
    without: ['POSTHORN_OPERATOR_KEY'],
    says: /POSTHORN_OPERATOR_KEY beside POSTHORN_DATABASE/,
    code: 1,
  },
  {
    name: 'an empty operator key file',
    prepare: holding('operator-key', '\n'),
    without: ['POSTHORN_OPERATOR_KEY'],
    says: /POSTHORN_OPERATOR_KEY.*data\/operator-key/,
    code: 1,
  },
  {
    name: 'a truncated master key file',
    prepare: holding('master-key', masterKey.slice(0, 20)),
    without: ['POSTHORN_MASTER_KEY'],
    says: /POSTHORN_MASTER_KEY.*data\/master-key/,
    code: 1,
  },
  {
    name: 'a master key file that is a link',
    prepare: (folder) => {
      holding('planted', masterKey)(folder)
      symlinkSync('planted', join(folder, 'data', 'master-key'))
    },
    without: ['POSTHORN_MASTER_KEY'],
    says: /POSTHORN_MASTER_KEY beside POSTHORN_DATABASE: .*master-key is a symbolic link/,
    code: 1,
  },
  {
    name: 'a file that is not a database',
    prepare: holding('posthorn.db', 'a letter\n'.repeat(999)),
    says: /database/,
    code: 1,
  },
]

suite('a start is refused with one line:', { concurrency: 2 }, () => {
  for (const { name, settings, args, prepare, without = [], says, code = 2 } of refusals) {
    test(name, async (t) => {
      const folder = await runFolder(t)
      prepare?.(folder)
      const given: Record<string, string> = { ...standard, ...settings }
      for (const setting of without) delete given[setting]
      const run = serve(t, folder, given, args)
      assert.equal(await run.exited(), code, run.stdout())
      assert.match(run.stderr(), says)
      assert.match(run.stderr(), /^[^\n]+\n$/)
      for (const secret of [masterKey, operatorKey, 'secret', Buffer.alloc(31, 9).toString('base64')]) {
        assert.ok(!`${run.stderr()}${run.stdout()}`.includes(secret))
      }
    })
  }
})

test('a mistyped command gets one line with the nearest command', async (t) => {
  const mistyped = runCommand(t, await runFolder(t), standard, [process.execPath, main, 'sevre'])
  assert.equal(await mistyped.exited(), 2)
  assert.equal(mistyped.stderr(), "posthorn: unknown command 'sevre' (Did you mean serve?)\n")
})

test('a port in use stops the start with a line that names the setting', async (t) => {
  const holder = createServer()
  await new Promise<void>((listening) => holder.listen(0, '127.0.0.1', listening))
  t.after(() => holder.close())
  const { port } = holder.address() as { port: number }
  const folder = await runFolder(t)
  const run = serve(t, folder, { ...standard, POSTHORN_PORT: String(port) })
  assert.equal(await run.exited(), 1)
  assert.match(run.stderr(), new RegExp(`^[^\n]*POSTHORN_PORT ${port}: [^\n]*in use[^\n]*\n$`))
  assert.deepEqual(readdirSync(folder), [], 'nothing is written')
})

test('a start on a PostgreSQL that cannot be reached says at once that it waits', async (t) => {
  const run = serve(t, await runFolder(t), {
    ...keys,
    POSTHORN_DATABASE: `postgres://posthorn@127.0.0.1:${await freePort()}/posthorn`,
  })
  const giveUpAt = Date.now() + 10_000
  while (!/"level":40,.*PostgreSQL cannot be reached: .*trying again for 30 s/.test(run.stdout())) {
    assert.ok(Date.now() < giveUpAt && run.child.exitCode === null, run.stdout() + run.stderr())
    await sleep(20)
  }
})

test('a start is refused by a database in use, with another master key or with a newer schema', async (t) => {
  const folder = await runFolder(t)
  const first = serve(t, folder, standard)
  const url = await first.serving()
  const second = serve(t, folder, standard)
  assert.equal(await second.exited(), 1)
  assert.match(second.stderr(), /^[^\n]*in use by another process: stop that process[^\n]+\n$/)
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  first.child.kill('SIGTERM')
  assert.equal(await first.exited(), 0)

  const otherKey = Buffer.alloc(32, 6).toString('base64')
  const stranger = serve(t, folder, { ...standard, POSTHORN_MASTER_KEY: otherKey })
  assert.equal(await stranger.exited(), 1)
  assert.match(stranger.stderr(), /^[^\n]*master key is not the one[^\n]*\n$/)
  assert.ok(!stranger.stderr().includes(otherKey))

  const db = new DatabaseSync(join(folder, 'data', 'posthorn.db'))
  const before = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  db.exec(`PRAGMA user_version = ${before + 1}`)
  db.close()
  const older = serve(t, folder, standard)
  assert.equal(await older.exited(), 1)
  assert.match(older.stderr(), /^[^\n]*newer Posthorn\n$/)
})

test('missing keys are generated once, readable only by their owner, and never logged', async (t) => {
  const folder = await runFolder(t)
  const { POSTHORN_PORT, POSTHORN_DATABASE } = standard
  const files = ['operator-key', 'master-key'].map((name) => join(folder, 'data', name))
  let made: string[] = []
  for (const round of ['first', 'second']) {
    const run = serve(t, folder, { POSTHORN_PORT, POSTHORN_DATABASE, POSTHORN_LOG_LEVEL: 'trace' })
    const url = await run.serving()
    const found = files.map((file) => readFileSync(file, 'utf8').trim())
    for (const file of files) assert.equal(statSync(file).mode & 0o777, 0o600)
    const headers = { authorization: `Bearer ${found[0]}` }
    assert.equal((await fetch(`${url}/v1/tenants`, { headers })).status, 200)
    run.child.kill('SIGTERM')
    assert.equal(await run.exited(), 0)
    const output = run.stdout() + run.stderr()
    for (const key of found) assert.ok(!output.includes(key))
    for (const file of files) assert.ok(output.includes(file.slice(folder.length + 1)), 'the log names the file')
    if (round === 'second') assert.deepEqual(found, made)
    made = found
  }
  assert.match(made[0] ?? '', /^pho_[\w-]{40}$/)
  assert.equal(Buffer.from(made[1] ?? '', 'base64').length, 32)
})

test('a database without its master key file is refused, and no new key is made', async (t) => {
  const folder = await runFolder(t)
  const { POSTHORN_PORT, POSTHORN_DATABASE } = standard
  const first = serve(t, folder, { POSTHORN_PORT, POSTHORN_DATABASE })
  await first.serving()
  first.child.kill('SIGTERM')
  assert.equal(await first.exited(), 0)
  for (const name of ['operator-key', 'master-key']) rmSync(join(folder, 'data', name))
  const second = serve(t, folder, { POSTHORN_PORT, POSTHORN_DATABASE })
  assert.equal(await second.exited(), 1)
  assert.match(second.stderr(), /^posthorn: no master-key beside the database [^\n]*, or set POSTHORN_MASTER_KEY\n$/)
  for (const name of ['operator-key', 'master-key']) assert.equal(existsSync(join(folder, 'data', name)), false)
})
