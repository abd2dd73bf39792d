// The PostgreSQL servers and test databases that other tests use.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { testDatabase } from './test-database.ts'

async function query(url: string, text: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

suite('a PostgreSQL server for tests', () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres({ settings: { work_mem: '5MB' } })
  })
  after(() => server.remove())

  test('is durable, uses UTF-8 and has the given settings', async () => {
    const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'max_connections', 'server_encoding', 'work_mem']
    const values = names.map((name) => `current_setting('${name}')`).join(', ')
    assert.deepEqual(await query(server.url, `SELECT ${values}, datcollate FROM pg_database LIMIT 1`), [
      ['on', 'on', 'on', '200', 'UTF8', '5MB', 'C'],
    ])
  })

  test('keeps committed rows through a crash and through restarts', async () => {
    const url = await server.createDatabase()
    await query(url, 'CREATE TABLE kept (id int)')
    await query(url, 'INSERT INTO kept VALUES (1)')
    await server.kill()
    await assert.rejects(query(url, 'SELECT 1'), { code: 'ECONNREFUSED' })
    await server.start()
    await query(url, 'INSERT INTO kept VALUES (2)')
    await server.restart('immediate')
    await server.restart()
    assert.deepEqual(await query(url, 'SELECT id FROM kept ORDER BY id'), [[1], [2]])
  })

  test('creates empty databases, and drops them while they are in use', async () => {
    const [url, other] = await Promise.all([server.createDatabase(), server.createDatabase()])
    await query(url, 'CREATE TABLE mine (id int)')
    await assert.rejects(query(other, 'SELECT * FROM mine'), { code: '42P01' })
    const user = new Client({ connectionString: url })
    await user.connect()
    const errors: Error[] = []
    user.on('error', (error) => errors.push(error))
    await server.dropDatabase(url)
    await assert.rejects(query(url, 'SELECT 1'), { code: '3D000' })
    assert.match(String(errors[0]), /terminating connection/)
  })

  test('reports the error of PostgreSQL if it does not start', async () => {
    await assert.rejects(
      startPostgres({ settings: { no_such_setting: '1' } }),
      /ended while starting.*no_such_setting/s,
    )
  })
})

test('a test database is a new schema that is dropped with its tables', async () => {
  const [one, two] = await Promise.all([testDatabase(), testDatabase()])
  const schema = new URL(one.url).searchParams.get('schema')
  assert.notEqual(schema, new URL(two.url).searchParams.get('schema'))
  const exists = `SELECT count(*)::int FROM pg_namespace WHERE nspname = '${schema}'`
  assert.deepEqual(await query(one.url, exists), [[0]])
  await two.drop()
  await query(one.url, `CREATE SCHEMA ${schema}`)
  await query(one.url, `CREATE TABLE ${schema}.mine (id int)`)
  await one.drop()
  assert.deepEqual(await query(one.url, exists), [[0]])
})

test('a server ends and its folder is deleted when the process that started it is killed', async () => {
  const module = JSON.stringify(import.meta.resolve('./postgres-server.ts'))
  const script = `import { startPostgres } from ${module}
    const { url } = await startPostgres()
    const { Client } = await import(${JSON.stringify(import.meta.resolve('pg'))})
    const client = new Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query("SHOW data_directory")
    console.log(JSON.stringify({ url, folder: rows[0].data_directory }))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { url, folder } = JSON.parse(line.toString()) as { url: string; folder: string }
  await query(url, 'SELECT 1')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const giveUpAt = Date.now() + 10_000
  while (existsSync(folder) && Date.now() < giveUpAt) await sleep(20)
  assert.equal(existsSync(folder), false)
  await assert.rejects(query(url, 'SELECT 1'), { code: 'ECONNREFUSED' })
})
