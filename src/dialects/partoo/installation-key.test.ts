// The key pair survives a restart of the process: the same public key verifies deliveries before and after it.

import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { createOperatorClient } from '../../../test/support/operator-client.ts'
import { startReceiver } from '../../../test/support/receiver.ts'
import { createInstallation, startServer } from '../../../test/support/server-process.ts'

test('deliveries before and after a restart verify with the same public key', async () => {
  const installation = await createInstallation()
  const receiver = await startReceiver()
  const eventTypes = ['lead_received']
  const publicKeys = new Set<string>()
  try {
    for (const life of [1, 2]) {
      const server = await startServer(installation)
      const operator = createOperatorClient(server.url, installation.operatorKey)
      if (life === 1) {
        await operator.createTenant({ dialect: 'partoo', id: '42' })
        await operator.call('POST', '/v1/tenants/42/endpoints', { url: receiver.url, eventTypes })
      }
      const headers = { authorization: `Bearer ${installation.operatorKey}` }
      const answer = await fetch(`${server.url}/v1/dialects/partoo/public-key`, { headers })
      assert.equal(answer.headers.get('content-type'), 'application/x-pem-file')
      publicKeys.add(await answer.text())
      await operator.postEvent({ tenant: '42', type: 'lead_received', data: { life } })
      await receiver.untilReceived(life)
      await operator.close()
      await server.stop()
    }
    const [pem = '', ...others] = publicKeys
    assert.deepEqual(others, [])
    for (const { headers, body } of receiver.requests) {
      const signature = Buffer.from(String(headers['x-partoo-signature-v1']), 'base64')
      assert.ok(verify(null, body, createPublicKey(pem), signature))
    }
  } finally {
    await receiver.close()
    await installation.remove()
  }
})
