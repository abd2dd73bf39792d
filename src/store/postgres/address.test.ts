// The meanings of `sslmode`, and the faults of an address: each stops the start at once with one line that names it.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { startPostgres } from '../../../test/support/postgres-server.ts'
import { sharedServer } from '../../../test/support/test-database.ts'
import { StoreRefused } from '../../contracts/store.ts'
import { Connection } from './connection.ts'
import { Database } from './database.ts'
import { openPostgresStore } from './postgres-store.ts'

async function refuses(url: string, cause: RegExp): Promise<void> {
  const startedAt = performance.now()
  await assert.rejects(openPostgresStore(url), (error) => {
    assert.ok(error instanceof StoreRefused, String(error))
    assert.match(error.message, cause)
    assert.doesNotMatch(error.message, /\n|cannot be reached/)
    return true
  })
  assert.ok(performance.now() - startedAt < 5000, `the start waits: ${cause.source}`)
}

/** Whether the connections of the pool and beside the pool use TLS. */
async function isEncrypted(url: string): Promise<boolean> {
  const database = new Database(url, 3)
  const connection = new Connection(database, { purpose: 'test', answerMs: 1000 })
  const mine = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
  try {
    const found = await Promise.all([
      ...[1, 2, 3].map(() => database.get<{ ssl: boolean }>(mine)),
      connection.use((session) => session.get<{ ssl: boolean }>(mine)),
    ])
    const values = new Set(found.map((row) => row?.ssl))
    assert.equal(values.size, 1)
    return values.has(true)
  } finally {
    await connection.close()
    await database.close()
  }
}

test('a fault of an address is named', async (t) => {
  const url = await sharedServer()
  const garbage = join(temporaryFolder(t), 'garbage.pem')
  writeFileSync(garbage, 'no certificate')
  const cases: readonly (readonly [string, RegExp])[] = [
    ['sslmode=verify', /sslmode=verify is not one of: disable, prefer, require, verify-ca, verify-full/],
    ['sslmode=verify-ca', /sslmode=verify-ca needs sslrootcert/],
    ['sslmode=require&sslrootcert=/nowhere/ca.pem', /sslrootcert cannot be read: .*\/nowhere\/ca.pem/],
    ['sslcert=/nowhere/cert.pem', /sslcert cannot be read: .*\/nowhere\/cert.pem/],
    [`sslmode=verify-full&sslrootcert=${garbage}`, /certificate or key of sslrootcert, .* cannot be used/],
    ['channel_binding=require', /the parameter channel_binding is not one of: schema, sslmode/],
    ['options=-csearch_path%3Dother', /schema=… names the schema/],
    ['schema=a"b', /the schema is no plain name/],
  ]
  for (const [search, cause] of cases) await refuses(`${url}?${search}`, cause)
  await refuses(url.replace('127.0.0.1', '127.0.0.1,other'), /several hosts/)
  await refuses(url.replace('@', '%x@'), /the password has a % that is not written as %25/)
})

test('a server without TLS is used where TLS is optional, and refused where it is not', async () => {
  const url = await sharedServer()
  assert.equal(await isEncrypted(url), false)
  assert.equal(await isEncrypted(`${url}?sslmode=prefer`), false)
  await refuses(`${url}?sslmode=require`, /refuses the connection: The server does not support SSL/)
})

const certificates = makeCertificates()
const options = certificates === null ? { skip: 'openssl is not on the PATH' } : {}

void suite('a server with TLS', options, () => {
  test('is used as sslmode says', async (t) => {
    if (certificates === null) return
    const { folder, own, other } = certificates
    t.after(() => rm(folder, { recursive: true }))
    const settings = { ssl: 'on', ssl_cert_file: own.cert, ssl_key_file: own.key }
    const server = await startPostgres({ settings })
    t.after(() => server.remove())
    const byName = server.url.replace('127.0.0.1', 'localhost')
    const [root, foreign] = [`sslrootcert=${own.cert}`, `sslrootcert=${other.cert}`]
    assert.equal(await isEncrypted(server.url), true)
    assert.equal(await isEncrypted(`${server.url}?sslmode=disable`), false)
    for (const how of ['prefer', 'require', `require&${root}`, `verify-ca&${root}`])
      assert.equal(await isEncrypted(`${server.url}?sslmode=${how}`), true, how)
    assert.equal(await isEncrypted(`${byName}?sslmode=verify-full&${root}`), true)
    await refuses(`${server.url}?sslmode=verify-full&${root}`, /refuses the connection: .*altnames/)
    for (const how of [`require&${foreign}`, `verify-ca&${foreign}`, `verify-full&${foreign}`, 'verify-full'])
      await refuses(`${byName}?sslmode=${how}`, /refuses the connection: .*certificate/)
    const wrong = Object.assign(new URL(server.url), { password: 'wrong-password' }).href
    await refuses(wrong, /refuses the connection: password authentication failed/)
  })
})

interface Certificate {
  readonly key: string
  readonly cert: string
}

/** Two certificates for `localhost`, each its own authority. Null: this machine has no openssl. */
function makeCertificates(): { folder: string; own: Certificate; other: Certificate } | null {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-tls-'))
  const make = (name: string): Certificate => {
    const [key, cert] = [join(folder, `${name}-key.pem`), join(folder, `${name}.pem`)]
    const how = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost'.split(' ')
    const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert]
    execFileSync('openssl', [...how, ...names], { stdio: 'ignore' })
    return { key, cert }
  }
  try {
    const made = { folder, own: make('own'), other: make('other') }
    // The server runs as `nobody` if the tests run as root, and reads only a key of its own.
    if (process.getuid?.() === 0) execFileSync('chown', ['-R', 'nobody', folder])
    chmodSync(folder, 0o755)
    return made
  } catch {
    return null
  }
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-address-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}
