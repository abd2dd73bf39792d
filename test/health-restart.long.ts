// The health of an endpoint outlives the node: since when the endpoint has failed (which decides when it is disabled),
// and that it is disabled.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOperatorClient, expectStatus, type OperatorClient } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { createInstallation, startServer } from './support/server-process.ts'
import { until } from './support/api-rig.ts'

const tenant = 'acme'

interface Shown {
  readonly enabled: boolean
  readonly disabledReason: string | null
  readonly health: { readonly status: string; readonly since: string | null }
}

test('a failing endpoint and a disabled one stay so after kill -9', { timeout: 60_000 }, async (t) => {
  const installation = await createInstallation()
  const answers = new Map([
    ['/failing', 500],
    ['/gone', 410],
  ])
  const receiver = await startReceiver({ behave: ({ path }) => ({ status: answers.get(path) ?? 200 }) })
  let server = await startServer(installation)
  let client = createOperatorClient(server.url, installation.operatorKey)
  t.after(async () => {
    await client.close()
    await server.kill('SIGKILL')
    await receiver.close()
    await installation.remove()
  })
  const restart = async (): Promise<void> => {
    await client.close()
    await server.kill('SIGKILL')
    server = await startServer(installation)
    client = createOperatorClient(server.url, installation.operatorKey)
  }
  await client.createTenant({ id: tenant, dialect: 'standard' })
  const failing = await client.createEndpoint(tenant, { url: `${receiver.url}/failing`, eventTypes: ['a'] })
  const gone = await client.createEndpoint(tenant, { url: `${receiver.url}/gone`, eventTypes: ['b'] })
  const post = async (type: string): Promise<void> => {
    expectStatus(await client.postEvent({ tenant, type, data: {} }), 202)
  }
  await post('a')
  await post('b')
  await until(async () => (await show(client, failing.id)).health.status === 'failing', 'the failure is recorded')
  await until(async () => !(await show(client, gone.id)).enabled, 'the endpoint that is gone is disabled')
  const before = [await show(client, failing.id), await show(client, gone.id)]
  assert.equal(before[1]?.disabledReason, 'gone')

  await restart()
  assert.deepEqual([await show(client, failing.id), await show(client, gone.id)], before)
  const sent = receiver.requests.length
  await post('b')
  await post('a')
  await receiver.untilReceived(sent + 1)
  await restart()
  assert.equal((await show(client, failing.id)).health.since, before[0]?.health.since, 'the streak did not continue')
  assert.equal(receiver.requests.filter(({ path }) => path === '/gone').length, 1)

  answers.set('/failing', 200)
  await post('a')
  await until(async () => (await show(client, failing.id)).health.status === 'healthy', 'the success is recorded')
})

async function show(client: OperatorClient, id: string): Promise<Shown> {
  return expectStatus(await client.call('GET', `/v1/tenants/${tenant}/endpoints/${id}`), 200) as Shown
}
