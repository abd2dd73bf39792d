// A stop while receivers and callers hang. test/crash/stop.long.ts tests a stop under load.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createOperatorClient, type OperatorClient } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { createInstallation, startServer } from './support/server-process.ts'

async function register(client: OperatorClient, url: string, types: readonly string[]): Promise<void> {
  const answer = await client.call('POST', '/v1/tenants/acme/endpoints', { url, eventTypes: types })
  assert.equal(answer.status, 201)
}

test('neither a receiver that hangs nor a caller that never ends its request delays the stop', async (t) => {
  const installation = await createInstallation()
  const receiver = await startReceiver({ behave: () => ({ hang: true }) })
  const server = await startServer(installation)
  t.after(async () => {
    await server.kill('SIGKILL')
    await receiver.close()
    await installation.remove()
  })
  const client = createOperatorClient(server.url, installation.operatorKey)
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  await register(client, `${receiver.url}/a`, ['*'])
  await client.postEvent({ tenant: 'acme', type: 'a', data: {} })
  await receiver.untilReceived(1)

  const caller = connect(server.port, '127.0.0.1')
  t.after(() => caller.destroy())
  caller.on('error', () => undefined)
  await once(caller, 'connect')
  const key = `authorization: Bearer ${installation.operatorKey}`
  caller.write(
    `POST /v1/events HTTP/1.1\r\nhost: x\r\n${key}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{`,
  )
  await sleep(100)

  const startedAt = Date.now()
  await server.stop()
  const stopMs = Date.now() - startedAt
  assert.ok(stopMs > 8_000 && stopMs < 12_000, `${stopMs} ms`)
  await client.close()
})
