// Stopping: SIGTERM under load ends the process in time and with 0, and the next start delivers all that was accepted.

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

test('SIGTERM under load: exit code 0 within 10 s, and after a restart nothing accepted is missing', async (t) => {
  const installation = await createInstallation()
  const arrived = new Set<string>()
  // Slow enough that much is queued and under way when the signal comes.
  const receiver = await startReceiver({
    keep: false,
    behave: (request) => {
      arrived.add(String(request.headers['webhook-id']))
      return { delayMs: 50 }
    },
  })
  let server = await startServer(installation)
  t.after(async () => {
    await server.kill('SIGKILL')
    await receiver.close()
    await installation.remove()
  })
  const client = createOperatorClient(server.url, installation.operatorKey)
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  await register(client, `${receiver.url}/a`, ['*'])

  const accepted: string[] = []
  let posted = 0
  let broken = false
  const post = async (): Promise<void> => {
    while (!broken) {
      const id = `e${++posted}`
      const answer = await client.postEvent({ tenant: 'acme', type: 'a', data: {}, id }).catch(() => null)
      if (answer?.status === 202) accepted.push(id)
      broken ||= answer === null
    }
  }
  const posting = Array.from({ length: 8 }, post)
  await sleep(700)
  const startedAt = Date.now()
  await server.stop()
  assert.ok(Date.now() - startedAt < 10_000)
  await Promise.all(posting)
  await client.close()
  assert.ok(accepted.length > arrived.size, 'some were waiting')

  server = await startServer(installation)
  const giveUpAt = Date.now() + 30_000
  while (accepted.some((id) => !arrived.has(id)) && Date.now() < giveUpAt) await sleep(50)
  assert.deepEqual(
    accepted.filter((id) => !arrived.has(id)),
    [],
  )
})

test('neither a receiver that hangs nor a caller that never ends its request holds up the stop', async (t) => {
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
