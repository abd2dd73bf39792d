// The forms in which products write event types, switches and masks, on a running server.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { Type } from 'typebox'
import { acme, acmeDeliveries, startDialect } from '../../../test/support/dialect-rig.ts'
import type { DialectDefinition } from '../definition.ts'
import { memberSchema } from './nested.ts'
import { change, create, get, replace } from '../operations/operations.ts'
import { signature } from '../deliveries/signatures.ts'
import { hmac } from '../deliveries/signers.ts'

const url = 'https://example.com/'
const routes: DialectDefinition['routes'] = {
  'POST  /acme/hooks': create(),
  'GET   /acme/hooks/{id}': get(),
  'PATCH /acme/hooks/{id}': change(),
  'PUT   /acme/hooks/{id}': replace(),
}
const on = 'create change'

test('one flag for each event type', async (t) => {
  const dialect = acme({
    endpoint: {
      id: { is: 'id' },
      url: { is: 'url', on: 'create! change' },
      paid_events: { is: 'eventFlag', type: 'order.paid', on, default: true },
      'triggers.sent': { is: 'eventFlag', type: 'order.sent', on },
    },
    routes,
  })
  const rig = await startDialect(t, dialect)
  const { id, ...shown } = await rig.want(201, 'POST', '/acme/hooks', { body: { url: `${rig.receiver.url}/` } })
  assert.deepEqual(shown, { url: `${rig.receiver.url}/`, paid_events: true, triggers: { sent: false } })
  const one = `/acme/hooks/${String(id)}`
  const flags = async (body: object, method = 'PATCH'): Promise<unknown[]> => {
    const { paid_events: paid, triggers } = await rig.want(200, method, one, { body })
    return [paid, (triggers as { sent: unknown }).sent]
  }
  assert.deepEqual(await flags({ triggers: { sent: true } }), [true, true])
  assert.deepEqual(await flags({ paid_events: false }), [false, true])
  const posted = async (type: string) => (await rig.operator.postEvent({ tenant: rig.tenant, type, data: {} })).body
  assert.partialDeepStrictEqual(await posted('order.sent'), { deliveries: 1 })
  assert.partialDeepStrictEqual(await posted('order.paid'), { deliveries: 0 })
  assert.deepEqual(await flags({ triggers: { sent: false } }), [false, false])
  assert.partialDeepStrictEqual(await posted('order.sent'), { deliveries: 0 })
  assert.deepEqual(await flags({ url }, 'PUT'), [true, false])
  const wrong = await rig.ask('PATCH', one, { body: { paid_events: 'yes' } })
  assert.deepEqual(wrong.body['faults'], ['paid_events type'])
  assert.throws(
    () => acme({ endpoint: { id: { is: 'id' }, x: { is: 'eventFlag', type: 'order.lost', on } } }),
    /^DefinitionError: endpoint\.x\.type: order\.lost is not in the catalogue/,
  )
})

for (const [all, value] of [
  ['null', null],
  ['empty', []],
] as const) {
  test(`a list in which ${all} stands for all event types`, async (t) => {
    const events = { is: 'eventTypes', known: true, all, on } as const
    const endpoint = { id: { is: 'id' }, url: { is: 'url', on: 'create!' }, events } as const
    const rig = await startDialect(t, acme({ endpoint, routes }))
    const address = `${rig.receiver.url}/`
    const { id } = await rig.want(201, 'POST', '/acme/hooks', { body: { url: address } })
    const one = `/acme/hooks/${String(id)}`
    assert.deepEqual((await rig.want(200, 'GET', one))['events'], value)
    const posted = async (type: string) => (await rig.operator.postEvent({ tenant: rig.tenant, type, data: {} })).body
    assert.partialDeepStrictEqual(await posted('order.sent'), { deliveries: 1 })
    const changed = await rig.want(200, 'PATCH', one, { body: { events: ['order.paid'] } })
    assert.deepEqual(changed['events'], ['order.paid'])
    assert.partialDeepStrictEqual(await posted('order.sent'), { deliveries: 0 })
    assert.deepEqual((await rig.want(200, 'PATCH', one, { body: { events: value } }))['events'], value)
    assert.partialDeepStrictEqual(await posted('order.sent'), { deliveries: 1 })
  })
}

test('a switch with several words for off, and a secret that is masked by a function', async (t) => {
  const dialect = acme({
    endpoint: {
      id: { is: 'id' },
      url: { is: 'url', on: 'create!' },
      events: { is: 'eventTypes', on: 'create!' },
      status: { is: 'enabled', words: ['active', 'disabled', 'paused'], on },
      secret: { is: 'secret', shown: 'create', masked: (secret) => `…${secret.slice(-4)}` },
    },
    routes,
  })
  const rig = await startDialect(t, dialect)
  const body = { url, events: ['order.paid'] }
  const { id, secret, status } = await rig.want(201, 'POST', '/acme/hooks', { body })
  assert.equal(status, 'active')
  const one = `/acme/hooks/${String(id)}`
  assert.equal((await rig.want(200, 'GET', one))['secret'], `…${String(secret).slice(-4)}`)
  const operator = `/v1/tenants/${rig.tenant}/endpoints/${String(id)}`
  for (const word of ['paused', 'disabled', 'active', 'paused']) {
    assert.equal((await rig.want(200, 'PATCH', one, { body: { status: word } }))['status'], word)
    assert.equal((await rig.want(200, 'GET', one))['status'], word)
    const { body: seen } = await rig.operator.call('GET', operator)
    assert.equal((seen as { enabled: boolean }).enabled, word === 'active')
  }
  assert.deepEqual((await rig.ask('PATCH', one, { body: { status: 'off' } })).body['faults'], ['status choice'])
  const paused = await rig.want(201, 'POST', '/acme/hooks', { body: { ...body, status: 'paused' } })
  assert.equal(paused['status'], 'paused')
  await rig.operator.call('PATCH', operator, { enabled: true })
  assert.equal((await rig.want(200, 'GET', one))['status'], 'active')
})

test('a webhook has default event types, and a secret only if its customer chose one', async (t) => {
  const dialect = acme({
    endpoint: {
      id: { is: 'id' },
      events: { is: 'eventTypes', on, default: ['order.paid'] },
      'config.url': { is: 'url', on: 'create! change' },
      'config.secret': { is: 'secret', on, shown: 'never', masked: '********', generated: false },
    },
    routes,
    deliveries: { ...acmeDeliveries, headers: { 'x-signature': signature(hmac()) } },
  })
  const rig = await startDialect(t, dialect)
  const address = `${rig.receiver.url}/`
  const { id, ...shown } = await rig.want(201, 'POST', '/acme/hooks', { body: { config: { url: address } } })
  assert.deepEqual(shown, { events: ['order.paid'], config: { url: address } })
  await rig.operator.postEvent({ tenant: rig.tenant, type: 'order.paid', data: {} })
  const [unsigned] = await rig.receiver.untilReceived(1)
  assert.ok(!('x-signature' in (unsigned?.headers ?? {})))
  const one = `/acme/hooks/${String(id)}`
  const chosen = { config: { url: address, secret: 'a secret of the customer' } }
  const masked = { config: { url: address, secret: '********' } }
  assert.partialDeepStrictEqual(await rig.want(200, 'PATCH', one, { body: chosen }), masked)
  assert.partialDeepStrictEqual(await rig.want(200, 'GET', one), masked)
  await rig.operator.postEvent({ tenant: rig.tenant, type: 'order.paid', data: {} })
  const [, signed] = await rig.receiver.untilReceived(2)
  const expected = createHmac('sha256', 'a secret of the customer')
    .update(signed?.body ?? '')
    .digest('hex')
  assert.equal(signed?.headers['x-signature'], expected)
  const replaced = await rig.want(200, 'PUT', one, { body: { events: ['order.sent'], config: { url: address } } })
  assert.deepEqual(replaced, { id, events: ['order.sent'], config: { url: address } })
})

test('an object of a webhook is shown and changed alone', async (t) => {
  const dialect = acme({
    endpoint: {
      id: { is: 'id' },
      events: { is: 'eventTypes', on: 'create!' },
      'config.url': { is: 'url', on: 'create! change' },
      'config.format': { is: 'detail', on, default: 'json', schema: { enum: ['json', 'form'] } },
    },
    routes: {
      ...routes,
      'GET   /acme/hooks/{id}/config': get({ member: 'config' }),
      'PATCH /acme/hooks/{id}/config': change({ member: 'config', wrap: 'data' }),
    },
  })
  const { ask, want } = await startDialect(t, dialect)
  const { id } = await want(201, 'POST', '/acme/hooks', { body: { events: ['order.paid'], config: { url } } })
  const one = `/acme/hooks/${String(id)}`
  assert.deepEqual(await want(200, 'GET', `${one}/config`), { url, format: 'json' })
  const changed = await want(200, 'PATCH', `${one}/config`, { body: { format: 'form' } })
  assert.deepEqual(changed, { data: { url, format: 'form' } })
  assert.partialDeepStrictEqual(await want(200, 'GET', one), { events: ['order.paid'], config: { format: 'form' } })
  assert.deepEqual((await ask('PATCH', `${one}/config`, { body: { format: 'xml' } })).status, 400)
  assert.throws(() => memberSchema(Type.Object({}), 'config'), /routes: no field of a change is inside config/)
})
