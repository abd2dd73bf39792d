// The shapes of answers: nested fields, links, constants, wrapped endpoints, media types.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Type } from 'typebox'
import { acme, startDialect } from '../../../test/support/dialect-rig.ts'
import { change, create, get, list, remove, removeShown } from './operations.ts'
import { cursorPages } from '../pages/cursor-pages.ts'

const hook = { config: { url: 'https://example.com/in', secret: 's3cret' }, events: ['order.paid'] }

test('fields inside objects are taken, shown, documented and named in faults', async (t) => {
  const dialect = acme({
    endpoint: {
      id: { is: 'id' },
      'config.url': { is: 'url', on: 'create! change' },
      'config.secret': { is: 'secret', on: 'create change', masked: '********', shown: 'never' },
      events: { is: 'eventTypes', on: 'create! change' },
      'config.more.active': { is: 'enabled', on: 'create change' },
    },
    routes: { 'POST /acme': create(), 'PATCH /acme/{id}': change(), 'GET /acme/{id}': get() },
  })
  const { ask, want } = await startDialect(t, dialect)
  const made = await want(201, 'POST', '/acme', { body: hook })
  const config = { url: hook.config.url, secret: '********', more: { active: true } }
  assert.deepEqual(made, { id: made['id'], config, events: ['order.paid'] })
  const path = `/acme/${String(made['id'])}`
  await want(200, 'PATCH', path, { body: { config: { more: { active: false } } } })
  assert.deepEqual((await want(200, 'GET', path))['config'], { ...config, more: { active: false } })

  const faultsOf = async (given: unknown) =>
    (await ask('POST', '/acme', { body: { ...hook, config: given } })).body['faults']
  assert.deepEqual(await faultsOf({}), ['config.url required'])
  assert.deepEqual(await faultsOf(undefined), ['config required'])
  assert.deepEqual(await faultsOf('text'), ['config type'])
  assert.deepEqual(await faultsOf({ url: 'no url' }), ['config.url format'])
  assert.deepEqual(await faultsOf({ url: 'https://example.com/\0' }), ['config.url format'])
  assert.deepEqual(await faultsOf({ url: 'https://example.com/', secret: '\ud800' }), ['config.secret format'])
})

test('links have the public URL and the parents of the request', async (t) => {
  const dialect = acme({
    endpoint: {
      uri: { is: 'link', path: '/acme/{owner}/hooks/{id}' },
      _links: { is: 'link', path: '/acme/{owner}/hooks/{id}/pings', as: (href) => ({ pings: [{ href }] }) },
      target: { is: 'url', on: 'create!' },
      events: { is: 'eventTypes', on: 'create!' },
    },
    routes: {
      'POST /acme/{owner}/hooks': create({ wrap: 'resource' }),
      'GET /acme/{owner}/hooks': list({ wrap: 'collection' }),
      'GET /acme/{owner}/hooks/{id}': get({ id: { in: 'path', name: 'id' }, wrap: 'resource' }),
    },
  })
  const { url, want } = await startDialect(t, dialect)
  const body = { target: 'https://example.com/', events: ['order.paid'] }
  const { resource } = await want(201, 'POST', '/acme/me%2Fyou/hooks', { body })
  const { uri, _links } = resource as { uri: string; _links: object }
  assert.ok(uri.startsWith(`${url}/acme/me%2Fyou/hooks/hook_`), uri)
  assert.deepEqual(_links, { pings: [{ href: `${uri}/pings` }] })
  assert.deepEqual(await want(200, 'GET', uri.slice(url.length)), { resource })
  const proxied = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.acme.example' }
  const seen = await want(200, 'GET', uri.slice(url.length), { headers: proxied })
  assert.equal((seen['resource'] as { uri: string }).uri, uri.replace(url, 'https://api.acme.example'))
  assert.deepEqual(await want(200, 'GET', '/acme/me%2Fyou/hooks'), { collection: [resource] })
})

suite('an answer may have any shape:', () => {
  test('constants, a list object, and a note of a deleted webhook', async (t) => {
    const dialect = acme({
      endpoint: {
        id: { is: 'id' },
        object: { is: 'computed', show: () => 'webhook_endpoint', schema: { const: 'webhook_endpoint' } },
        url: { is: 'url', on: 'create! change' },
        enabled_events: { is: 'eventTypes', on: 'create! change' },
      },
      routes: {
        'GET /acme': list({
          pages: cursorPages({
            after: 'starting_after',
            before: 'ending_before',
            cursors: 'ids',
            sizeDefault: 10,
            sizeMax: 100,
            answer: (data, { hasMore }) => ({ object: 'list', data, has_more: hasMore, url: '/acme' }),
          }),
        }),
        'POST /acme': create({ status: 200 }),
        'POST /acme/{id}': change(),
        'DELETE /acme/{id}': remove({ answer: (id) => ({ id, object: 'webhook_endpoint', deleted: true }) }),
      },
    })
    const { want } = await startDialect(t, dialect)
    const body = { url: 'https://example.com/', enabled_events: ['order.paid'] }
    const made = await want(200, 'POST', '/acme', { body })
    assert.deepEqual(made, { id: made['id'], object: 'webhook_endpoint', ...body })
    const path = `/acme/${String(made['id'])}`
    const changed = await want(200, 'POST', path, { body: { url: 'https://example.com/other' } })
    assert.deepEqual(changed, { ...made, url: 'https://example.com/other' })
    assert.deepEqual(await want(200, 'GET', '/acme'), {
      object: 'list',
      data: [changed],
      has_more: false,
      url: '/acme',
    })
    assert.deepEqual(await want(200, 'DELETE', path), { id: made['id'], object: 'webhook_endpoint', deleted: true })
  })

  test('JSON:API, with its media type, and a body inside a member', async (t) => {
    const mediaType = 'application/vnd.api+json'
    const dialect = acme({
      api: { title: 'Acme', version: '1', prefixes: ['/acme'], mediaType, bodyMember: 'data' },
      endpoint: {
        type: { is: 'computed', show: () => 'webhook', schema: { const: 'webhook' } },
        id: { is: 'id' },
        'attributes.url': { is: 'url', on: 'create! change' },
        'attributes.topics': { is: 'eventTypes', on: 'create! change' },
      },
      routes: {
        'GET /acme': list({ wrap: 'data' }),
        'POST /acme': create({ wrap: (webhook) => ({ data: webhook, meta: { version: 1 } }) }),
        'DELETE /acme/{id}': removeShown({ wrap: 'data' }),
      },
    })
    const { ask, want } = await startDialect(t, dialect)
    const attributes = { url: 'https://example.com/', topics: ['order.paid'] }
    const raw = (data: unknown) => ({ raw: [mediaType, JSON.stringify({ data })] as const })
    const answer = await ask('POST', '/acme', raw({ type: 'webhook', attributes }))
    const data = { type: 'webhook', id: (answer.body['data'] as { id: string }).id, attributes }
    assert.deepEqual([answer.status, answer.body], [201, { data, meta: { version: 1 } }])
    assert.equal(answer.headers['content-type'], mediaType)
    assert.deepEqual(await want(200, 'GET', '/acme'), { data: [data] })
    const wrong = await ask('POST', '/acme', raw({ attributes: { url: 'no url' } }))
    assert.deepEqual(wrong.body['faults'], ['attributes.topics required'])
    const refused = await ask('POST', '/acme', raw({ attributes: { ...attributes, url: 'no url' } }))
    assert.deepEqual(refused.body['faults'], ['attributes.url format'])
    assert.deepEqual((await ask('POST', '/acme', { body: {} })).body['faults'], ['data required'])
    assert.deepEqual(await want(200, 'DELETE', `/acme/${data.id}`), { data })
    assert.deepEqual(await want(200, 'GET', '/acme'), { data: [] })
  })

  test('a list that is an object by id', async (t) => {
    const dialect = acme({
      routes: {
        'POST /acme': create(),
        'GET /acme': list({
          wrap: (webhooks) => ({
            webhooks: Object.fromEntries((webhooks as { id: string }[]).map(({ id, ...rest }) => [id, rest])),
          }),
        }),
      },
    })
    const { want } = await startDialect(t, dialect)
    const body = { url: 'https://example.com/', events: ['order.paid'] }
    const { id } = await want(201, 'POST', '/acme', { body })
    assert.deepEqual(await want(200, 'GET', '/acme'), { webhooks: { [String(id)]: body } })
  })
})

test('a check refuses a request by a rule of the product', async (t) => {
  const dialect = acme({
    routes: {
      'POST /acme': create(),
      'DELETE /acme/{id}': remove({
        query: { force: Type.Boolean() },
        check: ({ query }) =>
          query['force'] === true ? null : { kind: 'conflict', code: 'no_trash', detail: 'a webhook has no trash' },
      }),
    },
  })
  const { want } = await startDialect(t, dialect)
  const body = { url: 'https://example.com/', events: ['order.paid'] }
  const path = `/acme/${String((await want(201, 'POST', '/acme', { body }))['id'])}`
  assert.deepEqual(await want(409, 'DELETE', `${path}?force=false`), { message: 'A webhook has no trash.', faults: [] })
  await want(204, 'DELETE', `${path}?force=true`)
})
