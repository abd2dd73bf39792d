// `npm run demo`: Posthorn's main job, end to end, in some seconds and with nothing left behind. An Allo customer
// registers an endpoint through Allo's own API, the operator posts one event of every topic, and a receiver checks each
// signature with the official Standard Webhooks library. The receiver fails once, so that a retry can be seen.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { startApp } from '../src/app.ts'
import { readSettings } from '../src/config/settings.ts'
import { createLogger } from '../src/telemetry/log.ts'

const say = (line = ''): void => console.log(line)

setTimeout(() => {
  say('the demo took longer than 20 s: something is wrong')
  process.exit(1)
}, 20_000).unref()

const folder = mkdtempSync(join(tmpdir(), 'posthorn-demo-'))
const operatorKey = randomBytes(24).toString('base64url')
const settings = readSettings({
  POSTHORN_PORT: '0',
  POSTHORN_DATABASE: `sqlite:${join(folder, 'posthorn.db')}`,
  // The receiver is on this machine and speaks http; a second of waiting counts as twenty.
  POSTHORN_ALLOW_HTTP: 'on',
  POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8',
  POSTHORN_RETRY_SCALE: '0.05',
  POSTHORN_LOG_LEVEL: 'error',
})
const app = await startApp({
  settings,
  operatorKey,
  masterKey: randomBytes(32),
  logger: createLogger(settings.logLevel),
  version: 'demo',
})
say(`Posthorn serves at ${app.url}, on a temporary SQLite database.`)

const operator = (method: string, path: string, body?: unknown) => call(method, path, `Bearer ${operatorKey}`, body)

await operator('POST', '/v1/tenants', { id: 'team-demo', dialect: 'allo', name: 'Demo team' })
const { key } = await operator('POST', '/v1/keys', { tenants: ['team-demo'] })
const customer = (method: string, path: string, body?: unknown) => call(method, path, `Api-Key ${key}`, body)

const arrivals: { topic: string; id: string; verified: boolean; answered: number }[] = []
let secret = ''
let failures = 1
const receiver = createServer((request, response) => {
  void text(request).then((body) => {
    let verified = true
    try {
      new Webhook(secret).verify(body, request.headers as Record<string, string>)
    } catch {
      verified = false
    }
    const answered = failures-- > 0 ? 500 : 204
    const { topic } = JSON.parse(body) as { topic: string }
    arrivals.push({ topic, id: String(request.headers['webhook-id']), verified, answered })
    response.writeHead(answered).end()
  })
})
receiver.listen(0, '127.0.0.1')
await once(receiver, 'listening')
const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhooks/allo`

const { data: eventTypes } = await customer('GET', '/v2/api/webhooks/event_types')
const topics = eventTypes.map(({ name }: { name: string }) => name)
const { data: webhook } = await customer('POST', '/v2/api/webhooks', { url, topics, description: 'Demo' })
secret = webhook.signing_secret
say(`\nThe customer registered ${url} for ${topics.length} topics through Allo's own API.`)

for (const type of topics) {
  await operator('POST', '/v1/events', { tenant: 'team-demo', type, data: { id: `demo-${type}` } })
}
say(`The operator posted an event of each; the receiver answers 500 to the first request.\n`)
while (arrivals.length < topics.length + 1) await sleep(20)

for (const { topic, id, verified, answered } of arrivals) {
  say(`  ${topic.padEnd(16)} ${id}  signature ${verified ? 'verified' : 'WRONG   '}  answered ${answered}`)
}
const [failed] = arrivals
let delivered
do {
  await sleep(50)
  const { data } = await operator('GET', `/v1/deliveries?tenant=team-demo&eventType=${failed?.topic}`)
  delivered = await operator('GET', `/v1/deliveries/${data[0].id}`)
} while (delivered.status !== 'delivered')
say(`\nThe delivery of ${failed?.topic}, retried:\n`)
for (const attempt of delivered.history) say(`  attempt ${attempt.number}  ${attempt.startedAt}  ${attempt.detail}`)

say(`\nGET /v2/api/webhooks/${webhook.id}\n`)
say(JSON.stringify(await customer('GET', `/v2/api/webhooks/${webhook.id}`), null, 2))

await app.stop()
receiver.close()
rmSync(folder, { recursive: true })
if (arrivals.some(({ verified }) => !verified)) throw new Error('a signature did not verify')
say('\nEvery signature verified, and the failed delivery arrived. Done.')

// oxlint-disable-next-line typescript/no-explicit-any -- a demo reads answers as they come
async function call(method: string, path: string, authorization: string, body?: unknown): Promise<any> {
  const response = await fetch(`${app.url}${path}`, {
    method,
    headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response.json()
}
