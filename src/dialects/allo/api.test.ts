// The features that only Allo's API has, on a running server: two forms of keys, request ids, partial changes.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import type { ApiAnswer } from '../../../test/conformance/dialects/profile.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('allo')

const path = '/v2/api/webhooks'
/** The topics, in the order of the reference. */
const topicNames: readonly string[] =
  `call.received call.triggered call.answered call.completed tag.added tag.removed sms.received sms.sent contact.created
   contact.updated summary.updated`.split(/\s+/)
const list = { method: 'GET', path }
const url = 'https://example.com/webhooks/allo'

const errorOf = (answer: ApiAnswer) => (answer.body as { error: Record<string, unknown> }).error

onOneServer("Allo's own features", profile, onSqlite, (add) => {
  add('a key is accepted alone, and after Api-Key in any case', async (world) => {
    const { key } = await world.customer()
    for (const authorization of [key, `Api-Key ${key}`, `api-key ${key}`, `API-KEY ${key}`, `Api-Key   ${key}`]) {
      assert.equal((await world.ask(list, { authorization })).status, 200, authorization.replace(key, '<key>'))
    }
  })

  add('a key in another case is another key', async (world) => {
    const { key } = await world.customer()
    const answer = await world.ask(list, { authorization: `Api-Key ${key.toUpperCase()}` })
    assert.equal(errorOf(answer)['code'], 'API_KEY_INVALID')
  })

  add("the caller's X-Request-Id is used and echoed, in successes and errors", async (world) => {
    const customer = await world.customer()
    const given = '{3c90c3cc-0d44-4b50-8888-8dd25736052a};a=b/c+d,e@f'
    const headers = { 'x-request-id': given }
    assert.equal((await customer.ask({ ...list, headers })).headers['x-request-id'], given)
    for (const wrong of [`${path}/ep_1`, '/v2/api/none']) {
      const answer = await customer.ask({ method: 'GET', path: wrong, headers })
      assert.equal(answer.headers['x-request-id'], given)
      assert.equal(errorOf(answer)['request_id'], given)
    }
  })

  add('a request without an X-Request-Id, or with one that cannot be logged, gets a generated id', async (world) => {
    const customer = await world.customer()
    for (const given of [{}, { 'x-request-id': 'a b' }, { 'x-request-id': 'x'.repeat(129) }]) {
      const answer = await customer.ask({ method: 'GET', path: `${path}/ep_1`, headers: given })
      assert.match(String(errorOf(answer)['request_id']), /^req_[0-9A-Za-z]{12}$/)
      assert.equal(answer.headers['x-request-id'], errorOf(answer)['request_id'])
    }
  })

  add('each answer reports the quota of its kind of request', async (world) => {
    const customer = await world.customer()
    const quotaOf = ({ headers }: ApiAnswer) =>
      ['limit', 'remaining', 'reset'].map((n) => Number(headers[`x-ratelimit-${n}`]))
    const before = Date.now() / 1000
    const [limit, remaining, reset = 0] = quotaOf(await customer.ask(list))
    assert.deepEqual([limit, remaining], [20, 19])
    assert.ok(reset >= before && reset <= Date.now() / 1000 + 1, String(reset))
    assert.equal(quotaOf(await world.ask(list, {}))[0], 20)
    assert.equal(quotaOf(await customer.ask({ method: 'POST', path, body: {} }))[0], 5)
  })

  add('the eleven topics are listed in the order of the reference', async (world) => {
    const customer = await world.customer()
    const answer = await customer.ask({ method: 'GET', path: `${path}/event_types` })
    const { data } = answer.body as { data: { name: string; description: string }[] }
    assert.deepEqual(
      data.map(({ name }) => name),
      topicNames,
    )
    assert.partialDeepStrictEqual(data[0], { description: 'Inbound call received' })
    assert.partialDeepStrictEqual(data[7], { description: 'Outbound sms sent' })
  })

  add('an endpoint can subscribe to all eleven topics, and gets an event of each', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    await customer.create({ url: hook.url, topics: topicNames })
    for (const type of topicNames) await world.post(customer.tenant, { type })
    const arrived = (await hook.until(11)).map(({ body }) => (JSON.parse(body.toString()) as { topic: string }).topic)
    assert.deepEqual(arrived.toSorted(), topicNames.toSorted())
  })

  add('a change without fields succeeds and changes nothing', async (world) => {
    const customer = await world.customer()
    const { id } = await customer.endpoint(url)
    const before = await customer.get(id)
    const changed = await customer.change(id, {})
    assert.deepEqual({ ...changed, signing_secret: before['signing_secret'] }, before)
    assert.deepEqual(await customer.get(id), before)
  })

  add('a change clears the description with null, replaces all topics, and keeps the secret', async (world) => {
    const customer = await world.customer()
    const created = await customer.create({ url, topics: ['sms.sent', 'tag.added'], description: 'first' })
    const id = String(created['id'])
    const cleared = await customer.change(id, { description: null })
    assert.deepEqual([cleared['description'], cleared['topics']], [null, ['sms.sent', 'tag.added']])
    assert.deepEqual((await customer.change(id, { topics: ['call.answered'] }))['topics'], ['call.answered'])
    const { description, topics, signing_secret: secret } = await customer.get(id)
    assert.deepEqual([description, topics, secret], [null, ['call.answered'], created['signing_secret']])
  })

  add(
    'the description is null by default, and a new endpoint is enabled even if the request says otherwise',
    async (world) => {
      const customer = await world.customer()
      const created = await customer.create({ url, topics: ['sms.sent'], enabled: false })
      assert.deepEqual([created['description'], created['enabled']], [null, true])
    },
  )

  add('read-only fields in a change are ignored', async (world) => {
    const customer = await world.customer()
    const { id } = await customer.endpoint(url)
    const before = await customer.get(id)
    await customer.change(id, { id: 'ep_mine', created_at: '2020-01-01T00:00:00Z', signing_secret: 'whsec_mine' })
    assert.deepEqual(await customer.get(id), before)
  })

  add('after a rotation the API shows the new secret, and both secrets sign, newest first', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    const { id, created } = await customer.endpoint(hook.url)
    const endpoint = `/v1/tenants/${customer.tenant}/endpoints/${id}`
    await world.operator(200, 'POST', `${endpoint}/rotate-secret`, {})
    const fresh = String((await customer.get(id))['signing_secret'])
    assert.notEqual(fresh, created['signing_secret'])
    await world.post(customer.tenant, { type: profile.api.eventType(0) })
    const [arrived] = await hook.until(1)
    assert.ok(arrived !== undefined)
    const signatures = String(arrived.headers['webhook-signature']).split(' ')
    assert.equal(signatures.length, 2)
    for (const [index, secret] of [fresh, String(created['signing_secret'])].entries()) {
      const headers = { ...arrived.headers, 'webhook-signature': signatures[index] }
      await profile.delivery.verify({ headers, body: arrived.body }, { secrets: [secret], publicKey: null })
    }
  })

  add('a body that is too large is refused', async (world) => {
    const customer = await world.customer()
    const raw = JSON.stringify({ url, topics: ['sms.sent'], description: 'd'.repeat(1024 * 1024) })
    const answer = await customer.ask({ method: 'POST', path, raw })
    assert.equal(answer.status, 413)
    assert.partialDeepStrictEqual(errorOf(answer), { type: 'validation_error', code: 'INVALID_REQUEST_BODY' })
  })
})
