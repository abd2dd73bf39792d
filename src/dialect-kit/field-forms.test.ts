// The forms in which products write event types, switches and masks, on a running server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, startDialect } from '../../test/support/dialect-rig.ts'
import type { DialectDefinition } from './definition.ts'
import { change, create, get, replace } from './operations.ts'

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
