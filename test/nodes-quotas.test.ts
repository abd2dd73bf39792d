// A customer's quota holds over all nodes together: what one lets pass the others do not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { request } from 'undici'
import { startNodes } from './support/nodes.ts'
import { testDatabase } from './support/test-database.ts'

/** DialNexa's, in one minute. */
const quota = 150

void test('two nodes let a customer through as often as one would', { timeout: 90_000 }, async (t) => {
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
  // Within one window: it ends with the minute.
  const left = 60_000 - (Date.now() % 60_000)
  if (left < 20_000) await new Promise((resolve) => setTimeout(resolve, left + 100))
  const statuses: number[] = []
  for (let round = 0; round < 20; round++) {
    statuses.push(...(await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)))))
  }
  const passed = statuses.filter((status) => status === 200).length
  t.diagnostic(`${passed} of ${quota} passed`)
  assert.deepEqual(new Set(statuses), new Set([200, 429]))
  assert.ok(passed <= quota && passed >= 0.9 * quota, `${passed} passed`)
})
