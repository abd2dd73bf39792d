// The settings of a company, which the operator chooses, and the secret, which the customer regenerates.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Fields } from '../../../test/conformance/dialects/profile.ts'
import { until, World } from '../../../test/conformance/dialects/world.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'
import { ask, endpoint, okay, type } from '../../../test/profiles/storno/calls.ts'
import { eventsOfA, eventsOfB } from './events.ts'

const profile = profileOf('storno')

const world = new World(profile, onSqlite)

void describe('Storno.ro: settings', { concurrency: 8 }, () => {
  before(() => world.start())
  after(() => world.stop())

  void test('a regenerated secret is shown once, and from then on it alone signs', async () => {
    const { customer, id, hook, secret } = await endpoint(world)
    const body = okay(await ask(customer, 'POST', `/${id}/regenerate-secret`))
    const fresh = String(body['secret'])
    assert.match(fresh, /^whsec_[0-9a-f]{64}$/)
    assert.notEqual(fresh, secret)
    const { deliveriesCount: _, lastDeliveryAt: _at, lastDeliveryStatus: _status, ...rest } = await customer.get(id)
    assert.deepEqual(body, { ...rest, secret: fresh })
    assert.equal(rest['secret'], `whsec_${'•'.repeat(24)}`)
    await world.post(customer.tenant, { type })
    const [arrived] = await hook.until(1)
    assert.ok(arrived !== undefined)
    await profile.delivery.verify(arrived, { secrets: [fresh], publicKey: null })
  })

  void test('a company of family B gets the body and headers of family B', async () => {
    const { customer, id, hook, secret } = await endpoint(world)
    await world.operator(200, 'PATCH', `/v1/tenants/${customer.tenant}`, { settings: { family: 'B' } })
    await world.post(customer.tenant, { type, data: '{"n":1.0}', occurredAt: '2026-02-19T10:30:00Z' })
    const [arrived] = await hook.until(1)
    const delivery = String(arrived?.headers['x-webhook-id'])
    assert.equal(
      arrived?.body.toString(),
      `{"id":"${delivery}","event":"${type}","created_at":"2026-02-19T10:30:00+00:00","data":{"n":1.0}}`,
    )
    assert.equal(
      arrived?.headers['x-webhook-signature'],
      createHmac('sha256', secret)
        .update(arrived?.body ?? '')
        .digest('hex'),
    )
    await until(async () => (await customer.get(id))['deliveriesCount'] === 1, 'the attempt is recorded')
    const answer = await ask(customer, 'GET', `/${id}/deliveries/${delivery}`)
    assert.ok(answer.text.includes(`"requestPayload":${arrived?.body.toString()},`))
  })

  void test('a company of family B has the event types of family B, and no others', async () => {
    const ofA = await world.customer()
    const { customer, id, hook } = await endpoint(world)
    await world.operator(200, 'PATCH', `/v1/tenants/${customer.tenant}`, { settings: { family: 'B' } })
    const types = async (one: typeof customer, headers = {}): Promise<unknown[]> => {
      const { body } = await one.ask({ method: 'GET', path: '/api/v1/webhooks/events', headers })
      return (body as Fields[]).map(({ name }) => name)
    }
    const listed = await types(customer)
    assert.equal(listed.length, 16)
    assert.deepEqual(await types(customer, { 'x-company': customer.tenant }), listed)
    assert.equal((await types(ofA)).length, 17)
    okay(await ask(customer, 'PATCH', `/${id}`, { events: listed }))
    await world.post(customer.tenant, { type: 'payment.received' })
    assert.equal((await hook.until(1))[0]?.headers['x-webhook-event'], 'payment.received')
    const onlyA = { events: ['invoice.paid'] }
    assert.equal((await ask(customer, 'PATCH', `/${id}`, onlyA)).status, 422)
    assert.equal((await ask(ofA, 'POST', '', { url: hook.url, events: ['payment.received'] })).status, 422)
    const event = { tenant: customer.tenant, type: 'invoice.paid', data: {} }
    await world.operator(400, 'POST', '/v1/events', event)
  })

  void test('the OpenAPI document asks for no company at the event types, and for no body at a test', async () => {
    const { body } = await world.ask({ method: 'GET', path: '/openapi/storno.json' })
    const { paths, security } = body as {
      security: unknown
      paths: Record<string, Record<string, { security?: unknown; requestBody?: { required: boolean } }>>
    }
    const path = '/api/v1/webhooks'
    assert.deepEqual(security, [
      { bearer: [], XCompany: [] },
      { Authorization: [], XCompany: [] },
    ])
    assert.deepEqual(paths[`${path}/events`]?.['get']?.security, [{ bearer: [] }, { Authorization: [] }])
    assert.equal(paths[`${path}/{uuid}/test`]?.['post']?.requestBody?.required, false)
    assert.equal(paths[path]?.['post']?.requestBody?.required, true)
  })

  void test('the operator sees the event types of both families', async () => {
    const { eventTypes, otherCatalogues } = await world.operator(200, 'GET', '/v1/dialects/storno')
    const plain = (types: Readonly<Record<string, { readonly description: string }>>) =>
      Object.entries(types).map(([name, { description }]) => ({ name, description, example: null }))
    assert.ok(Array.isArray(eventTypes))
    // One event type has an example on the vendor's pages, in family A.
    const examples = eventTypes.filter(({ example }: Shown) => example !== null).map(({ name }: Shown) => name)
    assert.deepEqual(examples, ['invoice.validated'])
    assert.deepEqual(
      eventTypes.map((shown: Shown) => ({ ...shown, example: null })),
      plain(eventsOfA),
    )
    assert.deepEqual(otherCatalogues, [{ settings: { family: 'B' }, eventTypes: plain(eventsOfB) }])
  })

  void test('a company whose plan has no webhooks cannot create one', async () => {
    const { customer, id } = await endpoint(world)
    const settingsPath = `/v1/tenants/${customer.tenant}`
    await world.operator(200, 'PATCH', settingsPath, { settings: { plan: 'none' } })
    const refused = await ask(customer, 'POST', '', { url: world.hook().url, events: ['*'] })
    assert.equal(refused.status, 402)
    assert.deepEqual(refused.body, { error: 'Webhooks are not available on your plan.', code: 'PLAN_LIMIT' })
    await customer.get(id)
    await world.operator(400, 'PATCH', settingsPath, { settings: { plan: 'gold' } })
    await world.operator(200, 'PATCH', settingsPath, { settings: {} })
    await customer.endpoint(world.hook().url)
  })
})

interface Shown {
  readonly name: string
  readonly example: unknown
}
