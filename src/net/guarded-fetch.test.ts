import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAddressPolicy } from './address-policy.ts'
import { answers, httpReceiver } from '../../test/support/net-receivers.ts'
import { createGuard } from './guard.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import type { Lookup } from './lookup.ts'

function fetchWith(lookup: Lookup, allowNetworks: readonly string[] = []) {
  const guardedFetch = createGuardedFetch(createGuard(createAddressPolicy({ allowNetworks }), { lookup }))
  return (url: string) => guardedFetch(url, { signal: AbortSignal.timeout(5000) })
}

void test('fetches from no address that a delivery may not reach', async (t) => {
  const canary = await httpReceiver(t, (_request, response) => response.end('{}'))
  for (const list of [['127.0.0.1'], ['10.0.0.1', '127.0.0.1'], ['::ffff:127.0.0.1']])
    await assert.rejects(fetchWith(answers(list))(`http://name.test:${canary.port}/`), (error: Error) => {
      assert.match(String(error.cause), /BlockedError/)
      return true
    })
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:7f00:1]'])
    await assert.rejects(fetchWith(answers(['127.0.0.1']))(`http://${host}:${canary.port}/`))
  assert.equal(canary.connections(), 0)
  const opened = fetchWith(answers(['127.0.0.1']), ['127.0.0.0/8'])
  assert.equal((await opened(`http://name.test:${canary.port}/`)).status, 200)
  assert.equal(canary.connections(), 1)
})

void test('follows no redirect', async (t) => {
  const canary = await httpReceiver(t, (_request, response) => response.end('{}'))
  const location = `http://127.0.0.1:${canary.port}/`
  const sender = await httpReceiver(t, (_request, response) => response.writeHead(302, { location }).end())
  const url = `http://127.0.0.1:${sender.port}/`
  await assert.rejects(fetchWith(answers(), ['127.0.0.0/8'])(url))
  assert.equal(canary.connections(), 0)
  await (await fetch(url)).text()
  assert.equal(canary.connections(), 1, 'a client that follows the redirect reaches its target')
})
