// Test deliveries: they are sent at once, and the answer shows the outcome.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { createHmac, randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Fields } from '../../../test/conformance/dialects/profile.ts'
import { World } from '../../../test/conformance/dialects/world.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'
import { ask, endpoint, okay, utcSeconds } from '../../../test/profiles/storno/calls.ts'

const profile = profileOf('storno')

const world = new World(profile, onSqlite)

void describe('Storno.ro: test deliveries', { concurrency: 8 }, () => {
  before(() => world.start())
  after(() => world.stop())

  void test('a test is sent at once, and its outcome is answered in the shape of the reference', async () => {
    const { customer, id, hook, secret } = await endpoint(world, () => ({ status: 200, body: 'O'.repeat(2000) }))
    const answer = await ask(customer, 'POST', `/${id}/test`)
    const body = okay(answer)
    const [arrived] = await hook.until(1)
    const delivery = String(body['deliveryUuid'])
    const { createdAt } = body['requestPayload'] as Fields
    const data = { message: 'This is a test delivery from Storno.ro', webhookUuid: id }
    assert.match(String(body['deliveredAt']), utcSeconds)
    assert.ok(Number.isInteger(body['durationMs']))
    assert.deepEqual(body, {
      deliveryUuid: delivery,
      status: 'success',
      eventType: 'webhook.test',
      requestPayload: { id: delivery, type: 'webhook.test', createdAt, company: customer.tenant, data },
      requestHeaders: {
        'Content-Type': 'application/json',
        'User-Agent': 'Storno-Webhooks/1.0',
        'X-Storno-Event': 'webhook.test',
        'X-Storno-Delivery': delivery,
        'X-Storno-Signature': `sha256=${createHmac('sha256', secret)
          .update(arrived?.body ?? '')
          .digest('hex')}`,
        'Posthorn-Delivery': arrived?.headers['posthorn-delivery'],
      },
      responseCode: 200,
      responseBody: 'O'.repeat(1024),
      durationMs: body['durationMs'],
      deliveredAt: body['deliveredAt'],
    })
    assert.ok(answer.text.includes(`"requestPayload":${arrived?.body.toString()},`), 'the payload is not the sent body')
    const { data: rows } = okay(await ask(customer, 'GET', `/${id}/deliveries`))
    assert.deepEqual(
      (rows as Fields[]).map(({ uuid }) => uuid),
      [delivery],
    )
  })

  void test('a test may have another event type, in the catalogue or not', async () => {
    const { customer, id, hook } = await endpoint(world)
    for (const [index, eventType] of ['invoice.paid', 'my.own_test-1'].entries()) {
      const body = okay(await ask(customer, 'POST', `/${id}/test`, { eventType }))
      assert.equal(body['eventType'], eventType)
      assert.equal((await hook.until(index + 1))[index]?.headers['x-storno-event'], eventType)
    }
    for (const eventType of ['', 'a b', 'a\r\nx: y', 'ă', 'x'.repeat(129), 5, null]) {
      assert.equal((await ask(customer, 'POST', `/${id}/test`, { eventType })).status, 400, String(eventType))
    }
    assert.equal(hook.received().length, 2)
  })

  void test('a failed test is answered with 200 and status `failed`, and is not retried', async () => {
    const { customer, id, hook } = await endpoint(world, () => ({ status: 500, body: 'broken' }))
    const body = okay(await ask(customer, 'POST', `/${id}/test`, {}))
    assert.partialDeepStrictEqual(body, { status: 'failed', responseCode: 500, responseBody: 'broken' })
    const detail = okay(await ask(customer, 'GET', `/${id}/deliveries/${String(body['deliveryUuid'])}`))
    assert.equal(detail['nextRetryAt'], null)
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.equal(hook.received().length, 1)
  })

  void test('a test of an endpoint that does not answer fails after ten seconds', async () => {
    const { customer, id } = await endpoint(world, () => ({ delayMs: 11_000 }))
    const body = okay(await ask(customer, 'POST', `/${id}/test`))
    assert.partialDeepStrictEqual(body, { status: 'failed', responseCode: 0, responseBody: null })
    assert.ok(Number(body['durationMs']) >= 9_900 && Number(body['durationMs']) < 11_000)
    const detail = okay(await ask(customer, 'GET', `/${id}/deliveries/${String(body['deliveryUuid'])}`))
    assert.partialDeepStrictEqual(detail, {
      errorMessage: 'Endpoint did not respond within 10 seconds',
      responseHeaders: {},
    })
  })

  void test("a test of an inactive endpoint is refused, and another company's endpoint is not found", async () => {
    const { customer, id } = await endpoint(world)
    await customer.change(id, { isActive: false })
    const inactive = await ask(customer, 'POST', `/${id}/test`)
    assert.equal(inactive.status, 422)
    assert.partialDeepStrictEqual(inactive.body, { error: 'Webhook is inactive', code: 422 })
    const stranger = await world.customer()
    for (const { method, action } of [
      { method: 'POST', action: 'test' },
      { method: 'POST', action: 'regenerate-secret' },
      { method: 'GET', action: 'deliveries' },
      { method: 'GET', action: `deliveries/${randomUUID()}` },
    ]) {
      const [foreign, absent] = await Promise.all(
        [id, randomUUID()].map((one) => ask(stranger, method, `/${one}/${action}`)),
      )
      const expected = { error: 'Not found', message: 'Webhook endpoint not found for this company', code: 404 }
      assert.equal(foreign?.status, 404)
      assert.deepEqual(foreign?.body, expected)
      assert.equal(absent?.text, foreign?.text)
    }
  })
})
