// A program has full write access to the database of a real installation, and no master key. Each test is one way in
// which it tries to read a secret or a header value, to use a key that it may not use, to move a sealed value, or to
// redirect a delivery. After the way was tried and the server was started again, no answer to any of its keys contains
// a secret of the victim, and no request with anything of the victim arrives at the attacker's receiver.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { until } from './support/api-rig.ts'
import { deliver, makePair, type Pair, type PairOptions, spy } from './support/hostile-owner.ts'
import { createOperatorClient, expectStatus, type OperatorClient } from './support/operator-client.ts'
import { type Place, postgresPlace, sqlitePlace } from './support/place.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { type ServerProcess, startServer } from './support/server-process.ts'

interface Way extends PairOptions {
  readonly title: string
  /** Calls of the API before the server stops, for example by the victim. Returns further keys of the attacker. */
  readonly before?: (client: OperatorClient, pair: Pair) => Promise<readonly string[] | void>
  /** The endpoint of the victim must get nothing either. */
  readonly silent?: true
  /** Statements that are valid on both databases. */
  readonly attack: (pair: Pair) => readonly string[]
}

const keyColumns = 'dialect, scopes, role, name, hint, created_at'
const endpointColumns = `event_types, filters, description, enabled, disabled_reason, created_at, updated_at`

/** A copy of the row of a real key, with another hash. */
function plantedKey({ planted, victim }: Pair, seal: string): string {
  return `INSERT INTO api_keys (id, hash, seal, ${keyColumns})
    SELECT '${planted.api.slice(0, 20)}', '${planted.hashOf(planted.api)}', ${seal}, ${keyColumns}
    FROM api_keys WHERE id = '${victim.keyId}'`
}

function plantedGrant({ planted, victim }: Pair, seal: string): string {
  return `INSERT INTO api_key_tenants (tenant, api_key, seal)
    SELECT tenant, '${planted.api.slice(0, 20)}', ${seal} FROM api_key_tenants WHERE api_key = '${victim.keyId}'`
}

function plantedOperatorKey({ planted }: Pair, seal: string): string {
  return `INSERT INTO operator_keys (id, hash, name, role, hint, created_at, seal)
    VALUES ('${planted.operator.slice(0, 20)}', '${planted.hashOf(planted.operator)}', 'mine', 'admin', 'mine', 1, ${seal})`
}

async function operatorKey(client: OperatorClient, fields: object): Promise<readonly string[]> {
  const answer = await client.call('POST', '/v1/operator-keys', { name: 'of the attacker', ...fields })
  const { id, key } = expectStatus(answer, 201) as { id: string; key: string }
  return [key, id]
}

const set = (table: string, column: string, value: string, id: string): string =>
  `UPDATE ${table} SET ${column} = ${value} WHERE id = '${id}'`
const of = (column: string, endpoint: string): string => `(SELECT ${column} FROM endpoints WHERE id = '${endpoint}')`

const ways: readonly Way[] = [
  // Keys
  { title: 'an API key is inserted', attack: (pair) => [plantedKey(pair, `''`), plantedGrant(pair, `''`)] },
  {
    title: 'an API key is inserted with the seals of a real one',
    attack: (pair) => [plantedKey(pair, 'seal'), plantedGrant(pair, 'seal')],
  },
  {
    title: 'the hash of a known key is put into the row of a real API key',
    attack: ({ planted, victim }) => [set('api_keys', 'hash', `'${planted.hashOf(planted.api)}'`, victim.keyId)],
  },
  {
    title: 'the rows of two API keys change their hashes',
    attack: ({ victim, own, planted }) => [
      `UPDATE api_keys SET hash = '${planted.hashOf(`${own.key} away`)}' WHERE id = '${own.keyId}'`,
      `UPDATE api_keys SET hash = '${planted.hashOf(own.key)}' WHERE id = '${victim.keyId}'`,
    ],
  },
  {
    title: 'an API key of the attacker gets the tenant of the victim',
    attack: ({ victim, own }) => [`INSERT INTO api_key_tenants VALUES ('${victim.tenant}', '${own.keyId}', '')`],
  },
  {
    title: 'an API key of the attacker gets the tenant of the victim, with the seal that grants it to another key',
    attack: ({ victim, own }) => [
      `INSERT INTO api_key_tenants (tenant, api_key, seal)
       SELECT tenant, '${own.keyId}', seal FROM api_key_tenants WHERE api_key = '${victim.keyId}'`,
    ],
  },
  {
    title: 'the tenant of an API key is replaced by another one',
    attack: ({ victim, own }) => [
      `UPDATE api_key_tenants SET tenant = '${victim.tenant}' WHERE api_key = '${own.keyId}'`,
    ],
  },
  {
    title: 'an API key of the attacker takes the id of a key of the victim',
    attack: ({ victim, own }) => [
      set('api_keys', 'id', `'away ${victim.keyId}'`, victim.keyId),
      set('api_keys', 'id', `'${victim.keyId}'`, own.keyId),
    ],
  },
  {
    title: 'the scopes of an API key of the victim are widened',
    before: (client, { victim }) => limitedKey(client, victim.tenant),
    attack: ({ victim }) => [
      `UPDATE api_keys SET scopes = '["read","write","secrets"]' WHERE scopes = '["read"]' AND id IN
        (SELECT api_key FROM api_key_tenants WHERE tenant = '${victim.tenant}')`,
    ],
  },
  {
    title: 'the role of an API key of the victim is changed',
    dialect: 'partoo',
    before: async (client, { victim }) => [
      (await client.createKey({ tenants: [victim.tenant], role: 'PUBLISHER' })).key,
    ],
    attack: ({ victim }) => [
      `UPDATE api_keys SET role = (SELECT role FROM api_keys WHERE id = '${victim.keyId}')
       WHERE id IN (SELECT api_key FROM api_key_tenants WHERE tenant = '${victim.tenant}')`,
    ],
  },
  {
    title: 'the dialect of an API key is changed, so that it may call another API',
    dialect: 'allo',
    before: async (client, { victim }) => [(await client.createKey({ tenants: [victim.tenant], scopes: [] })).key],
    attack: ({ victim }) => [
      `UPDATE tenants SET dialect = 'standard' WHERE id = '${victim.tenant}'`,
      `UPDATE api_keys SET dialect = 'standard', scopes = '["read","write","secrets"]'
       WHERE id IN (SELECT api_key FROM api_key_tenants WHERE tenant = '${victim.tenant}')`,
    ],
  },
  {
    title: 'a revoked API key is revived',
    before: async (client, { victim }) => {
      const { id, key } = await client.createKey({ tenants: [victim.tenant] })
      expectStatus(await client.call('DELETE', `/v1/keys/${id}`), 204)
      return [key]
    },
    attack: ({ victim }) => [
      `UPDATE api_keys SET revoked_at = NULL
       WHERE id IN (SELECT api_key FROM api_key_tenants WHERE tenant = '${victim.tenant}')`,
    ],
  },
  {
    title: 'a revoked API key is revived with the seal of another one',
    before: async (client, { victim }) => {
      const { id, key } = await client.createKey({ tenants: [victim.tenant] })
      expectStatus(await client.call('DELETE', `/v1/keys/${id}`), 204)
      return [key]
    },
    attack: ({ victim }) => [
      `UPDATE api_keys SET revoked_at = NULL, seal = (SELECT seal FROM api_keys WHERE id = '${victim.keyId}')
       WHERE id IN (SELECT api_key FROM api_key_tenants WHERE tenant = '${victim.tenant}')`,
    ],
  },

  // Operator keys
  { title: 'an operator key is inserted', attack: (pair) => [plantedOperatorKey(pair, `''`)] },
  {
    title: 'an operator key is inserted with the seal of a real one',
    before: async (client) => void (await operatorKey(client, { role: 'admin' })),
    attack: (pair) => [
      plantedOperatorKey(pair, `(SELECT seal FROM operator_keys WHERE role = 'admin' AND seal <> '' LIMIT 1)`),
    ],
  },
  {
    title: 'an operator key is inserted with the seal of an API key',
    attack: (pair) => [plantedOperatorKey(pair, `(SELECT seal FROM api_keys WHERE id = '${pair.victim.keyId}')`)],
  },
  {
    title: 'the role of an operator key is changed',
    before: async (client) => (await operatorKey(client, { role: 'publish', name: 'role' })).slice(0, 1),
    attack: () => [`UPDATE operator_keys SET role = 'admin' WHERE name = 'role'`],
  },
  {
    title: 'the end of an operator key is removed',
    before: async (client) => {
      const [key = '', id = ''] = await operatorKey(client, { role: 'admin', name: 'end' })
      const past = { expiresAt: '2020-01-01T00:00:00Z' }
      expectStatus(await client.call('PATCH', `/v1/operator-keys/${id}`, past), 200)
      return [key]
    },
    attack: () => [`UPDATE operator_keys SET expires_at = NULL WHERE name = 'end'`],
  },

  // Sealed values
  {
    title: 'an endpoint is moved to another tenant',
    attack: ({ victim, own }) => [set('endpoints', 'tenant', `'${own.tenant}'`, victim.endpoint)],
  },
  {
    title: 'an endpoint of the attacker gets the sealed secrets of another one',
    attack: ({ victim, own }) => [
      set('endpoints', 'sealed_secrets', of('sealed_secrets', victim.endpoint), own.endpoint),
    ],
  },
  {
    title: 'an endpoint of the attacker gets the sealed headers of another one',
    attack: ({ victim, own }) => [
      set('endpoints', 'sealed_headers', of('sealed_headers', victim.endpoint), own.endpoint),
    ],
  },
  {
    title: 'the sealed secrets are put into the column of the headers',
    before: (client, { victim }) => limitedKey(client, victim.tenant),
    attack: ({ victim }) => [set('endpoints', 'sealed_headers', 'sealed_secrets', victim.endpoint)],
  },
  {
    title: 'an endpoint of the attacker gets the number and the sealed values of another one',
    attack: ({ victim, own }) => [
      set('endpoints', 'key', '-1 - key', victim.endpoint),
      set('endpoints', 'key', `-1 - ${of('key', victim.endpoint)}`, own.endpoint),
      set('endpoints', 'sealed_secrets', of('sealed_secrets', victim.endpoint), own.endpoint),
      set('endpoints', 'sealed_headers', of('sealed_headers', victim.endpoint), own.endpoint),
    ],
  },
  {
    title: 'the tenant of the victim takes the id of the tenant of the attacker',
    attack: ({ victim, own }) => [
      set('tenants', 'id', `'away-${own.tenant}'`, own.tenant),
      set('tenants', 'id', `'${own.tenant}'`, victim.tenant),
      `UPDATE endpoints SET tenant = '${own.tenant}' WHERE id = '${victim.endpoint}'`,
    ],
  },
  {
    title: 'an answer that is stored for an Idempotency-Key is given to another API key',
    dialect: 'allo',
    before: async (client, { victim }) => {
      const headers = { authorization: `Api-Key ${victim.key}`, 'idempotency-key': victim.tenant }
      const body = { url: 'https://example.com/stored', topics: ['call.answered'] }
      const stored = expectStatus(await client.callAs(headers, 'POST', '/v2/api/webhooks', body), 201)
      victim.secrets.push((stored as { data: { signing_secret: string } }).data.signing_secret)
    },
    attack: ({ victim, own }) => [
      `UPDATE idempotent_answers SET api_key = '${own.keyId}' WHERE idempotency_key = '${victim.tenant}'`,
    ],
  },

  // Deliveries
  {
    title: 'the URL of an endpoint is changed',
    attack: ({ victim, own }) => [set('endpoints', 'url', of('url', own.endpoint), victim.endpoint)],
  },
  {
    title: 'the URL and the sealed values are those of an endpoint of the attacker',
    attack: ({ victim, own }) =>
      ['url', 'sealed_secrets', 'sealed_headers'].map((column) =>
        set('endpoints', column, of(column, own.endpoint), victim.endpoint),
      ),
  },
  {
    title: 'an endpoint is inserted into the tenant of the victim',
    attack: ({ victim, own }) => [
      `INSERT INTO endpoints (key, id, tenant, url, sealed_secrets, sealed_headers, ${endpointColumns})
       SELECT key + 1000000, id, '${victim.tenant}', url, sealed_secrets, sealed_headers, ${endpointColumns}
       FROM endpoints WHERE id = '${own.endpoint}'`,
      `INSERT INTO endpoint_status (endpoint) SELECT key FROM endpoints WHERE key >= 1000000 AND id = '${own.endpoint}'`,
    ],
  },
  {
    title: 'an endpoint of the attacker is moved to the tenant of the victim',
    attack: ({ victim, own }) => [set('endpoints', 'tenant', `'${victim.tenant}'`, own.endpoint)],
  },
  {
    title: 'the event types and filters of an endpoint are changed',
    silent: true,
    attack: ({ victim }) => [
      set('endpoints', 'event_types', `'["*"]'`, victim.endpoint),
      set('endpoints', 'filters', `'{}'`, victim.endpoint),
    ],
  },
  {
    title: 'the details of an endpoint are changed',
    silent: true,
    attack: ({ victim }) => [set('endpoints', 'details', `'{"scope":"user"}'`, victim.endpoint)],
  },
  {
    title: 'the dialect of a tenant is changed, so that its secret signs in another way',
    dialect: 'allo',
    silent: true,
    attack: ({ victim }) => [set('tenants', 'dialect', `'standard'`, victim.tenant)],
  },
  {
    title: 'a deleted endpoint is revived',
    silent: true,
    before: async (client, { victim }) => {
      expectStatus(await client.call('DELETE', `/v1/tenants/${victim.tenant}/endpoints/${victim.endpoint}`), 204)
    },
    attack: ({ victim, own }) => [
      `UPDATE endpoints SET deleted_at = NULL, enabled = (SELECT enabled FROM endpoints WHERE id = '${own.endpoint}')
       WHERE id = '${victim.endpoint}'`,
    ],
  },
  {
    title: 'a delivery that waits is given to an endpoint of another tenant',
    before: (client, pair) => leaveWaiting(client, pair),
    attack: ({ victim, own }) => [
      `UPDATE deliveries SET due_at = 0, endpoint = ${of('key', own.endpoint)} WHERE status = 0
       AND endpoint = ${of('key', victim.endpoint)}`,
      `UPDATE endpoint_status SET next_due_at = 0 WHERE endpoint = ${of('key', own.endpoint)}`,
    ],
  },
]

async function limitedKey(client: OperatorClient, tenant: string): Promise<readonly string[]> {
  return [(await client.createKey({ tenants: [tenant], scopes: ['read'] })).key]
}

/** The receiver refuses the events of this type: their deliveries wait for a retry. */
const refusedType = 'thing.refused'

async function leaveWaiting(client: OperatorClient, { victim }: Pair): Promise<void> {
  const path = `/v1/tenants/${victim.tenant}/endpoints/${victim.endpoint}`
  expectStatus(await client.call('PATCH', path, { eventTypes: ['*'] }), 200)
  const data = { of: victim.tenant }
  expectStatus(await client.postEvent({ tenant: victim.tenant, type: refusedType, data }), 202)
  const waits = async () => {
    const [delivery] = await client.listDeliveries({ tenant: victim.tenant })
    return (delivery as unknown as { attempts: number } | undefined)?.attempts === 1
  }
  await until(waits, 'the delivery waits for a retry')
}

interface Running {
  readonly server: ServerProcess
  readonly client: OperatorClient
}

async function start(place: Place): Promise<Running> {
  const server = await startServer(place.installation, place.env)
  return { server, client: createOperatorClient(server.url, place.installation.operatorKey) }
}

async function stop({ server, client }: Running): Promise<void> {
  await client.close()
  await server.stop()
}

/** Nothing of the victim may arrive at the attacker's path. */
function assertNotRedirected({ requests }: Receiver, { victim, own }: Pair): void {
  const arrived = requests.filter(({ path }) => path === own.path)
  const stolen = arrived.filter(({ headers, body }) => {
    const text = JSON.stringify(headers) + body.toString()
    return [victim.tenant, ...victim.secrets].some((secret) => text.includes(secret))
  })
  assert.deepEqual(stolen, [])
}

async function tryAll(t: TestContext, place: Place): Promise<void> {
  const receiver = await startReceiver({ behave: ({ body }) => ({ status: body.includes(refusedType) ? 500 : 200 }) })
  t.after(() => receiver.close())
  let running = await start(place)
  t.after(() => running.server.kill('SIGKILL'))
  const pairs = await Promise.all(
    ways.map(async (way) => {
      const pair = await makePair(running.client, receiver, way)
      const keys = (await way.before?.(running.client, pair)) ?? []
      return { way, pair, keys: [pair.planted.api, pair.planted.operator, pair.own.key, ...keys] }
    }),
  )
  const control = await makePair(running.client, receiver, {})
  await stop(running)
  for (const { way, pair } of pairs) for (const statement of way.attack(pair)) await place.query(statement)
  running = await start(place)

  await t.test('control: the key and the endpoint of an untouched tenant work', async () => {
    const seen = await spy(running.client, control, [control.victim.key])
    for (const secret of control.victim.secrets) assert.ok(seen.includes(secret))
    await deliver(running.client, control, 'standard')
    await until(() => receiver.requests.some(({ path }) => path === control.victim.path), 'the delivery arrives')
  })

  await Promise.all(pairs.map(({ way, pair }) => deliver(running.client, pair, way.dialect)))
  const isQuiet = async () => (await running.client.listDeliveries({ status: 'pending' })).length === 0
  await until(isQuiet, 'every delivery has ended', 20_000)
  for (const { way, pair, keys } of pairs) {
    await t.test(way.title, async () => {
      const seen = await spy(running.client, pair, keys)
      for (const secret of pair.victim.secrets) assert.ok(!seen.includes(secret), `${secret} was shown: ${seen}`)
      assertNotRedirected(receiver, pair)
      if (way.silent) assert.ok(!receiver.requests.some(({ path }) => path === pair.victim.path))
    })
  }
  await t.test('the log and a metric say that rows were refused', async () => {
    assert.match(running.server.output(), /a row of the database was not written by Posthorn, or was changed/)
    const metrics = String((await running.client.call('GET', '/metrics')).body)
    assert.ok(Number(/^posthorn_unproved_rows_total (\d+)$/m.exec(metrics)?.[1]) >= ways.length / 2, metrics)
  })
  await stop(running)
}

suite('the owner of the database, without a master key,', { concurrency: 2 }, () => {
  test('SQLite', { timeout: 120_000 }, async (t) => tryAll(t, await sqlitePlace(t)))
  test('PostgreSQL', { timeout: 120_000 }, async (t) => tryAll(t, await postgresPlace(t)))
})
