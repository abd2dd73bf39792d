// A tenant whose endpoints are slow, or that is told to wait, delays no other tenant. Real receivers on sockets.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { eventType, fresh, startApiRig, until } from './support/api-rig.ts'
import { createOperatorClient, expectStatus } from './support/operator-client.ts'
import { type ReceivedRequest, startReceiver } from './support/receiver.ts'
import { createInstallation, startServer } from './support/server-process.ts'

const rig = await startApiRig()
after(() => rig.close())

test('260 endpoints of a tenant that answer after 19 s do not delay the delivery of another tenant', async (t) => {
  const slow = await startReceiver({ behave: () => ({ delayMs: 19_000 }), keep: false })
  t.after(() => slow.close())
  const [hostile, neighbour] = [await rig.tenant('standard'), await rig.tenant('standard')]
  const endpoint = await rig.endpoint(neighbour)
  for (let left = 260; left > 0; left--) await rig.endpoint(hostile, { url: `${slow.url}/${left}` })
  const events = Array.from({ length: 32 }, () => ({ tenant: hostile.id, type: eventType, data: {} }))
  await rig.want(202, { method: 'POST', path: '/v1/events/batch', body: { events } })
  await until(async () => (await attemptsInFlight()) >= 4096, 'the hostile tenant has all attempts that it may have')
  const postedAt = Date.now()
  await rig.event(neighbour)
  const [received] = await rig.received(endpoint.path, 1)
  const tookMs = (received as ReceivedRequest).receivedAt - postedAt
  t.diagnostic(`${tookMs} ms`)
  assert.ok(tookMs < 1000, `${tookMs} ms`)
  assert.equal(await attemptsInFlight(), 4096)
})

async function attemptsInFlight(): Promise<number> {
  const text = await (await fetch(`${rig.server.url}/metrics`)).text()
  return Number(/^posthorn_attempts_in_flight (\d+)$/m.exec(text)?.[1])
}

test('300 queued events wait as a 429 asks, through kill -9, and nothing is sent in between', async (t) => {
  const installation = await createInstallation()
  const env = { POSTHORN_RETRY_SCALE: '0.1' }
  let isBusy = true
  const receiver = await startReceiver({
    behave: () => (isBusy ? { status: 429, headers: { 'retry-after': '3' } } : {}),
  })
  let server = await startServer(installation, env)
  t.after(async () => {
    await server.kill('SIGKILL')
    await receiver.close()
    await installation.remove()
  })
  const client = createOperatorClient(server.url, installation.operatorKey)
  const tenant = fresh('tenant')
  await client.createTenant({ id: tenant, dialect: 'standard' })
  await client.createEndpoint(tenant, { url: receiver.url, eventTypes: ['*'] })
  const ids = Array.from({ length: 300 }, () => fresh('event'))
  const posts = ids.map((id) => client.postEvent({ tenant, type: 'a', id, data: {} }))
  for (const post of posts) expectStatus(await post, 202)
  await client.close()
  const [first] = await receiver.untilReceived(1)
  const openAt = (first as ReceivedRequest).receivedAt + 3000
  await server.kill('SIGKILL')
  const refused = receiver.requests.length
  isBusy = false
  server = await startServer(installation, env)
  const received = await receiver.untilReceived(refused + 300, 20_000)
  assert.ok(refused <= 16, `${refused} requests were refused`)
  const later = received.slice(refused)
  assert.ok(
    later.every(({ receivedAt }) => receivedAt >= openAt),
    'a request came before the time that the 429 named',
  )
  assert.deepEqual(new Set(later.map(({ headers }) => headers['webhook-id'])), new Set(ids))
})
