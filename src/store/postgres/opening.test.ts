// Conditions that stop a start. Each error is one line and contains no password.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { queryOnce, startPostgres } from '../../../test/support/postgres-server.ts'
import { testDatabase } from '../../../test/support/test-database.ts'
import { acme, sampleTenant } from '../../../test/conformance/store/samples.ts'
import { StoreRefused } from '../../contracts/store.ts'
import { openPostgresStore } from './postgres-store.ts'

function refuses(url: string, cause: RegExp): Promise<void> {
  return assert.rejects(openPostgresStore(url), (error) => {
    assert.ok(error instanceof StoreRefused, String(error))
    assert.match(error.message, cause)
    assert.ok(!error.message.includes('\n'))
    const { password } = new URL(url)
    assert.ok(password === '' || !error.message.includes(password), error.message)
    return true
  })
}

suite('a start is refused', { concurrency: 4 }, () => {
  test('on a schema that a newer program wrote', async () => {
    const { url, drop } = await testDatabase()
    await (await openPostgresStore(url)).close()
    const schema = new URL(url).searchParams.get('schema')
    await queryOnce(url.split('?')[0] ?? '', `INSERT INTO ${schema}.migrations VALUES (99, now())`)
    await refuses(url, /schema version 99, this program knows \d+: it was written by a newer Posthorn/)
    await drop()
  })

  test('with a wrong password, for a missing database and without rights', async (t) => {
    const server = await startPostgres()
    t.after(() => server.remove())
    const address = (change: Partial<Pick<URL, 'username' | 'password' | 'pathname' | 'search'>>): string =>
      Object.assign(new URL(server.url), change).href
    await refuses(address({ password: 'wrong-password' }), /password authentication failed/)
    await refuses(address({ pathname: '/nowhere' }), /database "nowhere" does not exist/)
    await queryOnce(server.url, `CREATE ROLE guest LOGIN PASSWORD 'guest-password'`)
    await refuses(address({ username: 'guest', password: 'guest-password' }), /permission denied for database/)
    await queryOnce(server.url, 'CREATE SCHEMA posthorn AUTHORIZATION guest')
    const store = await openPostgresStore(address({ username: 'guest', password: 'guest-password' }))
    assert.equal(await store.createTenant(sampleTenant(acme)), 'written', 'owning the schema is enough')
    await store.close()
  })
})

test('a database in an encoding that does not hold every text is refused', async (t) => {
  const server = await startPostgres()
  t.after(() => server.remove())
  for (const encoding of ['LATIN1', 'SQL_ASCII']) {
    await queryOnce(server.url, `CREATE DATABASE ${encoding} TEMPLATE template0 ENCODING '${encoding}'`)
    const url = Object.assign(new URL(server.url), { pathname: encoding.toLowerCase() }).href
    const startedAt = performance.now()
    await refuses(url, new RegExp(`has the encoding ${encoding}: Posthorn needs UTF8`))
    assert.ok(performance.now() - startedAt < 5000, 'the start does not wait')
    assert.deepEqual(await queryOnce(url, `SELECT FROM pg_namespace WHERE nspname = 'posthorn'`), [])
  }
})

test('a server that refuses the login in another language stops the start at once', async (t) => {
  const fields = ['SFATAL', 'VFATAL', 'C28P01', 'MPasswort-Authentifizierung für Benutzer »posthorn« fehlgeschlagen']
  const body = Buffer.from(`${fields.join('\0')}\0\0`)
  const head = Buffer.alloc(5, 'E')
  head.writeUInt32BE(body.length + 4, 1)
  const server = createServer((socket) => socket.once('data', () => socket.end(Buffer.concat([head, body]))))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const startedAt = performance.now()
  const { port } = server.address() as AddressInfo
  await refuses(`postgres://posthorn:secret@127.0.0.1:${port}/posthorn`, /fehlgeschlagen/)
  assert.ok(performance.now() - startedAt < 5000, 'the start does not wait')
})

test('a start waits for a server that is starting', async (t) => {
  const server = await startPostgres()
  t.after(() => server.remove())
  await server.stop('fast')
  const reasons: string[] = []
  const opening = openPostgresStore(server.url, { waiting: (reason) => reasons.push(reason) })
  await sleep(1200)
  await server.start()
  const store = await opening
  assert.equal(reasons.length, 1, 'the start says once that it waits')
  assert.match(reasons[0] ?? '', /^PostgreSQL cannot be reached: .*ECONNREFUSED.*; trying again for 30 s$/)
  await store.ping()
  await store.close()
})

test('nodes that start at the same time migrate the schema once', async () => {
  const { url, drop } = await testDatabase()
  const stores = await Promise.all(Array.from({ length: 6 }, () => openPostgresStore(url)))
  const nodes = await Promise.all(stores.map((store) => store.join(0)))
  assert.equal(new Set(nodes).size, 6)
  for (const store of stores) await store.close()
  await drop()
})
