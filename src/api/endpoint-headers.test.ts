// Custom headers of an endpoint: they are sent, and they can neither replace headers that Posthorn or HTTP sets nor
// inject anything.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, suite, test } from 'node:test'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import { shareApiRig } from '../../test/support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

const tenant = await rig.tenant('standard')
const path = `/v1/tenants/${tenant.id}/endpoints`
const withHeaders = (headers: object) =>
  ({ method: 'POST', path, body: { url: `${rig.receiver.url}/x`, eventTypes: ['none'], headers } }) as const

test('custom headers are sent with every delivery', async () => {
  const headers = {
    Authorization: 'Bearer of good news',
    Cookie: 'a=b',
    'X-Api-Key': '!~\t~!',
    "!#$%&'*+-.^_`|~9z": 'odd name',
    accept: 'text/x',
    empty: '',
    'x-long': 'v'.repeat(4096),
  }
  const endpoint = await rig.endpoint(tenant, { headers })
  assert.deepEqual(endpoint['headers'], headers)
  const id = await rig.event(tenant)
  const [arrived] = await rig.received(endpoint.path, 1)
  for (const [name, value] of Object.entries(headers)) assert.equal(arrived?.headers[name.toLowerCase()], value, name)
  assert.equal(arrived?.headers['webhook-id'], id)

  const own = `${path}/${endpoint.id}`
  await rig.want(200, { method: 'PATCH', path: own, body: { headers: { 'X-New': 'n' } } })
  await rig.event(tenant)
  const second = (await rig.received(endpoint.path, 2))[1]
  assert.deepEqual([second?.headers['x-new'], second?.headers['cookie']], ['n', undefined])
  await rig.want(204, { method: 'DELETE', path: own })
})

suite('headers that Posthorn or HTTP sets cannot be replaced', () => {
  const names =
    `Host Content-Length content-length CONTENT-TYPE Content-Encoding Transfer-Encoding Connection Keep-Alive
    Upgrade Expect TE Trailer Date Via User-Agent Accept-Encoding Forwarded HTTP2-Settings
    webhook-id Webhook-Timestamp WEBHOOK-SIGNATURE webhook-anything X-Posthorn-Attempt Posthorn-Delivery
    Proxy-Authorization proxy-connection X-Forwarded-For x-forwarded-host Sec-Fetch-Mode
    Proxy proxy Webhook_Id webhook_signature Transfer_Encoding CONTENT_LENGTH User_Agent X_Forwarded_For
    Posthorn_Delivery`.split(/\s+/)
  testCases(
    rig,
    names.map((name): ApiCase => {
      return { ...withHeaders({ [name]: 'x' }), name, status: 400, fields: [`headers.${name}`] }
    }),
  )
})

suite('an invalid header is refused', () => {
  const badNames = [
    '',
    ' ',
    'a b',
    'a:b',
    'a\r\nb',
    'a\nb',
    'a\0b',
    'é',
    '(a)',
    'a/b',
    '"a"',
    'x\u2028y',
    'n'.repeat(129),
  ]
  const badValues = [
    'a\r\nX-Evil: 1',
    'a\nb',
    'a\rb',
    'a\0b',
    '\u0001',
    '\u007f',
    'é',
    '😀',
    ' a',
    'a ',
    '\ta',
    '\u2028',
  ]
  testCases(rig, [
    ...badNames.map((name): ApiCase => {
      const shown = JSON.stringify(name.slice(0, 10))
      return { ...withHeaders({ [name]: 'x' }), name: `name ${shown}`, status: 400, fields: [`headers.${name}`] }
    }),
    ...badValues.map((value): ApiCase => {
      return {
        ...withHeaders({ a: value }),
        name: `value ${JSON.stringify(value)}`,
        status: 400,
        fields: ['headers.a'],
      }
    }),
    {
      ...withHeaders({ 'X-A': '1', 'x-a': '2' }),
      name: 'a name that is given twice',
      status: 400,
      fields: ['headers.x-a'],
    },
    {
      ...withHeaders({ a: 'secret\nvalue' }),
      name: 'an error does not show the value',
      status: 400,
      lacks: ['secret'],
    },
  ])

  test('in a change of an endpoint too', async () => {
    const { id } = await rig.endpoint(tenant, { eventTypes: ['none'] })
    for (const headers of [{ Host: 'evil' }, { a: 'a\r\nb' }]) {
      await rig.want(400, { method: 'PATCH', path: `${path}/${id}`, body: { headers } })
    }
    assert.deepEqual((await rig.want(200, { path: `${path}/${id}` }))['headers'], {})
  })
})

test('custom headers named like the properties of Object.prototype are sent too', async (t) => {
  const names = Object.getOwnPropertyNames(Object.prototype)
  assert.ok(names.includes('__proto__') && names.includes('constructor'))
  const headers = Object.fromEntries(names.map((name) => [name, `of ${name}`]))
  // A separate server that reads the raw headers: parsed headers are not reliable for these names.
  const arrived = Promise.withResolvers<readonly string[]>()
  const server = createServer((request, response) => {
    arrived.resolve(request.rawHeaders)
    response.end()
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { id: own, key } = await rig.tenant('standard')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const request = { path: `/v1/tenants/${own}/endpoints`, key }
  const raw = `{"url":"${url}","eventTypes":["*"],"headers":${JSON.stringify(headers)}}`
  const created = await rig.want(201, { ...request, method: 'POST', raw })
  const { body } = await rig.ask({ path: `${request.path}/${created.id}`, key })
  for (const shown of [created, body]) assert.deepEqual(Object.entries(shown['headers'] ?? {}), Object.entries(headers))

  await rig.want(202, { method: 'POST', path: '/v1/events', body: { tenant: own, type: 'a', data: {} } })
  const list = await arrived.promise
  for (const name of names) assert.equal(list[list.indexOf(name) + 1], `of ${name}`, name)
})
