// Text that no database stores unchanged, NUL and half of a surrogate pair, is refused with the name of its field. The
// conformance suite of dialects checks the vendors' APIs. The data of an event is kept as JSON and may hold any text.

import { after, suite, test } from 'node:test'
import assert from 'node:assert/strict'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import { eventType, fresh, shareApiRig } from '../../test/support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())
const tenant = await rig.tenant('standard')
const endpoint = { url: 'http://127.0.0.1:9999/', eventTypes: ['*'] }
const event = { tenant: tenant.id, type: eventType, data: {} }
const endpointsPath = `/v1/tenants/${tenant.id}/endpoints`
const { id } = await rig.endpoint(tenant)

const places: readonly (readonly [
  path: string,
  method: 'POST' | 'PATCH',
  field: string,
  body: (odd: string) => object,
])[] = [
  ['/v1/tenants', 'POST', 'name', (odd) => ({ dialect: 'standard', name: odd })],
  ['/v1/tenants', 'POST', 'id', (odd) => ({ dialect: 'standard', id: odd })],
  [`/v1/tenants/${tenant.id}`, 'PATCH', 'name', (odd) => ({ name: odd })],
  ['/v1/keys', 'POST', 'name', (odd) => ({ tenants: [tenant.id], name: odd })],
  ['/v1/events', 'POST', 'type', (odd) => ({ ...event, type: odd })],
  ['/v1/events', 'POST', 'attributes.a', (odd) => ({ ...event, attributes: { a: odd } })],
  [endpointsPath, 'POST', 'url', (odd) => ({ ...endpoint, url: `http://127.0.0.1:9/${odd}` })],
  [endpointsPath, 'POST', 'description', (odd) => ({ ...endpoint, description: odd })],
  [endpointsPath, 'POST', 'eventTypes.1', (odd) => ({ ...endpoint, eventTypes: ['a', odd] })],
  [endpointsPath, 'POST', 'filters.a', (odd) => ({ ...endpoint, filters: { a: odd } })],
  [endpointsPath, 'POST', 'headers.X-A', (odd) => ({ ...endpoint, headers: { 'X-A': odd } })],
  [`${endpointsPath}/${id}`, 'PATCH', 'description', (odd) => ({ description: odd })],
]

suite('refused', () => {
  testCases(
    rig,
    places.flatMap(([path, method, field, body]) =>
      ['a\0', '\ud83d', 'a\ude00b'].map((odd): ApiCase => ({
        name: `${method} ${path}: ${JSON.stringify(odd)} in ${field}`,
        method,
        path,
        body: body(odd),
        status: 400,
        code: 'invalid',
        fields: [field],
      })),
    ),
  )
})

suite('blanks at the ends of an event type', () => {
  testCases(rig, [
    ...[' a', 'a ', 'a\t', '\n', '\u00a0a'].map((type): ApiCase => {
      const name = `${JSON.stringify(type)} of an event are refused`
      return { name, method: 'POST', path: '/v1/events', body: { ...event, type }, status: 400, fields: ['type'] }
    }),
    {
      name: 'of an endpoint are refused',
      method: 'POST',
      path: endpointsPath,
      body: { ...endpoint, eventTypes: ['a '] },
      status: 400,
      fields: ['eventTypes.0'],
    },
  ])
})

test('a whole pair is accepted, and data may hold any text', async () => {
  await rig.want(201, {
    method: 'POST',
    path: '/v1/tenants',
    body: { id: fresh('t'), dialect: 'standard', name: '😀' },
  })
  const raw = `{"tenant":"${tenant.id}","type":"\\ud83d\\ude00","data":{"a\\ud800":"\\u0000"}}`
  const { id: posted } = await rig.want(202, { method: 'POST', path: '/v1/events', raw })
  const stored = await rig.ask({ path: `/v1/events/${posted}` })
  assert.equal(stored.body.type, '😀')
  assert.ok(stored.text.includes(String.raw`"data":{"a\ud800":"\u0000"}`), stored.text)
})
