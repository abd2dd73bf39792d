// Nodes with one role each: one node accepts events, another delivers them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Node, startNodes } from './support/nodes.ts'
import type { OperatorClient } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { testDatabase } from './support/test-database.ts'

const events = 200
const pauseMs = 20
const latencyMsMax = 100

async function answers(node: Node, paths: readonly string[]): Promise<Record<string, number>> {
  const statuses = paths.map(async (path) => [path, (await node.client.call('GET', path)).status] as const)
  return Object.fromEntries(await Promise.all(statuses))
}

/** Sends a test through Storno's API, whose response has the outcome of the test. */
async function testAtOnce(client: OperatorClient, url: string): Promise<void> {
  const { id: company } = await client.createTenant({ dialect: 'storno' })
  const { key } = await client.createKey({ tenants: [company] })
  const { id } = await client.createEndpoint(company, { url, eventTypes: ['invoice.paid'] })
  const headers = { authorization: `Bearer ${key}`, 'x-company': company }
  const { status, body } = await client.callAs(headers, 'POST', `/api/v1/webhooks/${id}/test`, {})
  assert.deepEqual([status, (body as { status: string }).status], [200, 'success'])
}

test('an api node accepts events and a worker delivers them without delay', { timeout: 60_000 }, async (t) => {
  const database = await testDatabase()
  t.after(() => database.drop())
  const arrivedAt = new Map<string, number>()
  const receiver = await startReceiver({
    behave: (request) => {
      arrivedAt.set(String(request.headers['webhook-id']), request.receivedAt)
      return {}
    },
  })
  t.after(() => receiver.close())
  const nodes = await startNodes(1, database.url, { POSTHORN_ROLE: 'api' })
  t.after(() => nodes.close())
  const { client } = nodes.at(0)
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  await client.createEndpoint('acme', { url: receiver.url, eventTypes: ['*'] })

  const post = async (): Promise<{ id: string; at: number }> => {
    const answer = await client.postEvent({ tenant: 'acme', type: 'a', data: {} })
    assert.equal(answer.status, 202)
    return { id: (answer.body as { id: string }).id, at: Date.now() }
  }
  await Promise.all(Array.from({ length: 10 }, post))
  await sleep(1_000)
  assert.equal(receiver.requests.length, 0, 'an api node sends no deliveries')
  await testAtOnce(client, receiver.url)
  assert.equal(receiver.requests.length, 1, 'an api node sends a test whose response needs the outcome')

  const worker = await nodes.add({ POSTHORN_ROLE: 'worker' })
  await receiver.untilReceived(11)
  const latencies: number[] = []
  for (let index = 0; index < events; index++) {
    const { id: event, at } = await post()
    await sleep(pauseMs)
    while (!arrivedAt.has(event)) await sleep(5)
    latencies.push((arrivedAt.get(event) ?? 0) - at)
  }
  const [median, p99] = [0.5, 0.99].map((share) => latencies.toSorted((a, b) => a - b)[Math.floor(events * share)])
  t.diagnostic(`from the 202 to the arrival: median ${median} ms, p99 ${p99} ms, ${events} events`)
  assert.ok((median ?? latencyMsMax) < latencyMsMax)

  const well = { '/healthz': 200, '/readyz': 200, '/metrics': 200 }
  const apis = ['/v1/tenants', '/v1/events', '/v2/api/webhooks', '/openapi.json', '/docs']
  const closed = Object.fromEntries(apis.map((path) => [path, 404]))
  assert.deepEqual(await answers(worker, [...Object.keys(well), ...apis]), { ...well, ...closed })
  assert.deepEqual(await answers(nodes.at(0), Object.keys(well)), well)

  await Promise.all(nodes.all.map(({ server }) => server.stop()))
})
