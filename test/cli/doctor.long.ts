// `posthorn doctor`: it finds faults, with and without a running service, and changes nothing.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import type { Finding } from '../../src/cli/finding.ts'
import { command } from '../support/command.ts'
import { queryOnce } from '../support/postgres-server.ts'
import { startReceiver } from '../support/receiver.ts'
import { runFolder, serve } from '../support/serve-run.ts'
import { freePort } from '../support/server-process.ts'
import { mountSmallDisk, unmount } from '../support/small-disk.ts'
import { ownDatabase } from '../support/test-database.ts'

interface Examined {
  readonly code: number | null
  /** The findings that are faults and warnings, as `state check: found | todo`. */
  readonly complaints: readonly string[]
  readonly of: (check: string) => Finding | undefined
}

type Env = Readonly<Record<string, string>>

/** Runs doctor. Nothing in the folder may change. */
async function examine(folder: string, env: Env = {}, ...args: string[]): Promise<Examined> {
  const before = snapshot(folder)
  const { code, stdout, stderr } = await command(['doctor', '--json', ...args], { env, folder })
  assert.deepEqual(snapshot(folder), before, 'doctor has changed something')
  assert.equal(stderr, '')
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] }
  const complaints = findings
    .filter(({ state }) => state === 'fault' || state === 'warning')
    .map(({ check, state, found, todo }) => `${state} ${check}: ${found} | ${todo}`)
  assert.equal(code, findings.some(({ state }) => state === 'fault') ? 1 : 0)
  return { code, complaints, of: (check) => findings.find((one) => one.check === check) }
}

function snapshot(folder: string): unknown {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((file) => {
      const { mode, size, mtimeMs } = statSync(file)
      return [file, mode, size, mtimeMs]
    })
}

/** The schemas and the tables of a database. */
async function tablesOf(url: string): Promise<readonly unknown[]> {
  return [
    ...(await queryOnce(url, 'SELECT nspname, nspowner FROM pg_namespace ORDER BY oid')),
    ...(await queryOnce(url, 'SELECT schemaname, tablename FROM pg_tables ORDER BY 1, 2')),
  ]
}

/** A folder in which a service ran, and stopped. */
async function usedFolder(t: TestContext): Promise<string> {
  const folder = await runFolder(t)
  const run = serve(t, folder, { POSTHORN_PORT: '0' })
  await run.serving()
  run.child.kill('SIGTERM')
  assert.equal(await run.exited(), 0)
  return folder
}

suite('doctor', { concurrency: 2 }, () => {
  test('finds nothing wrong before the first start, and writes nothing', async (t) => {
    const folder = await runFolder(t)
    const { code, complaints, of } = await examine(folder)
    assert.deepEqual([code, complaints], [0, []])
    assert.match(of('database')?.found ?? '', /is created by the first start/)
    assert.equal(of('server')?.state, 'skipped')
    assert.equal((await command(['dialect', 'new', 'acme', '--yes'], { folder })).code, 0)
    const own = await examine(folder, {}, '--dialect', 'acme.ts')
    assert.match(own.of('settings')?.found ?? '', /^served dialects: standard, .*, acme$/)
    assert.match(
      (await examine(folder, {}, '--allow-networks', 'x')).complaints.join('\n'),
      /^fault settings: --allow-networks: x is not a CIDR range such as 10\.0\.0\.0\/8 /,
    )
    const { stdout } = await command(['doctor'], { folder })
    assert.match(stdout, /^ok +settings +served dialects: standard, /m)
    assert.match(stdout, /\nfaults +0\nwarnings +0\n$/)
  })

  test('looks at a running service and at its database, and at the database after a stop', async (t) => {
    const folder = await runFolder(t)
    const port = { POSTHORN_PORT: String(await freePort()) }
    const run = serve(t, folder, port)
    await run.serving()
    const running = await examine(folder, port)
    assert.deepEqual(running.complaints, [])
    assert.match(running.of('database')?.found ?? '', /in use by a running service/)
    assert.match(running.of('server')?.found ?? '', /answers; its key is from data\/operator-key/)
    const { dialects } = JSON.parse(
      run
        .stdout()
        .split('\n')
        .find((line) => line.includes('is serving')) ?? '',
    ) as {
      dialects: string[]
    }
    assert.equal(running.of('settings')?.found, `served dialects: ${dialects.join(', ')}`)
    assert.match(running.of('nodes')?.found ?? '', /^1 live, 0 deliveries wait$/)
    for (const check of ['ready', 'clock of the server', 'key', 'versions']) {
      assert.equal(running.of(check)?.state, 'ok', check)
    }
    run.child.kill('SIGTERM')
    assert.equal(await run.exited(), 0)
    const unknown = await examine(folder, port, '--profile', 'nowhere')
    assert.match(unknown.complaints.join('\n'), /^fault server: there is no profile nowhere/)
    const stopped = await examine(folder, port)
    assert.deepEqual(stopped.complaints, [])
    assert.match(stopped.of('database')?.found ?? '', /is sound/)
    assert.equal(stopped.of('master key')?.state, 'ok')
    const chosen = await examine(folder, { ...port, POSTHORN_URL: `http://127.0.0.1:${port.POSTHORN_PORT}` })
    assert.match(
      chosen.complaints.join('\n'),
      /^fault server: .* does not answer: .*ECONNREFUSED.*\| start the service/,
    )
  })

  test('finds wrong, loose and dangerous settings', async (t) => {
    const folder = await runFolder(t)
    writeFileSync(join(folder, 'secret'), 'x'.repeat(8), { mode: 0o644 })
    for (const [env, complaint] of [
      [{ POSTHORN_PROT: '1' }, /^fault settings: POSTHORN_PROT is not a setting .*nearest one is POSTHORN_PORT/],
      [{ POSTHORN_DIALECTS: 'none' }, /^fault settings: POSTHORN_DIALECTS names none/],
      [
        { POSTHORN_HOST: '0.0.0.0' },
        /^warning operator API: other machines reach it on 0\.0\.0\.0.*POSTHORN_ADMIN_PORT/,
      ],
      [{ POSTHORN_PUBLIC_URL: 'http://hooks.example.com' }, /^warning public URL: .*clear text/],
      [{ POSTHORN_PUBLIC_URL: 'https://hooks.example.com' }, /^warning proxy in front: .*POSTHORN_TRUSTED_PROXIES/],
      [{ POSTHORN_ALLOW_HTTP: 'on' }, /^warning for tests only: POSTHORN_ALLOW_HTTP/],
      [{ POSTHORN_RETRY_SCALE: '0.1' }, /^warning for tests only: POSTHORN_RETRY_SCALE/],
      [
        { HTTPS_PROXY: 'http://proxy.test:1' },
        /^warning egress proxy: HTTPS_PROXY is set, which Posthorn does not use/,
      ],
      [
        { POSTHORN_EGRESS_PROXY: `http://127.0.0.1:${await freePort()}` },
        /^fault egress proxy: 127\.0\.0\.1:.*ECONNREFUSED/,
      ],
    ] as const) {
      const { complaints } = await examine(folder, env)
      assert.match(complaints.join('\n'), complaint)
      assert.equal(complaints.length, 1, complaints.join('\n'))
    }
  })

  test('finds faults of the files of a database', async (t) => {
    const database = (folder: string): string => join(folder, 'data', 'posthorn.db')
    const used = await usedFolder(t)
    const future = new Date(Date.now() + 3_600_000)
    for (const [spoil, complaint] of [
      [
        (folder) => chmodSync(database(folder), 0o644),
        /^fault file modes: other users can read .*posthorn\.db \| chmod 600/,
      ],
      [
        (folder) => chmodSync(join(folder, 'data', 'master-key'), 0o640),
        /^fault file modes: .*master-key \| chmod 600/,
      ],
      [(folder) => rmSync(join(folder, 'data', 'master-key')), /^fault master key: .*master-key is missing/],
      [
        (folder) => writeFileSync(join(folder, 'data', 'master-key'), Buffer.alloc(32, 7).toString('base64')),
        /^fault master key: the master key is not the one that this database was written with/,
      ],
      [(folder) => truncateSync(database(folder), 40), /^fault database: the database .* has only 40 bytes/],
      [(folder) => utimesSync(database(folder), future, future), /^fault clock: .*database was written 3\d+ s after/],
    ] as readonly (readonly [(folder: string) => void, RegExp])[]) {
      const folder = await runFolder(t)
      cpSync(join(used, 'data'), join(folder, 'data'), { recursive: true, preserveTimestamps: true })
      chmodSync(join(folder, 'data'), 0o700)
      spoil(folder)
      const { complaints } = await examine(folder)
      assert.match(complaints.join('\n'), complaint)
    }
  })

  test('connects to a receiver as a delivery does, and sends nothing', async (t) => {
    const folder = await runFolder(t)
    const receiver = await startReceiver()
    t.after(() => receiver.close())
    const loose = { POSTHORN_ALLOW_HTTP: 'on', POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8' }
    const reached = await examine(folder, loose, '--to', receiver.url)
    assert.match(reached.of('receiver')?.found ?? '', /was reached in \d+ ms/)
    assert.equal(receiver.requests.length, 0)
    const closed = `http://127.0.0.1:${await freePort()}`
    for (const [env, to, complaint] of [
      [
        {},
        receiver.url,
        /^fault receiver: http:\/\/127\.0\.0\.1:\d+ is refused: .* \| give doctor the settings of the service/,
      ],
      [{}, 'https://10.0.0.1', /^fault receiver: https:\/\/10\.0\.0\.1 is refused: /],
      [loose, closed, /fault receiver: .*connecting failed: .*ECONNREFUSED/],
      [{}, 'ftp://x', /^fault receiver: ftp:\/\/x is no http\(s\) URL/],
    ] as const) {
      assert.match((await examine(folder, env, '--to', to)).complaints.join('\n'), complaint)
    }
  })

  test('warns before the disk of the database is full', async (t) => {
    const used = await usedFolder(t)
    for (const [mebibytes, state, found] of [
      [64, 'fault', /^0\.1 GB are free, the database has 0\.0 GB$/],
      [512, 'warning', /^0\.5 GB are free, /],
      [2048, 'ok', /^2\.1 GB are free, /],
    ] as const) {
      const folder = await runFolder(t)
      const disk = join(folder, 'data')
      mkdirSync(disk)
      const reason = mountSmallDisk(disk, mebibytes)
      if (reason !== null) return t.skip(reason)
      try {
        chmodSync(disk, 0o700)
        cpSync(join(used, 'data'), disk, { recursive: true, preserveTimestamps: true })
        const { complaints, of } = await examine(folder)
        assert.equal(of('disk')?.state, state)
        assert.match(of('disk')?.found ?? '', found)
        assert.deepEqual(
          complaints.map((one) => one.split(':')[0]),
          state === 'ok' ? [] : [`${state} disk`],
        )
        if (state !== 'ok') continue
        // There must be as much room as the database has.
        truncateSync(join(disk, 'posthorn.db'), 1.5e9)
        assert.equal((await examine(folder)).of('disk')?.state, 'ok')
        truncateSync(join(disk, 'posthorn.db'), 2.5e9)
        assert.equal((await examine(folder)).of('disk')?.state, 'warning')
      } finally {
        unmount(disk)
      }
    }
  })

  test('looks at PostgreSQL and its settings, and changes nothing there', async (t) => {
    const folder = await runFolder(t)
    const place = await ownDatabase()
    t.after(() => place.drop())
    const empty = await tablesOf(place.url)
    const examined = await examine(folder, { POSTHORN_DATABASE: place.url })
    for (const check of ['database', 'encoding', 'primary', 'rights', 'autovacuum', 'clock']) {
      assert.equal(examined.of(check)?.state, 'ok', `${check}: ${examined.of(check)?.found}`)
    }
    assert.match(examined.of('rights')?.found ?? '', /may create the schema t_/)
    assert.deepEqual(await tablesOf(place.url), empty)
    for (const check of ['fsync', 'full_page_writes']) {
      const finding = examined.of(check)
      assert.equal(finding?.state, finding?.found === 'on' ? 'ok' : 'fault')
    }
    const random = (): string => randomBytes(32).toString('base64')
    const keys = { POSTHORN_OPERATOR_KEY: random(), POSTHORN_MASTER_KEY: random() }
    const service = serve(t, folder, { POSTHORN_PORT: '0', POSTHORN_DATABASE: place.url, ...keys })
    await service.serving()
    service.child.kill('SIGTERM')
    assert.equal(await service.exited(), 0)
    const full = await tablesOf(place.url)
    assert.ok(full.length > empty.length + 10)
    const again = await examine(folder, { POSTHORN_DATABASE: place.url })
    assert.match(again.of('rights')?.found ?? '', /may use the schema t_/)
    assert.deepEqual(await tablesOf(place.url), full)
    const away = await examine(folder, { POSTHORN_DATABASE: `postgres://ada:pw@127.0.0.1:${await freePort()}/x` })
    assert.match(away.complaints.join('\n'), /^fault database: PostgreSQL cannot be used: .*ECONNREFUSED/)
    const wrong = await examine(folder, { POSTHORN_DATABASE: `${place.url}&colour=blue` })
    assert.match(wrong.complaints.join('\n'), /^fault database: .*the parameter colour is not one of/)
  })

  test('keeps the permissions of key files as they are', async (t) => {
    const folder = await runFolder(t)
    mkdirSync(join(folder, 'data'), { mode: 0o700 })
    const file = join(folder, 'data', 'operator-key')
    writeFileSync(file, 'pho_an-operator-key-of-this-test\n', { mode: 0o644 })
    const { complaints } = await examine(folder, { POSTHORN_PORT: String(await freePort()) })
    assert.match(complaints.join('\n'), /^fault file modes: other users can read .*operator-key/)
    assert.equal(statSync(file).mode & 0o777, 0o644)
    assert.match(readFileSync(file, 'utf8'), /^pho_/)
  })
})
