// Operations that are verbs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, acmeDeliveries, startDialect } from '../../../test/support/dialect-rig.ts'
import { startReceiver } from '../../../test/support/receiver.ts'
import { create, get, rotate } from './operations.ts'
import { signatures } from '../deliveries/signatures.ts'
import { hmac } from '../deliveries/signers.ts'
import { count, disable, enable, ping, secret } from './verbs.ts'

const verbs = acme({
  endpoint: {
    id: { is: 'id' },
    url: { is: 'url', on: 'create!' },
    events: { is: 'eventTypes', on: 'create!' },
    active: { is: 'enabled' },
    secret: { is: 'secret', shown: 'create' },
  },
  testEvent: ({ eventTypes: [type = ''] }) => ({ type: 'acme.test', data: { of: type } }),
  routes: {
    'POST /acme/hooks': create({ wrap: 'hook' }),
    'GET /acme/hooks/{id}': get(),
    'GET /acme/hooks/count': count(),
    'POST /acme/hooks/{id}/enable': enable({ wrap: 'hook' }),
    'POST /acme/hooks/{id}/disable': disable(),
    'GET /acme/hooks/{id}/secret': secret({ answer: (key) => ({ key }) }),
    'POST /acme/hooks/{id}/pings': ping(),
    'POST /acme/hooks/{id}/test/{trigger}': ping({
      status: 201,
      type: { in: 'path', name: 'trigger' },
      types: { paid_events: 'order.paid' },
      answer: ({ eventType }) => ({ message: '201 Created', event: eventType }),
    }),
    'POST /acme/hooks/{id}/tests': ping({
      status: 202,
      type: { in: 'body', name: 'event' },
      answer: ({ eventId, deliveryId }) => ({ event: eventId, delivery: deliveryId }),
    }),
    'POST /acme/hooks/{id}/trial': ping({
      waits: true,
      type: { in: 'body', name: 'event' },
      answer: ({ eventType, statusCode }) => ({ event: eventType, status: statusCode }),
    }),
  },
})

test('a webhook is switched off and on, counted, and its secret has a call of its own', async (t) => {
  const { ask, want } = await startDialect(t, verbs)
  assert.deepEqual(await want(200, 'GET', '/acme/hooks/count'), { count: 0 })
  const body = { url: 'https://example.com/', events: ['order.paid'] }
  const { hook } = await want(201, 'POST', '/acme/hooks', { body })
  const { id, secret: key } = hook as { id: string; secret: string }
  assert.deepEqual(await want(200, 'GET', '/acme/hooks/count'), { count: 1 })
  assert.equal((await want(200, 'POST', `/acme/hooks/${id}/disable`))['active'], false)
  assert.equal((await want(200, 'GET', `/acme/hooks/${id}`))['active'], false)
  assert.equal((await ask('POST', `/acme/hooks/${id}/pings`)).status, 409)
  assert.deepEqual(await want(200, 'POST', `/acme/hooks/${id}/enable`), { hook: { id, ...body, active: true } })
  assert.deepEqual(await want(200, 'GET', `/acme/hooks/${id}/secret`), { key })
  for (const verb of ['enable', 'disable', 'pings', 'test/paid_events']) {
    assert.equal((await ask('POST', `/acme/hooks/hook_0/${verb}`)).status, 404, verb)
  }
  assert.equal((await ask('GET', '/acme/hooks/hook_0/secret')).status, 404)
})

test('a test has the event type that the request names', async (t) => {
  const { ask, want, receiver } = await startDialect(t, verbs)
  const body = { url: receiver.url, events: ['order.paid'] }
  const { hook } = await want(201, 'POST', '/acme/hooks', { body })
  const path = `/acme/hooks/${(hook as { id: string }).id}`
  await want(204, 'POST', `${path}/pings`)
  assert.deepEqual(await want(201, 'POST', `${path}/test/paid_events`), { message: '201 Created', event: 'order.paid' })
  const sent = await want(202, 'POST', `${path}/tests`, { body: { event: 'order.sent' } })
  assert.match(String(sent['event']), /^evt_/)
  const arrived = await receiver.untilReceived(3)
  assert.deepEqual(arrived.map((one) => one.body.toString()).toSorted(), [
    '{"type":"acme.test","data":{"of":"order.paid"}}',
    '{"type":"order.paid","data":{"of":"order.paid"}}',
    '{"type":"order.sent","data":{"of":"order.sent"}}',
  ])
  assert.equal((await ask('POST', `${path}/test/constructor`)).status, 404)
  const wrong = await ask('POST', `${path}/tests`, { body: { event: 'other' } })
  assert.deepEqual(wrong.body, { message: 'Event must be one of: order.paid, order.sent.', faults: ['event choice'] })
  assert.deepEqual((await ask('POST', `${path}/tests`)).body['faults'], ['event required'])
})

test('the answer to a test waits for the response of the receiver', async (t) => {
  const { want } = await startDialect(t, verbs)
  const receiver = await startReceiver({ behave: ({ path }) => ({ status: path === '/good' ? 202 : 503 }) })
  const trialOf = async (url: string): Promise<unknown> => {
    const { hook } = await want(201, 'POST', '/acme/hooks', { body: { url, events: ['order.paid'] } })
    return want(200, 'POST', `/acme/hooks/${(hook as { id: string }).id}/trial`, { body: { event: 'order.sent' } })
  }
  assert.deepEqual(await trialOf(new URL('/good', receiver.url).href), { event: 'order.sent', status: 202 })
  assert.deepEqual(await trialOf(new URL('/bad', receiver.url).href), { event: 'order.sent', status: 503 })
  assert.equal(receiver.requests[0]?.body.toString(), '{"type":"order.sent","data":{"of":"order.sent"}}')
  await receiver.close()
  assert.deepEqual(await trialOf(receiver.url), { event: 'order.sent', status: null })
})

test('the old secret signs on after a rotation if the customer asks for that', async (t) => {
  const { endpoint } = verbs.definition
  const { want, receiver } = await startDialect(
    t,
    acme({
      endpoint: { ...endpoint, secret: { is: 'secret', shown: 'create rotate' } },
      routes: {
        'POST /acme/hooks': create(),
        'POST /acme/hooks/{id}/pings': ping(),
        'POST /acme/hooks/{id}/rotate': rotate({ overlap: '1d', overlapIf: 'keep_old' }),
      },
      deliveries: { ...acmeDeliveries, headers: { 'x-signatures': signatures(hmac()) } },
    }),
  )
  const body = { url: receiver.url, events: ['order.paid'] }
  const { id } = await want(201, 'POST', '/acme/hooks', { body })
  const signaturesAfter = async (requests: number, asked: object): Promise<number> => {
    await want(200, 'POST', `/acme/hooks/${String(id)}/rotate`, { body: asked })
    await want(204, 'POST', `/acme/hooks/${String(id)}/pings`)
    const { headers } = (await receiver.untilReceived(requests)).at(-1) ?? assert.fail()
    return String(headers['x-signatures']).split(',').length
  }
  assert.equal(await signaturesAfter(1, { keep_old: true }), 2)
  assert.equal(await signaturesAfter(2, { keep_old: false }), 1)
  assert.equal(await signaturesAfter(3, {}), 1)
})

test('a new webhook gets the test event, if the product pings', async (t) => {
  const dialect = acme({ routes: { 'POST /acme': create({ ping: true }) } })
  const { want, receiver } = await startDialect(t, dialect)
  await want(201, 'POST', '/acme', { body: { url: receiver.url, events: ['order.sent'] } })
  const [pinged] = await receiver.untilReceived(1)
  assert.equal(pinged?.body.toString(), '{"type":"order.paid","data":{}}')
})
