// Callers that try keys of the operator API are slowed down, and the operator is not.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits } from '../src/domain/limits.ts'
import { createInstallation, type Installation, type ServerProcess, startServer } from './support/server-process.ts'

let installation: Installation
let server: ServerProcess
let wrong = 0

before(async () => {
  installation = await createInstallation()
  server = await startServer(installation)
})
after(async () => {
  await server.stop()
  await installation.remove()
})

async function ask(address: string, key?: string) {
  const startedAt = performance.now()
  if (key === undefined) wrong += 1
  const headers = { authorization: `Bearer ${key ?? `a-wrong-key-${wrong}`}`, 'x-forwarded-for': address }
  const response = await fetch(`${server.url}/v1/tenants`, { headers })
  const { code } = (await response.json()) as { code?: string }
  const { status } = response
  return { status, code, ms: performance.now() - startedAt, retryAfter: response.headers.get('retry-after') }
}

test('after a few wrong keys of an address each takes a second, and past a bound they are answered 429', async () => {
  const attacker = '192.0.2.1'
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask(attacker)))
  const refused = answers.filter(({ status }) => status === 401).map(({ ms }) => ms)
  const waiting = limits.wrongKeyWaitMsMax / limits.wrongKeyMs
  assert.equal(refused.length, limits.wrongKeysAtOnce + waiting)
  assert.equal(refused.filter((ms) => ms > limits.wrongKeyMs * 0.9).length, waiting)
  assert.ok(Math.max(...refused) > limits.wrongKeyMs * (waiting - 0.5))
  const others = answers.filter(({ status }) => status !== 401)
  for (const { status, code, retryAfter } of others) {
    assert.deepEqual([status, code], [429, 'too_many_requests'])
    assert.ok(Number(retryAfter) >= limits.wrongKeyWaitMsMax / 1000)
  }
  const lines = server.output().split('\n')
  const logged = lines.filter((line) => line.includes('wrong keys at the operator API'))
  assert.equal(logged.length, 1, 'a series is logged once')
  assert.match(logged[0] ?? '', /"address":"192\.0\.2\.1"/)
})

test('the right key is not delayed, not even from an address that tries keys', async () => {
  const attacker = '192.0.2.2'
  const attack = Array.from({ length: 50 }, () => ask(attacker))
  await Promise.race(attack)
  for (let count = 0; count < 10; count++) {
    const { status, ms } = await ask(attacker, installation.operatorKey)
    assert.equal(status, 200)
    assert.ok(ms < limits.wrongKeyMs / 2, `${ms} ms`)
  }
  const { status, ms } = await ask('192.0.2.3')
  assert.equal(status, 401)
  assert.ok(ms < limits.wrongKeyMs / 2, 'another address is not slowed down')
  await Promise.all(attack)
})

test('the addresses of an IPv6 network count together', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(`2001:db8::${index + 1}`)))
  assert.ok(answers.some(({ status }) => status === 429))
})

test('wrong keys are counted in the metrics', async () => {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  assert.match(text, new RegExp(`^posthorn_wrong_keys_total ${wrong}$`, 'm'))
})
