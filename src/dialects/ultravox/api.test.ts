// The features that only Ultravox's API has: two key headers, PUT beside PATCH, a quota per account; and the exact
// texts of its errors.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { World } from '../../../test/conformance/dialects/world.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('ultravox')

const path = '/api/webhooks'
const sample = { url: 'https://example.com/hook', events: ['call.started', 'call.ended'] }
const agentOne = '3c90c3cc-0d44-4b50-8888-8dd25736052a'

const world = new World(profile, onSqlite)
before(() => world.start())
after(() => world.stop())

describe('a webhook', () => {
  test('has every field of the reference, in the same order, in all answers', async () => {
    const customer = await world.customer()
    const request = { method: 'POST', path, body: { ...sample, secrets: ['your-webhook-secret'] } }
    const created = await customer.ask(request)
    assert.equal(created.status, 201)
    const { webhookId, created: at } = created.body as { webhookId: string; created: string }
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 10_000)
    const expected = {
      webhookId,
      agentId: null,
      created: at,
      url: sample.url,
      secrets: ['your-webhook-secret'],
      events: sample.events,
      status: 'normal',
      lastStatusChange: null,
      recentFailures: [],
    }
    assert.equal(created.text, JSON.stringify(expected))
    const read = await customer.ask({ method: 'GET', path: `${path}/${webhookId}` })
    assert.equal(read.text, created.text)
    const inCapitals = await customer.ask({ method: 'GET', path: `${path}/${webhookId.toUpperCase()}` })
    assert.equal(inCapitals.text, created.text)
    const list = await customer.ask({ method: 'GET', path })
    assert.equal(list.text, `{"next":null,"previous":null,"results":[${read.text}],"total":1}`)
    const removed = await customer.ask({ method: 'DELETE', path: `${path}/${webhookId}` })
    assert.deepEqual([removed.status, removed.text], [204, ''])
  })

  test('gets a generated secret if the request has no secrets, and no secret if it has an empty list', async () => {
    const customer = await world.customer()
    assert.match(String((await customer.create(sample))['secrets']), /^[0-9A-Za-z]{40}$/)
    assert.deepEqual((await customer.create({ ...sample, secrets: [] }))['secrets'], [])
  })

  test('keeps its read-only fields if a request names them', async () => {
    const customer = await world.customer()
    const readOnly = { webhookId: agentOne, created: 5, status: 'unhealthy', lastStatusChange: {}, recentFailures: 'x' }
    const created = await customer.create({ ...sample, ...readOnly })
    assert.notEqual(created['webhookId'], agentOne)
    assert.equal(created['status'], 'normal')
  })
})

describe('PUT', () => {
  test('needs url and events, and replaces the webhook: without agentId and secrets they are as in a new one', async () => {
    const customer = await world.customer()
    const created = await customer.create({ ...sample, agentId: agentOne, secrets: ['s'] })
    const one = `${path}/${String(created['webhookId'])}`
    const put = (body: object) => customer.ask({ method: 'PUT', path: one, body })

    const changes = { url: 'https://example.com/other', events: ['call.billed'] }
    const changed = await put(changes)
    assert.equal(changed.status, 200)
    const { secrets } = changed.body as { secrets: string[] }
    assert.match(String(secrets), /^[0-9A-Za-z]{40}$/)
    assert.deepEqual(changed.body, { ...created, ...changes, agentId: null, secrets })
    const all = { ...sample, agentId: null, secrets: ['t', 's'] }
    assert.deepEqual((await put(all)).body, { ...created, ...all })

    const required = ['This field is required.']
    assert.deepEqual((await put({})).body, { url: required, events: required })
    assert.deepEqual((await put({ url: sample.url })).body, { events: required })
    assert.deepEqual((await put({ events: [] })).body, { url: required })
    assert.deepEqual((await customer.get(String(created['webhookId'])))['secrets'], ['t', 's'])
  })

  test('of an absent webhook is 404', async () => {
    const customer = await world.customer()
    for (const id of [agentOne, 'x']) {
      const answer = await customer.ask({ method: 'PUT', path: `${path}/${id}`, body: sample })
      assert.deepEqual([answer.status, answer.text], [404, '{"detail":"Not found."}'])
    }
  })
})

test('PATCH without fields changes nothing', async () => {
  const customer = await world.customer()
  const created = await customer.create(sample)
  const patched = await customer.ask({ method: 'PATCH', path: `${path}/${String(created['webhookId'])}`, body: {} })
  assert.deepEqual([patched.status, patched.body], [200, created])
})

describe('a key', () => {
  test('is accepted in X-API-Key and in X-Unsafe-API-Key, in any case of the header name', async () => {
    const { key } = await world.customer()
    for (const name of ['X-API-Key', 'x-api-key', 'X-Unsafe-API-Key', 'x-unsafe-api-key']) {
      assert.equal((await world.ask({ method: 'GET', path }, { [name]: key })).status, 200, name)
    }
  })

  test('that is wrong in X-API-Key is refused even if X-Unsafe-API-Key has a right one', async () => {
    const { key } = await world.customer()
    const headers = { 'X-API-Key': 'Zk9Ht7Lm.wX7pN9fM3kLj6tRq2bGhA8yE5cZvD4sT', 'X-Unsafe-API-Key': key }
    const answer = await world.ask({ method: 'GET', path }, headers)
    assert.deepEqual([answer.status, answer.text], [403, '{"detail":"Invalid API key"}'])
  })

  test('that is missing is refused without a `WWW-Authenticate` header', async () => {
    const answer = await world.ask({ method: 'GET', path })
    assert.equal(answer.text, '{"detail":"Authentication credentials were not provided."}')
    assert.deepEqual([answer.status, answer.headers['www-authenticate']], [403, undefined])
  })
})

describe('a web page of another origin', () => {
  const asked = { origin: 'https://app.example.com', 'access-control-request-method': 'PATCH' }

  test('may send X-Unsafe-API-Key and may not send X-API-Key', async () => {
    const preflight = await world.ask({ method: 'OPTIONS', path: `${path}/${agentOne}` }, asked)
    assert.deepEqual([preflight.status, preflight.text], [204, ''])
    assert.equal(preflight.headers['access-control-allow-origin'], '*')
    assert.equal(preflight.headers['access-control-allow-methods'], 'GET, PUT, PATCH, DELETE')
    assert.equal(preflight.headers['access-control-allow-headers'], 'X-Unsafe-API-Key, Content-Type')
    assert.equal(preflight.headers['access-control-allow-credentials'], undefined)
  })

  test('may read every answer', async () => {
    const { key } = await world.customer()
    const statuses = new Map([
      [path, 200],
      [`${path}/${agentOne}`, 404],
      [`${path}/${agentOne}/x`, 404],
      [`${path}/%zz`, 404],
    ])
    for (const [one, status] of statuses) {
      const answer = await world.ask({ method: 'GET', path: one }, { ...asked, 'x-unsafe-api-key': key })
      assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [status, '*'], one)
    }
    const refused = await world.ask({ method: 'GET', path }, asked)
    assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [403, '*'])
  })
})

describe('requests that are wrong as HTTP', () => {
  test('malformed JSON is answered with a parse error', async () => {
    const customer = await world.customer()
    const answer = await customer.ask({ method: 'POST', path, raw: '{"url":' })
    assert.equal(answer.status, 400)
    assert.match(answer.text, /^\{"detail":"JSON parse error - .+"\}$/)
  })

  test('a body that is too long is refused', async () => {
    const customer = await world.customer()
    const answer = await customer.ask({ method: 'POST', path, body: { url: 'x'.repeat(1_100_000) } })
    assert.equal(answer.status, 413)
    assert.match(answer.text, /^\{"detail":"Request body is larger than \d+ bytes\."\}$/)
  })

  test('several wrong fields are answered together', async () => {
    const customer = await world.customer()
    const body = { url: 'x', secrets: [1, 's'], events: ['a', 'call.ended', null], agentId: 7 }
    assert.deepEqual((await customer.ask({ method: 'POST', path, body })).body, {
      agentId: ['Must be a valid UUID.'],
      url: ['Enter a valid URL.'],
      secrets: { 0: ['Not a valid string.'] },
      events: { 0: ['"a" is not a valid choice.'], 2: ['This field may not be null.'] },
    })
  })

  test('a method that a path does not accept is 405, and the answer lists the allowed methods', async () => {
    const one = await world.ask({ method: 'POST', path: `${path}/${agentOne}` })
    assert.deepEqual([one.status, one.text], [405, '{"detail":"Method \\"POST\\" not allowed."}'])
    assert.equal(one.headers['allow'], 'GET, PUT, PATCH, DELETE')
    assert.equal((await world.ask({ method: 'OPTIONS', path })).headers['allow'], 'GET, POST')
  })
})

test('an account may send 500 requests per second with all its keys together', async (t) => {
  const customer = await world.customer()
  const keys = await Promise.all(Array.from({ length: 3 }, () => customer.withKey({}).newKey()))
  for (let tries = 0; tries < 8; tries++) {
    await sleep(1002 - (Date.now() % 1000))
    const second = Math.floor(Date.now() / 1000)
    const asked = Array.from({ length: 540 }, (_, index) => {
      return world.ask({ method: 'GET', path }, { 'x-api-key': keys[index % 3]?.key ?? '' })
    })
    const answers = await Promise.all(asked)
    if (Math.floor(Date.now() / 1000) !== second) continue
    const refused = answers.filter(({ status }) => status === 429)
    assert.equal(refused.length, 40)
    for (const { text, headers } of refused) {
      assert.equal(text, '{"detail":"Request was throttled. Expected available in 1 second."}')
      assert.equal(headers['retry-after'], '1')
    }
    return
  }
  t.skip('this machine is too slow to send 540 requests in one second')
})

interface DocumentedOperation {
  readonly operationId: string
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: unknown }>> }>
  >
}

test("the OpenAPI document has the vendor's operations", async () => {
  const { body } = await world.ask({ method: 'GET', path: '/openapi/ultravox.json' })
  const { paths } = body as { paths: Record<string, Record<string, DocumentedOperation>> }
  const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId))
  assert.deepEqual(ids.toSorted(), [
    'webhooks_create',
    'webhooks_destroy',
    'webhooks_list',
    'webhooks_partial_update',
    'webhooks_retrieve',
    'webhooks_update',
  ])
  // Faults of fields are listed by field: those of a query too.
  for (const method of ['get', 'post']) {
    const refused = paths['/api/webhooks']?.[method]?.responses['400']?.content['application/json']?.schema
    assert.deepEqual(refused, { type: 'object', additionalProperties: {} }, method)
  }
})
