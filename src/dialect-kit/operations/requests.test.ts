// Requests of other forms than JSON, and ids outside the path.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { acme, type CustomerRequest, startDialect } from '../../../test/support/dialect-rig.ts'
import { limits } from '../../domain/limits.ts'
import { keyParameter } from '../access/authentication.ts'
import { patch } from './json-patch.ts'
import { change, create, get, remove, rotate } from './operations.ts'
import { subscribe, subscriptions, unsubscribe } from './operations-on-types.ts'

const form = (content: string): CustomerRequest => ({ raw: ['application/x-www-form-urlencoded', content] })

async function multipart(fields: FormData): Promise<CustomerRequest> {
  const response = new Response(fields)
  return { raw: [response.headers.get('content-type') ?? '', Buffer.from(await response.arrayBuffer())] }
}

const formDialect = acme({
  requests: ['form', 'multipart'],
  endpoint: {
    id: { is: 'id' },
    Url: { is: 'url', on: 'create! change' },
    enabled_events: { is: 'eventTypes', on: 'create! change', known: true },
    'options.active': { is: 'enabled', on: 'create change' },
    description: { is: 'description', on: 'create change', nullable: true },
    headers: { is: 'headers', on: 'create change' },
  },
  routes: { 'POST /acme': create(), 'POST /acme/{id}': change(), 'GET /acme/{id}': get() },
})

const made = {
  Url: 'https://example.com/in',
  enabled_events: ['order.paid', 'order.sent'],
  options: { active: false },
  description: 'a+b &c',
  headers: { 'X-Shop': '1' },
}

test('a form is converted by the schema of the fields', async (t) => {
  const { ask, want, document } = await startDialect(t, formDialect)
  const ways = [
    'Url=https://example.com/in&enabled_events[]=order.paid&enabled_events[]=order.sent&options[active]=false' +
      '&description=a%2Bb+%26c&headers[X-Shop]=1',
    'Url=https%3A%2F%2Fexample.com%2Fin&enabled_events=order.paid&enabled_events=order.sent&options%5Bactive%5D=false' +
      '&description=a%2Bb%20%26c&headers%5BX-Shop%5D=1',
    'Url=https://example.com/in&enabled_events[1]=order.sent&enabled_events[0]=order.paid&options[active]=false' +
      '&description=a%2Bb+%26c&headers[X-Shop]=1',
  ]
  for (const way of ways) {
    const { id, ...rest } = await want(201, 'POST', '/acme', form(way))
    assert.deepEqual(rest, made, way)
    const changed = await want(200, 'POST', `/acme/${String(id)}`, form('enabled_events=order.sent&description='))
    assert.deepEqual(changed, { id, ...made, enabled_events: ['order.sent'], description: null })
  }
  const fields = new FormData()
  fields.append('Url', made.Url)
  for (const type of made.enabled_events) fields.append('enabled_events[]', type)
  fields.append('options[active]', 'false')
  fields.append('description', made.description)
  fields.append('headers[X-Shop]', '1')
  const { id, ...rest } = await want(201, 'POST', '/acme', await multipart(fields))
  assert.deepEqual(rest, made)
  assert.equal((await ask('POST', `/acme/${String(id)}`, form(''))).status, 200)

  const { requestBody } = (document.paths['/acme']?.['post'] ?? {}) as { requestBody?: { content: object } }
  assert.deepEqual(Object.keys(requestBody?.content ?? {}), [
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ])
})

test('an idempotency key is that of one form, and a key in the query is not stored with it', async (t) => {
  const dialect = acme({
    requests: ['form', 'multipart'],
    idempotencyKeys: true,
    authentication: keyParameter('access_token'),
    routes: { 'POST /acme': create() },
  })
  const { ask, key } = await startDialect(t, dialect)
  const post = async (request: CustomerRequest) => {
    const asked = { ...request, headers: { 'idempotency-key': 'once' } }
    const { status, headers, body } = await ask('POST', `/acme?access_token=${key}`, asked)
    return [status, headers['idempotency-replayed'], body['id']]
  }
  const text = 'url=https%3A%2F%2Fexample.com%2F&events=order.paid'
  const [, , id] = await post(form(text))
  assert.deepEqual(await post(form(text)), [201, 'true', id])
  assert.equal((await post(form(`${text}&events=order.sent`)))[0], 409)
  const fields = new FormData()
  fields.append('url', 'https://example.com/')
  fields.append('events', 'order.paid')
  assert.deepEqual(await post(await multipart(fields)), [201, 'true', id])
  fields.append('events', 'order.sent')
  assert.equal((await post(await multipart(fields)))[0], 409)
})

suite('a form is refused with a clear fault:', () => {
  const long = Array.from({ length: limits.formFieldsMax + 1 }, () => 'a=1').join('&')
  const good = 'Url=https://example.com/in&enabled_events=order.paid'
  const cases: Readonly<Record<string, readonly [body: string, answer: object]>> = {
    'no boolean': [`${good}&options[active]=yes`, { message: /must be boolean/i, faults: ['options.active type'] }],
    'a text twice': [`${good}&Url=b`, { faults: ['Url type'] }],
    'an object in place of a text': ['Url[a]=b&enabled_events=order.paid', { faults: ['Url type'] }],
    'a text in place of an object': [`${good}&options=on`, { faults: ['options type'] }],
    'an unknown event type': [`${good}&enabled_events=other`, { faults: ['enabled_events.1 choice'] }],
    'an empty list': ['Url=https://example.com/in&enabled_events=', { faults: ['enabled_events length'] }],
    NUL: [`${good}&description=a%00`, { faults: ['description format'] }],
    'too many fields': [`${good}&${long}`, { message: /more than 1000 fields/, faults: [] }],
    'too deep': [`${good}&headers${'[a]'.repeat(20)}=1`, { message: /deeper than 8 levels/, faults: [] }],
    'a broken escape': [`${good}&description=%zz`, { message: /a % that begins no character/, faults: [] }],
    'the prototype': [`${good}&__proto__[url]=1&headers[__proto__]=1&headers[constructor]=é`, { faults: [/./] }],
  }
  test('every case', async (t) => {
    const { ask } = await startDialect(t, formDialect)
    for (const [title, [body, answer]] of Object.entries(cases)) {
      const refused = await ask('POST', '/acme', form(body))
      assert.equal(refused.status, 400, `${title}: ${refused.text}`)
      const { message, faults = [] } = answer as { message?: RegExp; faults?: unknown[] }
      if (message !== undefined) assert.match(String(refused.body['message']), message, title)
      if (!faults.some((fault) => fault instanceof RegExp)) assert.deepEqual(refused.body['faults'], faults, title)
    }
    assert.equal(({} as Record<string, unknown>)['url'], undefined)
    const asJson = await ask('POST', '/acme', { body: made })
    assert.equal(asJson.status, 415)
    assert.match(String(asJson.body['message']), /as application\/x-www-form-urlencoded or multipart\/form-data/)
    const latin = { raw: ['application/x-www-form-urlencoded; charset=latin1', good] } as const
    assert.equal((await ask('POST', '/acme', latin)).status, 415)
    const file = new FormData()
    file.append('Url', new Blob(['https://example.com/']), 'url.txt')
    assert.match((await ask('POST', '/acme', await multipart(file))).text, /the part Url is a file/)
    const noParts = await ask('POST', '/acme', { raw: ['multipart/form-data; boundary=x', 'no parts'] })
    assert.match(noParts.text, /not multipart\/form-data/)
    const big = await ask('POST', '/acme', form(`${good}&description=${'a'.repeat(limits.managementBodyBytesMax)}`))
    assert.equal(big.status, 413)
  })
})

test('verbs have the id in the body or in the query', async (t) => {
  const id = { in: 'body', name: 'webhook_id' } as const
  const dialect = acme({
    endpoint: { ...webhook, secret: { is: 'secret', shown: 'create rotate' } },
    routes: {
      'POST /acme/webhooks.create': create(),
      'POST /acme/webhooks.update': change({ id }),
      'POST /acme/webhooks.rotate': rotate({ id }),
      'POST /acme/webhooks.delete': remove({ id, answer: () => ({ ok: true }) }),
      'GET /acme/webhooks.info': get({ id: { in: 'query', name: 'webhook' } }),
    },
  })
  const { ask, want } = await startDialect(t, dialect)
  const body = { url: 'https://example.com/', events: ['order.paid'] }
  const { id: webhookId } = await want(201, 'POST', '/acme/webhooks.create', { body })
  const other = { webhook_id: webhookId, url: 'https://example.com/other' }
  assert.equal((await want(200, 'POST', '/acme/webhooks.update', { body: other }))['url'], other.url)
  assert.equal((await want(200, 'GET', `/acme/webhooks.info?webhook=${String(webhookId)}`))['url'], other.url)
  assert.match(
    String((await want(200, 'POST', '/acme/webhooks.rotate', { body: { webhook_id: webhookId } }))['secret']),
    /^sec_/,
  )
  assert.deepEqual((await ask('POST', '/acme/webhooks.update', { body: { url: other.url } })).body['faults'], [
    'webhook_id required',
  ])
  assert.deepEqual((await ask('GET', '/acme/webhooks.info')).body['faults'], ['webhook required'])
  assert.equal((await ask('POST', '/acme/webhooks.delete', { body: { webhook_id: 'hook_0' } })).status, 404)
  const gone = await want(200, 'POST', '/acme/webhooks.delete', { body: { webhook_id: webhookId } })
  assert.deepEqual(gone, { ok: true })
})

const webhook = {
  id: { is: 'id' },
  url: { is: 'url', on: 'create! change' },
  events: { is: 'eventTypes', on: 'create! change' },
} as const

test('subscriptions are added and removed one by one', async (t) => {
  const dialect = acme({
    routes: {
      'POST /acme': create(),
      'GET /acme/{id}/events': subscriptions({ wrap: 'subscriptions' }),
      'POST /acme/{id}/events': subscribe({ each: (type) => ({ type }) }),
      'DELETE /acme/{id}/events/{name}': unsubscribe(),
    },
  })
  const { ask, want } = await startDialect(t, dialect)
  const body = { url: 'https://example.com/', events: ['order.paid'] }
  const path = `/acme/${String((await want(201, 'POST', '/acme', { body }))['id'])}/events`
  assert.deepEqual(await want(201, 'POST', path, { body: { name: 'order.sent' } }), { type: 'order.sent' })
  await want(201, 'POST', path, { body: { name: 'order.sent' } })
  const both = { subscriptions: [{ name: 'order.paid' }, { name: 'order.sent' }] }
  assert.deepEqual(await want(200, 'GET', path), both)
  assert.deepEqual((await ask('POST', path, { body: { name: 'other' } })).body['faults'], ['name choice'])
  assert.deepEqual((await ask('POST', path, { body: {} })).body['faults'], ['name required'])
  await want(204, 'DELETE', `${path}/order.paid`)
  assert.equal((await ask('DELETE', `${path}/order.paid`)).status, 404)
  assert.equal((await ask('DELETE', `${path}/order.sent`)).status, 400)
  assert.deepEqual(await want(200, 'GET', path), { subscriptions: [{ name: 'order.sent' }] })
})

test('a path may have an ending after the id', async (t) => {
  const dialect = acme({ routes: { 'POST /acme/hooks.json': create(), 'GET /acme/hooks/{id}.json': get() } })
  const { ask, want } = await startDialect(t, dialect)
  const body = { url: 'https://example.com/', events: ['order.paid'] }
  const { id } = await want(201, 'POST', '/acme/hooks.json', { body })
  assert.equal((await want(200, 'GET', `/acme/hooks/${String(id)}.json`))['id'], id)
  assert.equal((await ask('GET', `/acme/hooks/${String(id)}`)).status, 404)
})

test('JSON Patch changes the fields that its operations name', async (t) => {
  const dialect = acme({
    endpoint: {
      id: { is: 'id' },
      url: { is: 'url', on: 'create! change' },
      event_types: { is: 'eventTypes', on: 'create! change', known: true },
      'more.note': { is: 'description', on: 'create change', nullable: true },
      'more.secret': { is: 'secret', on: 'create change', shown: 'create' },
    },
    routes: { 'POST /acme': create(), 'PATCH /acme/{id}': patch(), 'GET /acme/{id}': get() },
  })
  const { ask, want, document } = await startDialect(t, dialect)
  const body = { url: 'https://example.com/', event_types: ['order.paid'], more: { note: 'a', secret: 'k' } }
  const path = `/acme/${String((await want(201, 'POST', '/acme', { body }))['id'])}`
  const patched = (...operations: readonly object[]) =>
    ask('PATCH', path, { raw: ['application/json-patch+json', JSON.stringify(operations)] })
  const changed = await patched(
    { op: 'replace', path: '/url', value: 'https://example.com/other' },
    { op: 'add', path: '/event_types/-', value: 'order.sent' },
    { op: 'remove', path: '/event_types/0' },
    { op: 'remove', path: '/more/note' },
    { op: 'replace', path: '/more/secret', value: 'new' },
  )
  const { id, ...shown } = changed.body
  assert.deepEqual(shown, { url: 'https://example.com/other', event_types: ['order.sent'], more: { note: null } })
  assert.deepEqual(await want(200, 'GET', path), { id, ...shown })

  const faultsOf = async (...operations: readonly object[]) => (await patched(...operations)).body['faults']
  const url = { path: '/url', value: 'https://example.com/' }
  assert.deepEqual(await faultsOf({ op: 'replace', path: '/id', value: '1' }), ['0.path unknown'])
  assert.deepEqual(await faultsOf({ op: 'add', ...url }, { op: 'remove', path: '/event_types/7' }), ['1.path choice'])
  assert.deepEqual(await faultsOf({ op: 'remove', path: '/url' }), ['url type'])
  assert.deepEqual(await faultsOf({ op: 'add', path: '/event_types/-', value: 'x' }), ['event_types.1 choice'])
  assert.deepEqual(await faultsOf({ op: 'add', path: '/url' }), ['0.path choice'])
  assert.deepEqual(await faultsOf({ op: 'add', path: '/url', value: 'no url' }), ['url format'])
  assert.deepEqual(await faultsOf({ op: 'add', path: '/more/note', value: '\0' }), ['more.note format'])
  assert.deepEqual(await faultsOf({ op: 'move', from: '/url', path: '/more/note' }), ['0.op choice'])
  assert.deepEqual(await faultsOf({ op: 'add', path: '/more/__proto__/x', value: 1 }), ['0.path unknown'])
  assert.match((await patched()).text, /the body must be a JSON array of 1 to 100 elements/)
  assert.match((await ask('PATCH', path, { body: {} })).text, /the body must be a JSON array/)
  assert.match((await ask('PATCH', path)).text, /the body must be a JSON array/)
  assert.deepEqual(await want(200, 'GET', path), { id, ...shown })
  const { requestBody } = (document.paths['/acme/{id}']?.['patch'] ?? {}) as { requestBody?: { content: object } }
  assert.deepEqual(Object.keys(requestBody?.content ?? {}), ['application/json-patch+json', 'application/json'])
})
