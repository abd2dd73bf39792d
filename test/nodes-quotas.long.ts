// A customer's quota is shared by all nodes: a request that one node admits counts on the other nodes too. All nodes
// have the same marker.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { request } from 'undici'
import { startNodes } from './support/nodes.ts'
import { startReceiver } from './support/receiver.ts'
import { testDatabase } from './support/test-database.ts'

/** DialNexa's quota: requests per minute. */
const quota = 150

void test('two nodes admit as many requests of a customer as one node would', { timeout: 90_000 }, async (t) => {
  const database = await testDatabase()
  t.after(() => database.drop())
  const nodes = await startNodes(2, database.url, { POSTHORN_RATE_LIMITS: 'on' })
  t.after(() => nodes.close())
  const operator = nodes.at(0).client
  await operator.createTenant({ id: 'quota', dialect: 'dialnexa' })
  const { key } = await operator.createKey({ tenants: ['quota'] })
  const ask = async (index: number): Promise<number> => {
    const { url } = nodes.at(index % 2).server
    const { statusCode, body } = await request(`${url}/v1/user-webhooks`, {
      headers: { authorization: `Bearer ${key}` },
    })
    await body.dump()
    return statusCode
  }
  await untilMinuteHasTime()
  const statuses: number[] = []
  for (let round = 0; round < 20; round++) {
    statuses.push(...(await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)))))
  }
  const passed = statuses.filter((status) => status === 200).length
  t.diagnostic(`${passed} requests passed, the quota is ${quota}`)
  assert.deepEqual(new Set(statuses), new Set([200, 429]))
  assert.ok(passed <= quota && passed >= 0.9 * quota, `${passed} passed`)
})

void test('test events of a customer count on all nodes, and a node recognises the deliveries of another', async (t) => {
  const database = await testDatabase()
  t.after(() => database.drop())
  const limit = 10
  const settings = { POSTHORN_RATE_LIMITS: 'on', POSTHORN_TENANT_TEST_LIMIT: String(limit) }
  const nodes = await startNodes(2, database.url, settings)
  t.after(() => nodes.close())
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const [first, second] = [nodes.at(0), nodes.at(1)]
  await first.client.createTenant({ id: 'tested', dialect: 'standard' })
  const { id } = await first.client.createEndpoint('tested', { url: receiver.url, eventTypes: ['*'] })
  const { key } = await first.client.createKey({ tenants: ['tested'] })
  const path = `/v1/tenants/tested/endpoints/${id}/test`
  const authorization = `Bearer ${key}`
  await untilMinuteHasTime()
  const statuses: number[] = []
  for (let sent = 0; sent < 2 * limit; sent++) {
    const { client } = nodes.at(sent % 2)
    statuses.push((await client.callAs({ authorization }, 'POST', path)).status)
  }
  assert.deepEqual(new Set(statuses), new Set([202, 429]))
  const passed = statuses.filter((status) => status === 202).length
  assert.ok(passed <= limit && passed >= 0.8 * limit, `${passed} passed`)

  const arrived = await receiver.untilReceived(passed)
  const markers = new Set(arrived.map(({ headers }) => String(headers['posthorn-delivery'])))
  assert.equal(markers.size, 1)
  for (const { client } of [first, second]) {
    const headers = { authorization, 'posthorn-delivery': [...markers].join() }
    assert.equal((await client.callAs(headers, 'POST', path)).status, 508)
  }
})

/** All requests of a test must be in one window. A window ends with the minute. */
async function untilMinuteHasTime(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000)
  if (left < 10_000) await sleep(left + 100)
}
