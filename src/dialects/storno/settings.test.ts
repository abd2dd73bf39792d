// The settings of a company, which the operator chooses, and the secret, which the customer regenerates.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { until, World } from '../../../test/conformance/dialects/world.ts'
import { stornoProfile } from '../../../test/profiles/storno/profile.ts'
import { ask, endpoint, okay, type } from '../../../test/profiles/storno/calls.ts'

const world = new World(stornoProfile, onSqlite)

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
    stornoProfile.delivery.verify(arrived, { secrets: [fresh], publicKey: null })
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
