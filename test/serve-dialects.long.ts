// A node that serves fewer dialects than before still delivers events to tenants of the other dialects.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOperatorClient, expectStatus } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { createInstallation, startServer } from './support/server-process.ts'

test('events are delivered in a dialect whose API is not served', { timeout: 60_000 }, async (t) => {
  const installation = await createInstallation()
  let isUp = false
  const receiver = await startReceiver({ behave: () => ({ status: isUp ? 200 : 500 }) })
  const quick = { POSTHORN_RETRY_SCALE: '0.01' }
  let server = await startServer(installation, quick)
  t.after(async () => {
    await server.kill('SIGKILL')
    await receiver.close()
    await installation.remove()
  })
  const before = createOperatorClient(server.url, installation.operatorKey)
  await before.createTenant({ id: 'acme', dialect: 'allo' })
  await before.createEndpoint('acme', { url: receiver.url, eventTypes: ['call.received'] })
  const event = { tenant: 'acme', type: 'call.received', data: {} }
  expectStatus(await before.postEvent(event), 202)
  await receiver.untilReceived(1)
  await before.close()
  await server.stop()

  isUp = true
  server = await startServer(installation, { ...quick, POSTHORN_DIALECTS: 'standard' })
  const client = createOperatorClient(server.url, installation.operatorKey)
  t.after(() => client.close())
  await receiver.untilReceived(2)
  assert.equal((await fetch(`${server.url}/v2/api/webhooks`)).status, 404, 'Allo’s API is not served')
  expectStatus(await client.postEvent(event), 202)
  await receiver.untilReceived(3)
  const refused = await client.call('POST', '/v1/tenants', { id: 'other', dialect: 'allo' })
  assert.equal(refused.status, 400, 'a new tenant needs a dialect that is served')
})
