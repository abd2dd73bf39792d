// A host for library-host.long.ts: publishes events for a receiver while the thread of its database dies. It prints a line
// of JSON with its view of things, and ends by itself.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { Settings } from 'typebox/system'
import { createPosthorn, PosthornError } from '../../src/library/index.ts'
import { startReceiver } from '../support/receiver.ts'

const [folder = ''] = process.argv.slice(2)
const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection', 'exit', 'warning']
const listeners = (): readonly number[] => names.map((name) => process.listenerCount(name))
const before = { listeners: listeners(), errors: Settings.Get().maxErrors }

const operatorKey = randomBytes(30).toString('base64url')
const lines: string[] = []
const receiver = await startReceiver()
const posthorn = await createPosthorn({
  database: `sqlite:${folder}/posthorn.db`,
  masterKey: randomBytes(32).toString('base64'),
  operatorKey,
  allowHttp: true,
  allowNetworks: ['127.0.0.0/8'],
  logger: pino({ level: 'error' }, { write: (line) => void lines.push(line) }),
})
await posthorn.start()
const tenant = 'customer'
await post('/v1/tenants', { id: tenant, dialect: 'standard' })
await post(`/v1/tenants/${tenant}/endpoints`, { url: `${receiver.url}/in`, eventTypes: ['*'] })
await posthorn.publish({ tenant, type: 'thread.dies', data: { n: 1 }, id: 'event-1' })
await sleep(150)
const refusals = new Set<string>()
for (let tries = 0; ; tries += 1) {
  try {
    await posthorn.publish({ tenant, type: 'thread.lives', data: { n: 2 }, id: 'event-2' })
    break
  } catch (error) {
    assert.ok(error instanceof PosthornError && tries < 100, String(error))
    refusals.add(error.code)
    await sleep(100)
  }
}
const ids = new Set<unknown>()
while (!ids.has('event-1') || !ids.has('event-2')) {
  for (const { headers } of receiver.requests) ids.add(headers['webhook-id'])
  await sleep(20)
}
await posthorn.stop()
await receiver.close()
const after = { listeners: listeners(), errors: Settings.Get().maxErrors }
process.stdout.write(JSON.stringify({ before, after, refusals: [...refusals], lines }))

async function post(path: string, body: unknown): Promise<void> {
  const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' }
  const request = new Request(`http://host${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const response = await posthorn.fetch(request)
  assert.ok(response.ok, await response.text())
}
