// Rows are damaged in the database of a real server: the deliveries that depend on them fail with a reason, and other
// deliveries are not affected.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test, type TestContext } from 'node:test'
import { createOperatorClient, type Endpoint, expectStatus, type OperatorClient } from './support/operator-client.ts'
import { until } from './support/api-rig.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { createInstallation, type ServerProcess, startServer } from './support/server-process.ts'
import { testDatabase } from './support/test-database.ts'

interface Delivery {
  readonly event: string
  readonly endpoint: string
  readonly status: string
  readonly reason: string | null
  readonly attempts: number
}

interface Place {
  readonly receiver: Receiver
  readonly client: () => OperatorClient
  /** Stops the server, runs the statements on its database, and starts it again. */
  damage(statements: readonly string[]): Promise<void>
}

/** The waits of the schedule are divided by 100: the first wait is 50 ms instead of 5 s. */
const retryScale = '0.01'
const events = 20
const databases = ['SQLite', 'PostgreSQL'] as const

void suite('damaged rows in the database', { concurrency: 2 }, () => {
  for (const database of databases) {
    void test(`fail their own deliveries and no others, on ${database}`, { timeout: 60_000 }, async (t) => {
      let isUp = false
      const place = await open(t, database, () => (isUp ? 200 : 500))
      const url = (path: string): string => `${place.receiver.url}${path}`
      const client = place.client()
      for (const id of ['acme', 'neighbour']) await client.createTenant({ id, dialect: 'standard' })
      const good = await client.createEndpoint('acme', { url: url('/good'), eventTypes: ['a'] })
      const badSecrets = await client.createEndpoint('acme', { url: url('/bad-secrets'), eventTypes: ['a'] })
      const badTypes = await client.createEndpoint('acme', { url: url('/bad-types'), eventTypes: ['a'] })
      const beside = await client.createEndpoint('neighbour', { url: url('/beside'), eventTypes: ['a'] })
      for (let n = 0; n < events; n++) {
        for (const tenant of ['acme', 'neighbour']) {
          await client.postEvent({ tenant, type: 'a', data: {}, id: `${tenant}-${n}`, attributes: { n: String(n) } })
        }
      }
      await until(() => place.receiver.requests.length >= 4 * events, 'every delivery was attempted')

      await place.damage([
        `UPDATE events SET attributes = '{' WHERE id = 'acme-7'`,
        `UPDATE endpoints SET sealed_secrets = 'v1.00000000.AAAA' WHERE id = '${badSecrets.id}'`,
        `UPDATE endpoints SET event_types = '[' WHERE id = '${badTypes.id}'`,
      ])
      isUp = true
      const list = async (endpoint: Endpoint): Promise<readonly Delivery[]> =>
        (await place.client().listDeliveries({
          tenant: endpoint.tenant,
          endpoint: endpoint.id,
          limit: '250',
        })) as unknown as readonly Delivery[]
      const ends = async (endpoint: Endpoint): Promise<string[]> => {
        const ended = async () => (await list(endpoint)).every(({ status }) => status !== 'pending')
        await until(ended, 'no delivery is pending')
        return (await list(endpoint)).map(({ status, reason }) => `${status}: ${reason}`)
      }
      const allOf = (end: string, count = events): string[] => Array.from({ length: count }, () => end)
      const delivered = 'delivered: null'
      assert.deepEqual(await ends(beside), allOf(delivered))
      assert.deepEqual((await ends(good)).toSorted(), [...allOf(delivered, events - 1), 'failed: event unreadable'])
      for (const bad of [badSecrets, badTypes]) {
        assert.deepEqual(
          (await ends(bad)).toSorted(),
          ['failed: event unreadable', ...allOf('failed: endpoint unreadable', events - 1)].toSorted(),
        )
      }

      // A new event is delivered, and the API shows and changes the endpoints.
      const again = place.client()
      expectStatus(await again.postEvent({ tenant: 'acme', type: 'a', data: {}, id: 'now' }), 202)
      await until(
        async () => (await list(good)).some((row) => row.event === 'now' && row.status === 'delivered'),
        'the new event is delivered',
      )
      expectStatus(await again.call('GET', '/v1/events?tenant=acme'), 200)
      const endpoints = '/v1/tenants/acme/endpoints'
      const shown = expectStatus(await again.call('GET', endpoints), 200) as {
        data: { id: string; health: { status: string } }[]
      }
      assert.deepEqual(
        new Set(shown.data.filter(({ health }) => health.status === 'failing').map(({ id }) => id)),
        new Set([badSecrets.id, badTypes.id]),
      )
      expectStatus(await again.call('PATCH', `${endpoints}/${badSecrets.id}`, { description: 'x' }), 409)
      expectStatus(await again.call('DELETE', `${endpoints}/${badSecrets.id}`), 204)
    })
  }
})

async function open(t: TestContext, database: 'SQLite' | 'PostgreSQL', status: () => number): Promise<Place> {
  const installation = await createInstallation()
  const postgres = database === 'PostgreSQL' ? await testDatabase() : null
  const env = { POSTHORN_RETRY_SCALE: retryScale, ...(postgres !== null && { POSTHORN_DATABASE: postgres.url }) }
  const receiver = await startReceiver({ behave: () => ({ status: status() }) })
  let server: ServerProcess
  let client: OperatorClient
  const start = async (): Promise<void> => {
    server = await startServer(installation, env)
    client = createOperatorClient(server.url, installation.operatorKey)
  }
  const end = async (): Promise<void> => {
    await client.close()
    await server.stop()
  }
  await start()
  t.after(async () => {
    await end()
    await receiver.close()
    await postgres?.drop()
    await installation.remove()
  })
  return {
    receiver,
    client: () => client,
    async damage(statements) {
      await end()
      for (const statement of statements) {
        if (postgres !== null) await postgres.run(statement)
        else runOnFile(join(installation.folder, 'posthorn.db'), statement)
      }
      await start()
    },
  }
}

function runOnFile(path: string, statement: string): void {
  const database = new DatabaseSync(path)
  database.exec(statement)
  database.close()
}
