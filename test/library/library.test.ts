// Posthorn as a library: publishing, the host's servers, and the errors. The process of this test is the host.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import Fastify from 'fastify'
import { pino } from 'pino'
import { createPosthorn, type Posthorn, PosthornError, type PosthornOptions } from '../../src/library/index.ts'
import acme from '../tutorial/acme.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'

const operatorKey = randomBytes(30).toString('base64url')
const masterKey = randomBytes(32).toString('base64')
const authorization = `Bearer ${operatorKey}`

const folder = await mkdtemp(join(tmpdir(), 'posthorn-library-'))
after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
let databases = 0

function options() {
  const database = `sqlite:${join(folder, `${databases++}`, 'posthorn.db')}`
  const local = { allowHttp: true, allowNetworks: ['127.0.0.0/8'] }
  return { database, masterKey, operatorKey, dialects: [acme, 'standard'], ...local } as const
}

type Call = (request: Request) => Promise<Response>

async function post(call: Call, url: string, key: string, body: unknown): Promise<Record<string, string>> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const response = await call(new Request(url, { method: 'POST', headers, body: JSON.stringify(body) }))
  assert.ok(response.ok, `${url}: ${response.status}`)
  return (await response.json()) as Record<string, string>
}

/** Creates a tenant of the dialect of the tutorial with a webhook, through the host's server. */
async function tenantWithHook(call: Call, base: string, receiver: Receiver): Promise<string> {
  const { id: tenant = '' } = await post(call, `${base}/v1/tenants`, operatorKey, { dialect: 'acme' })
  const { key = '' } = await post(call, `${base}/v1/keys`, operatorKey, { tenants: [tenant] })
  await post(call, `${base}/api/hooks`, key, { target: `${receiver.url}/in`, topics: ['order.paid'] })
  return tenant
}

async function receiverOf(t: TestContext): Promise<Receiver> {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  return receiver
}

async function started<EventType extends string>(t: TestContext, posthorn: Posthorn<EventType>): Promise<void> {
  await posthorn.start()
  t.after(() => posthorn.stop())
}

const failsWith = (code: PosthornError['code'], message: RegExp) => (error: unknown) =>
  error instanceof PosthornError && error.code === code && message.test(error.message)

test('events are published and delivered, alone and in batches, and survive a stop', async (t) => {
  const receiver = await receiverOf(t)
  const posthorn = await createPosthorn(options())
  await assert.rejects(posthorn.publish({ tenant: 'x', type: 'y', data: {} }), failsWith('not_started', /start\(\)/))
  await started(t, posthorn)
  const tenant = await tenantWithHook(posthorn.fetch, 'http://host', receiver)
  const event = { tenant, type: 'order.paid', data: { id: 'order_1', total: 12 }, id: 'paid-1' } as const
  const published = await posthorn.publish({ ...event, occurredAt: new Date(0) })
  assert.deepEqual(published, { id: 'paid-1', tenant, type: 'order.paid', deliveries: 1, duplicate: false })
  assert.match((await receiver.untilReceived(1))[0]?.body.toString() ?? '', /order_1/)
  await posthorn.stop()
  await posthorn.start()
  assert.equal((await posthorn.publish({ ...event, occurredAt: new Date(0) })).duplicate, true)
  const again = { ...event, data: {}, occurredAt: new Date(0) }
  await assert.rejects(posthorn.publish(again), failsWith('event_id_reused', /other content/))

  const results = await posthorn.publishAll([
    { tenant, type: 'order.paid', data: { id: 'order_2', total: 1 } },
    { tenant: 'nobody', type: 'order.paid', data: {} },
  ])
  const outcomes = results.map((result) => ('error' in result ? result.error.code : result.deliveries))
  assert.deepEqual(outcomes, [1, 'invalid'])
  await receiver.untilReceived(2)
})

test('events that are wrong get an error with a code', async (t) => {
  const posthorn = await createPosthorn({ ...options(), dialects: ['standard'] })
  await started(t, posthorn)
  const { id: tenant = '' } = await post(posthorn.fetch, 'http://host/v1/tenants', operatorKey, { dialect: 'standard' })
  const event = { tenant, type: 'a.b', data: {} }
  const circle: { own?: unknown } = {}
  circle.own = circle
  let deep = {}
  for (let depth = 0; depth < 200; depth += 1) deep = { deep }
  for (const [code, wrong, message] of [
    ['invalid', { ...event, tenant: 'nobody' }, /tenant is not known: nobody/],
    ['invalid', { ...event, data: 'text' as never }, /data must be a JSON object/],
    ['invalid', Object.assign({ idd: 'x' }, event), /idd is not known/],
    ['invalid', { ...event, type: 'half \ud800' }, /surrogate/],
    ['body_malformed', { ...event, data: circle }, /circular/i],
    ['body_malformed', { ...event, data: deep }, /nests deeper than 128 levels/],
    ['body_too_large', { ...event, data: { text: 'x'.repeat(2 ** 20) } }, /1048576 bytes/],
  ] as const) {
    await assert.rejects(posthorn.publish(wrong), failsWith(code, message), String(message))
  }
})

test('options that are wrong get an error that names the option', async () => {
  const good: PosthornOptions = options()
  for (const [wrong, message] of [
    [{ retentonDays: 3 }, /^retentonDays is not an option; the nearest one is retentionDays$/],
    [{ retentionDays: -1 }, /^retentionDays must be a number from/],
    [{ masterKey: 'short' }, /^masterKey must be 32 bytes/],
    [
      { operatorKey: 'too-short' },
      /^operatorKey must have at least 24 visible characters of ASCII and no spaces; openssl/,
    ],
    [{ operatorKey: '' }, /^operatorKey must have at least 24 visible characters/],
    [{ operatorKey: 'x'.repeat(30) }, /^operatorKey is easy to guess/],
    [{ database: 'mysql://x' }, /^database must be/],
    [{ dialects: ['nobody'] }, /^dialects names nobody; the dialects are standard/],
    [{ dialects: [acme, acme] }, /^two dialects have the name acme$/],
    [{ egressProxyExcept: ['a'] }, /^egressProxyExcept needs egressProxy$/],
  ] as const) {
    const start = async (): Promise<void> => (await createPosthorn({ ...good, ...wrong })).start()
    await assert.rejects(start, failsWith('invalid_option', message), String(message))
  }
  const noFile = { ...good, database: `sqlite:${folder}` }
  await assert.rejects((await createPosthorn(noFile)).start(), failsWith('database_refused', /./))
})

test('a Fastify server of the host serves Posthorn beside its own routes, and ends it', async (t) => {
  const receiver = await receiverOf(t)
  const posthorn = await createPosthorn(options())
  const host = Fastify()
  t.after(() => host.close())
  host.addHook('onRequest', async (_request, reply) => void reply.header('x-host', 'yes'))
  host.get('/healthz', () => ({ host: 'is well' }))
  host.post('/orders', ({ body }) =>
    posthorn.publish({ ...(body as { tenant: string }), type: 'order.paid', data: { id: '7' } }),
  )
  await host.register(posthorn.fastify)
  const base = await host.listen({ host: '127.0.0.1', port: 0 })
  const tenant = await tenantWithHook(fetch, base, receiver)
  await post(fetch, `${base}/orders`, '', { tenant })
  await receiver.untilReceived(1)
  for (const path of ['dashboard', 'openapi/acme.json', 'docs/']) {
    const response = await fetch(`${base}/${path}`)
    assert.deepEqual([response.status, response.headers.get('x-host')], [200, 'yes'], path)
  }
  assert.deepEqual(await (await fetch(`${base}/healthz`)).json(), { host: 'is well' })
  assert.equal((await fetch(`${base}/v1/tenants`)).status, 401)
  await host.close()
  await assert.rejects(posthorn.publish({ tenant, type: 'order.paid', data: {} }), failsWith('not_started', /start/))

  const prefixed = Fastify()
  await assert.rejects(async () => prefixed.register(posthorn.fastify, { prefix: '/hooks' }), /a prefix \(\/hooks\)/)
})

test('a plain HTTP server of the host answers with fetch, bodies and streams included', async (t) => {
  const receiver = await receiverOf(t)
  const posthorn = await createPosthorn(options())
  await started(t, posthorn)
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = incoming.method === 'POST' ? { body: incoming, duplex: 'half' } : {}
    const url = `http://${incoming.headers.host}${incoming.url}`
    const headers = incoming.headers as Record<string, string>
    const request = new Request(url, { method: incoming.method ?? 'GET', headers, ...body } as RequestInit)
    const response = await posthorn.fetch(request, { clientAddress: incoming.socket.remoteAddress ?? '' })
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    for await (const chunk of response.body ?? []) outgoing.write(chunk)
    outgoing.end()
  }
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const tenant = await tenantWithHook(fetch, base, receiver)
  await posthorn.publish({ tenant, type: 'order.paid', data: { id: '8' } })
  await receiver.untilReceived(1)
  const { status } = await fetch(`${base}/readyz`, { method: 'HEAD' })
  const large = new Request(`${base}/v1/tenants`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'x'.repeat(2 ** 20) }),
  })
  assert.deepEqual([status, (await fetch(large)).status, (await fetch(`${base}/nothing`)).status], [200, 413, 404])
})

test('the host gets the log only if it passes a logger', async (t) => {
  const lines: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line) => void lines.push(line) })
  const posthorn = await createPosthorn({ ...options(), logger })
  await started(t, posthorn)
  const key = new Request('http://host/v1/tenants', { headers: { authorization: 'Bearer wrong' } })
  await Promise.all(Array.from({ length: 6 }, () => posthorn.fetch(key.clone(), { clientAddress: '192.0.2.7' })))
  assert.ok(
    lines.some((line) => line.includes('192.0.2.7')),
    lines.join(''),
  )
})

test('the types of events are those of the dialects', async () => {
  const posthorn = await createPosthorn({ ...options(), dialects: [acme] })
  const event = { tenant: 'shop', data: {} }
  // @ts-expect-error: the dialect has no such event type
  await assert.rejects(posthorn.publish({ ...event, type: 'order.payed' }))
  await assert.rejects(posthorn.publish({ ...event, type: 'order.refunded' }))
})
