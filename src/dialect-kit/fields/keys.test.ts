// Endpoints that customers name: by an id of their own, and by the event type, below a parent; and PUT, which creates one or
// replaces it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, startDialect } from '../../../test/support/dialect-rig.ts'
import { change, create, get, list, remove, rotate } from '../operations/operations.ts'
import { put } from '../operations/put.ts'
import { cursorPages } from '../pages/cursor-pages.ts'

const url = 'https://example.com/'

test('an endpoint has the id that its customer chose', async (t) => {
  const dialect = acme({
    endpoint: {
      id: { is: 'detail', key: true, on: 'create!', schema: { pattern: '^[a-z-]{1,10}$' } },
      url: { is: 'url', on: 'create! change' },
      events: { is: 'eventTypes', on: 'create! change' },
      note: { is: 'detail', on: 'create change', nullable: true },
      secret: { is: 'secret', shown: 'rotate' },
    },
    routes: {
      'GET    /acme/channels': list({ wrap: 'channels' }),
      'POST   /acme/channels': create(),
      'POST   /acme/channels/stop': remove({ id: { in: 'body', name: 'id' }, answer: (id) => ({ stopped: id }) }),
      'GET    /acme/channels/{id}': get(),
      'PATCH  /acme/channels/{id}': change(),
      'PUT    /acme/channels/{id}': put(),
      'POST   /acme/channels/{id}/secret': rotate(),
    },
  })
  const rig = await startDialect(t, dialect)
  const events = ['order.paid']
  const first = { id: 'first', url, events, note: null }
  assert.deepEqual(await rig.want(201, 'POST', '/acme/channels', { body: { id: 'first', url, events } }), first)
  assert.deepEqual(await rig.want(200, 'GET', '/acme/channels/first'), first)
  assert.equal((await rig.ask('POST', '/acme/channels', { body: first })).status, 409)
  const wrong = await rig.ask('POST', '/acme/channels', { body: { ...first, id: 'With Blank' } })
  assert.deepEqual(wrong.body['faults'], ['id format'])
  const changed = { ...first, note: 'n' }
  assert.deepEqual(await rig.want(200, 'PATCH', '/acme/channels/first', { body: { note: 'n' } }), changed)
  assert.ok((await rig.want(200, 'POST', '/acme/channels/first/secret'))['secret'])

  assert.deepEqual(await rig.want(200, 'PUT', '/acme/channels/first', { body: { url, events } }), first)
  const second = { id: 'second', url, events: ['order.sent'], note: 's' }
  assert.deepEqual(await rig.want(201, 'PUT', '/acme/channels/second', { body: { ...second, id: 'ignored' } }), second)
  assert.deepEqual((await rig.want(200, 'GET', '/acme/channels'))['channels'], [second, first])
  const third = ['a', 'b', 'c'].map(async (note) =>
    rig.ask('PUT', '/acme/channels/third', { body: { url, events, note } }),
  )
  const statuses = (await Promise.all(third)).map(({ status }) => status)
  assert.deepEqual(
    statuses.toSorted((one, other) => one - other),
    [200, 200, 201],
  )

  assert.deepEqual(await rig.want(200, 'POST', '/acme/channels/stop', { body: { id: 'first' } }), { stopped: 'first' })
  assert.equal((await rig.ask('GET', '/acme/channels/first')).status, 404)
  // The id is free again.
  await rig.want(201, 'POST', '/acme/channels', { body: { id: 'first', url, events } })
})

test('an endpoint is named by its event type, once below each parent', async (t) => {
  const dialect = acme({
    endpoint: {
      domain: { is: 'detail', from: 'path', on: 'create!', shown: 'never' },
      name: { is: 'eventType', key: true, known: true, on: 'create!' },
      url: { is: 'url', on: 'create! change' },
    },
    routes: {
      'POST   /acme/{domain}/webhooks': create(),
      'GET    /acme/{domain}/webhooks/{name}': get(),
      'DELETE /acme/{domain}/webhooks/{name}': remove({ answer: (name) => ({ message: `${name} has been deleted` }) }),
      'POST   /acme/{domain}/subscriptions': put({ status: 200 }),
    },
  })
  const rig = await startDialect(t, dialect)
  const paid = { name: 'order.paid', url }
  assert.deepEqual(await rig.want(201, 'POST', '/acme/a.example/webhooks', { body: paid }), paid)
  await rig.want(201, 'POST', '/acme/b.example/webhooks', { body: paid })
  assert.equal((await rig.ask('POST', '/acme/a.example/webhooks', { body: paid })).status, 409)
  const moved = { ...paid, url: 'https://example.com/moved' }
  assert.deepEqual(await rig.want(200, 'POST', '/acme/b.example/subscriptions', { body: moved }), moved)
  assert.deepEqual(await rig.want(200, 'GET', '/acme/a.example/webhooks/order.paid'), paid)
  assert.deepEqual(await rig.want(200, 'GET', '/acme/b.example/webhooks/order.paid'), moved)
  const deleted = await rig.want(200, 'DELETE', '/acme/a.example/webhooks/order.paid')
  assert.deepEqual(deleted, { message: 'order.paid has been deleted' })
  const absent = await rig.ask('GET', '/acme/a.example/webhooks/order.paid')
  assert.equal(absent.status, 404)
  await rig.want(200, 'GET', '/acme/b.example/webhooks/order.paid')
})

test('a key that cannot name an endpoint is refused', () => {
  const refused = (field: object, message: RegExp) =>
    assert.throws(
      () => acme({ endpoint: { name: field, id: { is: 'detail', key: true, on: 'create' } } as never }),
      message,
    )
  refused(
    { is: 'detail', key: true, on: 'create' },
    /^DefinitionError: endpoint\.name\.key: only one field can be the key/,
  )
  assert.throws(
    () => acme({ routes: { 'PUT /acme/hooks/{id}': put() } }),
    /^DefinitionError: routes\["PUT \/acme\/hooks\/\{id\}"\]: webhooks\.put\(\) needs a field with "key: true"/,
  )
  const byId = cursorPages({ after: 'after', cursors: 'ids', sizeDefault: 10, sizeMax: 10, answer: (items) => items })
  assert.throws(
    () =>
      acme({
        endpoint: { name: { is: 'detail', key: true, on: 'create!' } } as never,
        routes: { 'GET /acme/hooks': list({ pages: byId }) },
      }),
    /^DefinitionError: routes\["GET \/acme\/hooks"\]: the cursors of pages cannot be ids: the field name with "key: true"/,
  )
  const alone = (field: object, message: RegExp) =>
    assert.throws(() => acme({ endpoint: { name: field } as never }), message)
  alone({ is: 'detail', key: true, on: 'create change' }, /endpoint\.name\.key: the key is taken on create, and never/)
  alone({ is: 'description', key: true, on: 'create' }, /endpoint\.name\.key: a field of the kind description cannot/)
})
