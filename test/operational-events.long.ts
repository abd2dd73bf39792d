// Operational events, from the failure of a customer's server to the operator's own server, on both databases.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { operationalEventTypes, systemTenant } from '../src/domain/operational-events.ts'
import { until } from './support/api-rig.ts'
import { listenToOperations } from './support/operations-listener.ts'
import { createOperatorClient, expectStatus } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { createInstallation, startServer } from './support/server-process.ts'
import { testDatabase } from './support/test-database.ts'

const acme = 'acme'
/** All ten attempts of `standard` within two seconds. */
const settings = { POSTHORN_RETRY_SCALE: '0.000005', POSTHORN_LOG_LEVEL: 'info' }

interface AuditPage {
  readonly data: readonly {
    readonly action: string
    readonly actor: { readonly kind: string }
    readonly object: { readonly id: string | null }
    readonly before: unknown
    readonly after: unknown
  }[]
}

void describe('the operator is told', () => {
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    void test(`of each change of state once, on ${database}`, { timeout: 60_000 }, async (t) => {
      const place = database === 'SQLite' ? null : await testDatabase()
      const installation = await createInstallation()
      const env = { ...settings, ...(place !== null && { POSTHORN_DATABASE: place.url }) }
      let server = await startServer(installation, env)
      let client = createOperatorClient(server.url, installation.operatorKey)
      const answers = new Map([
        ['/a', 503],
        ['/gone', 410],
        ['/broken', 500],
      ])
      const receiver = await startReceiver({ behave: ({ path }) => ({ status: answers.get(path) ?? 200 }) })
      t.after(async () => {
        await client.close()
        await server.kill('SIGKILL')
        await receiver.close()
        await installation.remove()
        await place?.drop()
      })
      await client.createTenant({ id: acme, dialect: 'standard' })
      const a = await client.createEndpoint(acme, { url: `${receiver.url}/a`, eventTypes: ['a'] })
      const gone = await client.createEndpoint(acme, { url: `${receiver.url}/gone`, eventTypes: ['g'] })
      assert.equal((await client.call('GET', `/v1/tenants/${systemTenant}`)).status, 404)
      const operations = await listenToOperations(client)
      t.after(() => operations.close())
      expectStatus(await client.call('GET', `/v1/tenants/${systemTenant}`), 200)
      // No endpoint is told of its failures.
      await client.createEndpoint(systemTenant, { url: `${receiver.url}/broken`, eventTypes: ['*'] })
      const post = async (type: string): Promise<void> => {
        expectStatus(await client.postEvent({ tenant: acme, type, data: {} }), 202)
      }
      const arrived = (type: string, count = 1): Promise<void> =>
        until(() => operations.of(type).length === count, `${count} times ${type}`)
      const about = { tenant: acme, dialect: 'standard', endpoint: a.id, leftOut: 0 }

      await post('a')
      await arrived('endpoint.failing')
      await arrived('delivery.exhausted')
      assert.partialDeepStrictEqual(operations.of('endpoint.failing')[0]?.data, { ...about, outcome: 'HTTP 503' })
      const end = { ...about, eventType: 'a', attempts: 10, reason: 'retries exhausted', outcome: 'HTTP 503' }
      assert.partialDeepStrictEqual(operations.of('delivery.exhausted')[0]?.data, end)

      answers.set('/a', 200)
      await post('a')
      await arrived('endpoint.recovered')
      await post('g')
      await arrived('endpoint.disabled')
      await arrived('delivery.exhausted', 2)
      const disabled = { tenant: acme, endpoint: gone.id, reason: 'gone', deleted: false, outcome: 'HTTP 410' }
      assert.partialDeepStrictEqual(operations.of('endpoint.disabled')[0]?.data, disabled)
      const audit = expectStatus(await client.call('GET', '/v1/audit?actor=posthorn'), 200) as AuditPage
      assert.partialDeepStrictEqual(audit.data, [
        {
          action: 'endpoint.change',
          actor: { kind: 'posthorn' },
          object: { id: gone.id },
          before: { enabled: true },
          after: { enabled: false, disabledReason: 'gone' },
        },
      ])

      const filter = { tenant: acme, endpoint: a.id, from: new Date(0).toISOString() }
      const replay = expectStatus(await client.call('POST', '/v1/replays', { filter }), 201) as { readonly id: string }
      await arrived('replay.finished')
      const done = { tenant: acme, replay: replay.id, state: 'done', total: 1, done: 1 }
      assert.partialDeepStrictEqual(operations.of('replay.finished')[0]?.data, done)

      const metrics = await (await fetch(`${server.url}/metrics`)).text()
      for (const [type, text] of [
        ['endpoint.failing', 'an endpoint is failing'],
        ['endpoint.recovered', 'an endpoint has recovered'],
        ['endpoint.disabled', 'an endpoint was disabled'],
        ['delivery.exhausted', 'a delivery has failed'],
        ['replay.finished', 'a replay has ended'],
      ] as const) {
        // The endpoint of the system tenant that fails is counted and logged too.
        const count = Number(new RegExp(`posthorn_changes_total\\{type="${type}"\\} (\\d+)`).exec(metrics)?.[1])
        const told = operations.of(type).length
        assert.ok(count >= told && count > 0, `${type}: ${count} of ${told}`)
        assert.ok(server.output().split(`"${text}"`).length - 1 >= count, text)
      }

      if (database === 'SQLite') {
        await client.close()
        await server.kill('SIGKILL')
        server = await startServer(installation, env)
        client = createOperatorClient(server.url, installation.operatorKey)
        await arrived('node.lost')
      }
      const testPath = `/v1/tenants/${systemTenant}/endpoints/${operations.endpoint.id}/test`
      expectStatus(await client.call('POST', testPath, { eventType: 'node.lost' }), 202)
      const lost = () => operations.of('node.lost').at(-1)?.data
      await until(() => lost()?.['node'] === operationalEventTypes['node.lost'].example.node, 'the example arrives')

      const types = operations.told().map(({ type }) => type)
      assert.equal(types.length, database === 'SQLite' ? 8 : 7, types.join(' '))
      for (const { data } of operations.told()) assert.notEqual(data['tenant'], systemTenant)
    })
  }
})
