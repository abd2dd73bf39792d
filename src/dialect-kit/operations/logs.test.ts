// Logs of deliveries and events, and past deliveries and events that are sent again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, acmeDeliveries, startDialect } from '../../../test/support/dialect-rig.ts'
import { until } from '../../../test/support/api-rig.ts'
import { delivery } from '../deliveries/parts.ts'
import { deliveryLog, eventLog } from './logs.ts'
import { create } from './operations.ts'
import { redeliver, resend, retry } from './resend.ts'
import { disable } from './verbs.ts'

const deliveries = deliveryLog({
  list: ({ id, eventType, status, attempts, createdAt }) => ({
    id,
    event: eventType,
    status,
    attempts,
    at: new Date(createdAt).toISOString(),
  }),
  get: ({ id, status, body, made, dueAt }) => ({
    id,
    status,
    request: { payload: body },
    responses: made.map(({ statusCode, outcome, response }) => ({ statusCode, outcome, response })),
    sent: made.map(({ requestHeaders }) => requestHeaders['x-delivery'] ?? ''),
    redelivery: dueAt !== null,
  }),
})
const events = eventLog({
  each: ({ id, type, data, attributes }) => ({ id, type, data: { object: data }, attributes }),
})

const sizes = { sizeDefault: 2, sizeMax: 10 }
const dialect = acme({
  routes: {
    'POST /acme/hooks': create(),
    'POST /acme/hooks/{id}/disable': disable(),
    'GET /acme/hooks/{id}/deliveries': deliveries.list({
      ...sizes,
      where: { status: 'status', eventType: 'event' },
      linkHeader: true,
      answer: (rows) => rows,
    }),
    'GET /acme/hooks/{id}/deliveries/{delivery}': deliveries.get({ showsExchange: true }),
    'POST /acme/hooks/{id}/deliveries/{delivery}/attempts': redeliver({ answer: (id) => ({ id }) }),
    'POST /acme/hooks/{id}/deliveries/{delivery}/retry': retry(),
    'GET /acme/events': events.list({
      ...sizes,
      names: ['page_token', 'size'],
      where: { eventType: 'type' },
      answer: (data, { next, nextUrl }) => ({ data, next, nextUrl }),
    }),
    'GET /acme/events/{event}': events.get(),
    'POST /acme/events/{event}/resend': resend({ endpointsIn: 'webhook_ids', answer: (ids) => ({ sent: ids.length }) }),
  },
  deliveries: { ...acmeDeliveries, headers: { 'x-delivery': delivery.id } },
})

test('a log has a record per delivery, in pages, and each delivery with its attempts', async (t) => {
  const { ask, want, receiver, operator, tenant } = await startDialect(t, dialect)
  const hook = { url: receiver.url, events: ['order.paid', 'order.sent'] }
  const { id } = await want(201, 'POST', '/acme/hooks', { body: hook })
  const path = `/acme/hooks/${String(id)}/deliveries`
  for (const type of ['order.paid', 'order.sent', 'order.paid'])
    await operator.postEvent({ tenant, type, data: { n: 1 } })
  await receiver.untilReceived(3)
  const list = async (query = '') => {
    const answer = await ask('GET', `${path}${query}`)
    return {
      rows: answer.body as unknown as { id: string; event: string; status: string }[],
      link: answer.headers['link'],
    }
  }
  await until(async () => (await list('?status=delivered&limit=10')).rows.length === 3, 'all are delivered')
  const first = await list()
  const [, next = ''] = /^<http:\/\/[^/]+(\/[^>]+)>; rel="next"$/.exec(String(first.link)) ?? []
  const second = (await ask('GET', next)).body as unknown as { id: string }[]
  const all = (await list('?limit=10')).rows
  assert.deepEqual([...first.rows, ...second], all)
  assert.equal((await list('?event=order.sent')).rows.length, 1)
  for (const wrong of ['?cursor=x', `?cursor=${all[0]?.id}`]) {
    assert.deepEqual((await ask('GET', path + wrong)).body['faults'], ['cursor choice'])
  }
  assert.deepEqual((await ask('GET', `${path}?status=sent`)).body['faults'], ['status choice'])
  const shown = await want(200, 'GET', `${path}/${String(all[1]?.id)}`)
  assert.deepEqual(shown, {
    id: all[1]?.id,
    status: 'delivered',
    request: { payload: { type: 'order.sent', data: { n: 1 } } },
    responses: [{ statusCode: 200, outcome: 'HTTP 200', response: '' }],
    sent: [all[1]?.id],
    redelivery: false,
  })
  assert.equal((await ask('GET', `${path}/nothing`)).status, 404)
  const { id: other } = await want(201, 'POST', '/acme/hooks', { body: hook })
  assert.equal((await ask('GET', `/acme/hooks/${String(other)}/deliveries/${String(all[1]?.id)}`)).status, 404)
})

test('a delivery is sent again as a new one, or as itself', async (t) => {
  const { ask, want, receiver, operator, tenant } = await startDialect(t, dialect)
  const body = { url: receiver.url, events: ['order.paid'] }
  const hook = `/acme/hooks/${String((await want(201, 'POST', '/acme/hooks', { body }))['id'])}`
  await operator.postEvent({ tenant, type: 'order.paid', data: { n: 1 } })
  const [first] = await receiver.untilReceived(1)
  const id = String(first?.headers['x-delivery'])
  const added = await want(202, 'POST', `${hook}/deliveries/${id}/attempts`)
  assert.notEqual(added['id'], id)
  const [, second] = await receiver.untilReceived(2)
  assert.deepEqual([second?.headers['x-delivery'], second?.body], [added['id'], first?.body])
  await until(async () => (await ask('POST', `${hook}/deliveries/${id}/retry`)).status === 202, 'it is tried again')
  const [, , third] = await receiver.untilReceived(3)
  assert.equal(third?.headers['x-delivery'], id)
  assert.equal((await ask('POST', `${hook}/deliveries/nothing/attempts`)).status, 404)
  assert.equal((await ask('POST', `/acme/hooks/hook_0/deliveries/${id}/attempts`)).status, 404)
  await want(200, 'POST', `${hook}/disable`)
  const { data } = (await operator.call('GET', `/v1/audit?tenant=${tenant}`)).body as { data: { action: string }[] }
  const changes = data.map(({ action }) => action).filter((action) => action.startsWith('delivery.'))
  assert.deepEqual(changes, ['delivery.retry', 'delivery.retry'])
  assert.equal((await ask('POST', `${hook}/deliveries/${id}/attempts`)).status, 409)
})

test('events are listed with their data, byte for byte, and sent again to chosen webhooks', async (t) => {
  const { url, key, ask, want, receiver, operator, tenant } = await startDialect(t, dialect)
  const hooks: string[] = []
  for (const path of ['/a', '/b']) {
    const body = { url: receiver.url + path, events: ['order.paid'] }
    hooks.push(String((await want(201, 'POST', '/acme/hooks', { body }))['id']))
  }
  const late = { url: `${receiver.url}/late`, events: ['order.sent'] }
  const { id: lateHook } = await want(201, 'POST', '/acme/hooks', { body: late })
  for (const id of ['first', 'second', 'third']) {
    await operator.postEvent({ tenant, type: 'order.paid', id, data: { n: 1 }, attributes: { shop: 'a' } })
  }
  await operator.postEvent({ tenant, type: 'order.sent', id: 'other', data: {} })
  await receiver.untilReceived(7)
  const page = await want(200, 'GET', '/acme/events?type=order.paid')
  const shown = (id: string) => ({ id, type: 'order.paid', data: { object: { n: 1 } }, attributes: { shop: 'a' } })
  assert.deepEqual(page['data'], [shown('third'), shown('second')])
  const rest = await want(200, 'GET', `/acme/events?type=order.paid&page_token=${String(page['next'])}`)
  assert.deepEqual(rest, { data: [shown('first')], next: null, nextUrl: null })
  assert.equal(String(page['nextUrl']), `${url}/acme/events?type=order.paid&page_token=${String(page['next'])}`)
  assert.deepEqual((await ask('GET', '/acme/events?page_token=x')).body['faults'], ['page_token choice'])
  assert.deepEqual(await want(200, 'GET', '/acme/events/first'), shown('first'))
  assert.equal((await ask('GET', '/acme/events/none')).status, 404)

  const again = (body?: object) => ask('POST', '/acme/events/first/resend', { body })
  assert.deepEqual((await again({ webhook_ids: [hooks[1]] })).body, { sent: 1 })
  assert.deepEqual((await again()).body, { sent: 2 })
  const arrived = await receiver.untilReceived(10)
  assert.deepEqual(
    arrived
      .slice(7)
      .map(({ path }) => path)
      .toSorted(),
    ['/a', '/b', '/b'],
  )
  for (const ids of [['hook_0'], [hooks[0], 'hook_0'], [lateHook]]) {
    assert.equal((await again({ webhook_ids: ids })).status, 404)
  }
  assert.deepEqual((await again({ webhook_ids: [] })).body['faults'], ['webhook_ids length'])
  assert.equal((await ask('POST', '/acme/events/none/resend')).status, 404)

  const { id: stranger } = await operator.createTenant({ dialect: 'acme' })
  const { key: strangersKey } = await operator.createKey({ tenants: [stranger] })
  assert.notEqual(strangersKey, key)
  const headers = { 'x-key': strangersKey }
  assert.equal((await ask('GET', '/acme/events/first', { headers })).status, 404)
  assert.equal((await ask('POST', '/acme/events/first/resend', { headers })).status, 404)
  assert.deepEqual((await ask('GET', '/acme/events', { headers })).body['data'], [])
})

test('an event has no parents in the path, even if webhooks have', async (t) => {
  const parents = acme({
    endpoint: {
      id: { is: 'id' },
      shop: { is: 'detail', from: 'path', on: 'create!' },
      url: { is: 'url', on: 'create!' },
      events: { is: 'eventTypes', on: 'create!' },
    },
    routes: { 'POST /acme/{shop}/hooks': create(), 'GET /acme/{shop}/events/{event}': events.get() },
  })
  const { want, operator, tenant } = await startDialect(t, parents)
  await want(201, 'POST', '/acme/a/hooks', { body: { url: 'https://example.com/', events: ['order.paid'] } })
  await operator.postEvent({ tenant, type: 'order.paid', id: 'first', data: {} })
  assert.equal((await want(200, 'GET', '/acme/b/events/first'))['id'], 'first')
})
