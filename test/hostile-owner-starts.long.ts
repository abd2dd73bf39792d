// A program has full write access to the database of a real installation, and no master key (see hostile-owner.long.ts).
// Here it tries to make a start of the service seal rows that it has planted, or to replace values of the installation.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test, type TestContext } from 'node:test'
import { until } from './support/api-rig.ts'
import { deliver, makePair, type Pair, spy } from './support/hostile-owner.ts'
import { createOperatorClient, expectStatus, type OperatorClient } from './support/operator-client.ts'
import { type Place, postgresPlace, sqlitePlace } from './support/place.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { startServer } from './support/server-process.ts'

interface Site {
  readonly place: Place
  readonly receiver: Receiver
  readonly pair: Pair
  /** Runs statements one after the other. */
  readonly sql: (...statements: string[]) => Promise<void>
  /** Starts the service, calls `action`, and stops it. */
  readonly up: (
    action?: (client: OperatorClient, output: () => string) => Promise<void>,
    env?: Readonly<Record<string, string>>,
  ) => Promise<void>
}

const places = { SQLite: sqlitePlace, PostgreSQL: postgresPlace }
const databases = ['SQLite', 'PostgreSQL'] as const

/** An installation with a victim and an attacker, which is not running. */
async function siteOf(t: TestContext, database: keyof typeof places): Promise<Site> {
  const place = await places[database](t)
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const up: Site['up'] = async (action = () => Promise.resolve(), env = {}) => {
    const server = await startServer(place.installation, { ...place.env, ...env })
    const client = createOperatorClient(server.url, place.installation.operatorKey)
    try {
      await action(client, () => server.output())
    } finally {
      await client.close()
      await server.stop()
    }
  }
  const pairs: Pair[] = []
  await up(async (client) => void pairs.push(await makePair(client, receiver, {})))
  const sql: Site['sql'] = async (...statements) => {
    for (const statement of statements) await place.query(statement)
  }
  return { place, receiver, pair: pairs[0] as Pair, sql, up }
}

const plant = ({ planted, victim }: Pair): string[] => [
  `INSERT INTO api_keys (id, hash, dialect, scopes, role, name, hint, created_at)
   SELECT 'planted', '${planted.hashOf(planted.api)}', dialect, scopes, role, name, hint, created_at
   FROM api_keys WHERE id = '${victim.keyId}'`,
  `INSERT INTO api_key_tenants (tenant, api_key) VALUES ('${victim.tenant}', 'planted')`,
]

const valueOf = (name: string): string => `(SELECT value FROM installation WHERE name = '${name}')`
const setValue = (name: string, value: string): string =>
  `UPDATE installation SET value = ${value} WHERE name = '${name}'`
const removeProof = `DELETE FROM installation WHERE name = 'master key proof'`

/** Ways that stop the start. The database is as before afterwards. */
const refused = [
  {
    title: 'removes the proof of the master key, so that the next start seals a planted key',
    attack: () => [removeProof],
    line: /the value "master key proof" was removed from the database/,
  },
  {
    title: 'replaces the proof of the master key by another sealed value',
    attack: () => [setValue('master key proof', valueOf('installation secret|partoo'))],
    line: /the master key is not the one that this database was written with/,
  },
  {
    title: 'replaces the signing key of the installation by another sealed value',
    attack: () => [setValue('installation secret|partoo', valueOf('master key proof'))],
    line: /the value "installation secret\|partoo" was changed in the database/,
  },
]

async function assertHidden({ pair, receiver }: Site, client: OperatorClient): Promise<void> {
  const planted = { authorization: `Bearer ${pair.planted.api}` }
  expectStatus(await client.callAs(planted, 'GET', `/v1/tenants/${pair.victim.tenant}/endpoints`), 401)
  const seen = await spy(client, pair, [pair.planted.api])
  for (const secret of pair.victim.secrets) assert.ok(!seen.includes(secret), seen)
  await deliver(client, pair, 'standard')
  const isQuiet = async () => (await client.listDeliveries({ status: 'pending' })).length === 0
  await until(isQuiet, 'every delivery has ended')
  assert.ok(!receiver.requests.some(({ path }) => path === pair.own.path))
}

suite('the owner of the database, at a start,', { concurrency: 2 }, () => {
  for (const database of databases) {
    test(`on ${database}`, { timeout: 120_000 }, async (t) => {
      const site = await siteOf(t, database)
      const { sql, up, pair, place, receiver } = site
      await sql(...plant(pair))

      for (const { title, attack, line } of refused) {
        await t.test(`${title}: the start is refused`, async () => {
          await sql('CREATE TABLE kept AS SELECT * FROM installation', ...attack())
          await assert.rejects(up(), line)
          await sql('DELETE FROM installation', 'INSERT INTO installation SELECT * FROM kept', 'DROP TABLE kept')
        })
      }

      const keys = `${randomBytes(32).toString('base64')},${place.installation.masterKey}`
      const env = { POSTHORN_MASTER_KEY: keys, POSTHORN_LOG_LEVEL: 'info' }
      await t.test('has a rotation seal a planted key and a changed URL: both stay refused', async () => {
        const url = `'${receiver.url}${pair.own.path}'`
        await sql(`UPDATE endpoints SET url = ${url} WHERE id = '${pair.victim.endpoint}'`)
        const rotated = 'everything is sealed with the first master key'
        await up(async (client, output) => {
          await until(() => output().includes(rotated), 'the rotation has ended')
          await assertHidden(site, client)
        }, env)
      })

      await t.test(
        'removes the proof and every seal before a start, and puts the endpoints back after it: nothing opens',
        async () => {
          await sql(
            removeProof,
            `UPDATE api_keys SET seal = ''`,
            `UPDATE api_key_tenants SET seal = ''`,
            'CREATE TABLE kept AS SELECT * FROM endpoints',
            'DELETE FROM endpoints',
          )
          await up(undefined, env)
          await sql('INSERT INTO endpoints SELECT * FROM kept')
          await up((client) => assertHidden(site, client), env)
        },
      )
    })
  }
})
