// A node that serves fewer dialects than before: what was accepted for tenants of the others goes its way all the same.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOperatorClient, expectStatus } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { createInstallation, startServer } from './support/server-process.ts'

test('a dialect whose API is not served is delivered nonetheless', { timeout: 60_000 }, async (t) => {
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
  assert.equal(refused.status, 400, 'new tenants speak a dialect that is served')
})
