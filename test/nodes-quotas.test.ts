// A customer's quota is shared by all nodes: a request that one node admits counts on the other nodes too.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { request } from 'undici'
import { startNodes } from './support/nodes.ts'
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
  // All requests must be in one window. A window ends with the minute.
  const left = 60_000 - (Date.now() % 60_000)
  if (left < 10_000) await new Promise((resolve) => setTimeout(resolve, left + 100))
  const statuses: number[] = []
  for (let round = 0; round < 20; round++) {
    statuses.push(...(await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)))))
  }
  const passed = statuses.filter((status) => status === 200).length
  t.diagnostic(`${passed} requests passed, the quota is ${quota}`)
  assert.deepEqual(new Set(statuses), new Set([200, 429]))
  assert.ok(passed <= quota && passed >= 0.9 * quota, `${passed} passed`)
})
