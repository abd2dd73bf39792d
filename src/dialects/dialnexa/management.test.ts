// DialNexa's API beyond the suite of all dialects: the exact answers of its reference, pages and filters, lists of
// faults.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { checkRefusal } from '../../../test/conformance/dialects/answers.ts'
import type { Customer } from '../../../test/conformance/dialects/customer.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('dialnexa')
const path = '/v1/user-webhooks'

onOneServer("DialNexa's API", profile, onSqlite, (add) => {
  const { api } = profile
  const reference = { url: 'https://yourapp.com/webhooks/dialnexa', events: ['call.completed', 'call.failed'] }

  add('the answers are those of the reference, field by field', async (world) => {
    const customer = await world.customer()
    const before = Date.now()
    const body = { ...reference, secret: 'whsec_my', is_active: true }
    const { status, body: created } = await customer.ask({ method: 'POST', path, body })
    const { id, created_at: createdAt, secret, ...rest } = created as Record<string, unknown>
    assert.equal(status, 201)
    assert.deepEqual(rest, { ...reference, is_active: true })
    assert.equal(secret, 'whsec_my')
    assert.ok(Date.parse(String(createdAt)) >= before && Date.parse(String(createdAt)) <= Date.now())

    const webhook = { id, ...reference, is_active: true, created_at: createdAt }
    const one = `${path}/${String(id)}`
    const ask = async (request: { method: string; path: string; body?: unknown }) => (await customer.ask(request)).text
    assert.equal(await ask({ method: 'GET', path: one }), JSON.stringify(webhook))
    assert.equal(await ask({ method: 'PATCH', path: one, body: {} }), JSON.stringify(webhook))
    const meta = { page: 1, limit: 20, total: 1, totalPages: 1 }
    assert.equal(await ask({ method: 'GET', path }), JSON.stringify({ data: [webhook], meta }))
    assert.equal(await ask({ method: 'DELETE', path: one }), '{"message":"Webhook deleted."}')
    const gone = '{"statusCode":404,"message":"Webhook not found","error":"Not Found"}'
    assert.equal(await ask({ method: 'DELETE', path: one }), gone)
    assert.equal(await ask({ method: 'GET', path: one }), gone)
    assert.equal(await ask({ method: 'PATCH', path: one, body: {} }), gone)
  })

  add('a new webhook is active unless the request says otherwise', async (world) => {
    const customer = await world.customer()
    const { url } = world.hook()
    assert.equal((await customer.create(api.sample(url, 0)))['is_active'], true)
    const inactive = await customer.create({ ...api.sample(url, 0), is_active: false })
    assert.equal(inactive['is_active'], false)
    assert.equal((await world.post(customer.tenant, { type: 'call.completed' })).deliveries, 1)
  })

  add('after create, no answer contains the secret, not even a refusal', async (world) => {
    const customer = await world.customer()
    const { id, sent } = await customer.endpoint(world.hook().url)
    const secret = String(sent['secret'])
    const one = `${path}/${id}`
    for (const request of [
      { method: 'GET', path },
      { method: 'GET', path: one },
      { method: 'PATCH', path: one, body: { secret } },
      { method: 'PATCH', path: one, body: { secret, url: '' } },
      { method: 'PATCH', path: one, body: { secret: secret.repeat(10) } },
      { method: 'POST', path, body: { secret } },
      { method: 'DELETE', path: one },
    ]) {
      const answer = await customer.ask(request)
      assert.ok(!answer.text.includes(secret), `${request.method} ${request.path}: ${answer.text}`)
    }
  })

  add('several faults are answered as a list, in the order of the fields', async (world) => {
    const customer = await world.customer()
    const body = { is_active: 'yes', secret: 5, events: [5, '', 6], url: 'nowhere', limit: 500 }
    const request = { method: 'POST', path, body }
    const { status, body: refused } = await customer.ask(request)
    assert.equal(status, 400)
    assert.deepEqual(refused, {
      statusCode: 400,
      message: [
        'url must be a valid URL',
        'each value in events must be a string',
        'each value in events should not be empty',
        'secret must be a string',
        'is_active must be a boolean value',
      ],
      error: 'Bad Request',
    })
    const late = { ...api.sample('ftp://example.com', 0), events: ['*'] }
    const { body: lateRefused } = await customer.ask({ method: 'POST', path, body: late })
    const name = 'each value in events must be an event name of no more than 128 characters, without wildcards'
    assert.deepEqual(lateRefused, badRequest(['url must be a valid URL', name]))
  })

  add('a change checks the form of the body first, then the id, then our own rules', async (world) => {
    const customer = await world.customer()
    const change = (body: unknown) => ({ method: 'PATCH', path: `${path}/${api.idAbsent}`, body })
    assert.equal((await customer.ask(change({ url: 5 }))).status, 400)
    const request = change({ url: 'ftp://example.com' })
    checkRefusal(profile, 'notFound', await customer.ask(request), { request })
  })

  add('the list has pages of 20 by default and of at most 100, and shows the total', async (world) => {
    const customer = await world.customer()
    const ids: string[] = []
    for (let index = 0; index < 41; index++) ids.unshift((await customer.endpoint(world.hook().url)).id)
    const first = await listed(customer, '')
    assert.deepEqual(first, { ids: ids.slice(0, 20), meta: { page: 1, limit: 20, total: 41, totalPages: 3 } })
    assert.deepEqual((await listed(customer, '?page=2')).ids, ids.slice(20, 40))
    assert.deepEqual((await listed(customer, '?page=3')).ids, ids.slice(40))
    const beyond = { ids: [], meta: { page: 4, limit: 20, total: 41, totalPages: 3 } }
    assert.deepEqual(await listed(customer, '?page=4'), beyond)
    assert.deepEqual((await listed(customer, '?page=9007199254740991')).ids, [])
    const all = { ids, meta: { page: 1, limit: 100, total: 41, totalPages: 1 } }
    assert.deepEqual(await listed(customer, '?limit=100'), all)
    assert.deepEqual((await listed(customer, '?limit=1&page=41')).ids, ids.slice(40))
    const none = { ids: [], meta: { page: 1, limit: 20, total: 0, totalPages: 0 } }
    assert.deepEqual(await listed(await world.customer(), ''), none)
  })

  add('the list can be filtered by is_active', async (world) => {
    const customer = await world.customer()
    const ids: string[] = []
    for (let index = 0; index < 5; index++) ids.unshift((await customer.endpoint(world.hook().url)).id)
    const [a = '', b = '', c = '', d = '', e = ''] = ids
    for (const id of [b, d]) await customer.change(id, { is_active: false })
    assert.deepEqual((await listed(customer, '?is_active=true')).ids, [a, c, e])
    assert.deepEqual((await listed(customer, '?is_active=false')).ids, [b, d])
    const page = { ids: [d], meta: { page: 2, limit: 1, total: 2, totalPages: 2 } }
    assert.deepEqual(await listed(customer, '?is_active=false&limit=1&page=2'), page)
  })

  add('a wrong page, limit or filter is refused, and unknown parameters are ignored', async (world) => {
    const customer = await world.customer()
    const expected: Readonly<Record<string, string | readonly string[]>> = {
      '?page=0': 'page must not be less than 1',
      '?page=-1': 'page must not be less than 1',
      '?page=x': 'page must be an integer number',
      '?page=1.5': 'page must be an integer number',
      '?page=1&page=2': 'page must be an integer number',
      '?limit=0': 'limit must not be less than 1',
      '?limit=101': 'limit must not be greater than 100',
      '?limit=x': 'limit must be an integer number',
      '?is_active=maybe': 'is_active must be a boolean value',
      '?is_active=': 'is_active must be a boolean value',
      '?limit=101&page=0': ['page must not be less than 1', 'limit must not be greater than 100'],
    }
    for (const [query, message] of Object.entries(expected)) {
      const answer = await customer.ask({ method: 'GET', path: `${path}${query}` })
      assert.deepEqual([answer.status, answer.body], [400, badRequest(message)], query)
    }
    assert.equal((await customer.ask({ method: 'GET', path: `${path}?cursor=x` })).status, 200)
  })

  add('the OpenAPI document has the operations of the reference', async (world) => {
    const { body } = await world.ask({ method: 'GET', path: '/openapi/dialnexa.json' })
    const { paths } = body as { paths: Record<string, Record<string, { operationId: string }>> }
    const ids = Object.entries(paths).map(([route, methods]) => [
      route,
      Object.fromEntries(Object.entries(methods).map(([method, { operationId }]) => [method, operationId])),
    ])
    assert.deepEqual(Object.fromEntries(ids), {
      [path]: { get: 'listWebhooks', post: 'createWebhook' },
      [`${path}/{id}`]: { get: 'getWebhook', patch: 'updateWebhook', delete: 'deleteWebhook' },
    })
  })

  async function listed(customer: Customer, query: string): Promise<{ ids: string[]; meta: unknown }> {
    const answer = await customer.ask({ method: 'GET', path: `${path}${query}` })
    assert.equal(answer.status, 200, answer.text)
    const { data, meta } = answer.body as { data: { id: string }[]; meta: unknown }
    return { ids: data.map(({ id }) => id), meta }
  }
})

function badRequest(message: string | readonly string[]): object {
  return { statusCode: 400, message, error: 'Bad Request' }
}
