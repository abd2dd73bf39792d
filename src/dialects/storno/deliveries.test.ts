// The record of a delivery and the counters of its endpoint: before the first attempt, after success, while a retry
// waits, and after the last attempt failed.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { after, before, describe, test } from 'node:test'
import type { Fields } from '../../../test/conformance/dialects/profile.ts'
import { until, World } from '../../../test/conformance/dialects/world.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'
import { type Answering, ask, endpoint, okay, type, utcSeconds } from '../../../test/profiles/storno/calls.ts'

const profile = profileOf('storno')

const world = new World(profile, onSqlite)

void describe('Storno.ro: deliveries', { concurrency: 8 }, () => {
  before(() => world.start())
  after(() => world.stop())

  void test('an exhausted delivery has three attempts, and each of them is recorded and counted', async () => {
    const { customer, id, hook } = await endpoint(world, () => ({ status: 503, body: 'x'.repeat(5000) }))
    assert.partialDeepStrictEqual(await customer.get(id), {
      deliveriesCount: 0,
      lastDeliveryAt: null,
      lastDeliveryStatus: null,
    })
    const data = '{"total":1.0,"id":12345678901234567890}'
    const { id: event } = await world.post(customer.tenant, { type, data, occurredAt: '2026-02-18T09:45:00.700Z' })
    await hook.until(3)
    await until(async () => (await customer.get(id))['deliveriesCount'] === 3, 'all attempts are recorded')
    const { tenant } = customer
    await until(async () => (await world.deliveryOf(tenant, event))['status'] === 'failed', 'the delivery has ended')
    const list = okay(await ask(customer, 'GET', `/${id}/deliveries`))
    const rows = list['data'] as Fields[]
    const [newest = {}] = rows
    const { uuid, durationMs, deliveredAt } = newest
    assert.deepEqual(newest, {
      uuid,
      eventType: type,
      status: 'failed',
      responseCode: 503,
      durationMs,
      deliveredAt,
      attempt: 3,
    })
    const sentIds = hook.received().map(({ headers }) => headers['x-storno-delivery'])
    assert.equal(new Set(sentIds).size, 3)
    assert.deepEqual(
      rows.map((row) => [row['uuid'], row['attempt']]),
      [3, 2, 1].map((attempt) => [sentIds[attempt - 1], attempt]),
    )
    for (const row of rows) {
      const detail = okay(await ask(customer, 'GET', `/${id}/deliveries/${String(row['uuid'])}`))
      assert.partialDeepStrictEqual(detail, row)
      assert.equal((detail['requestHeaders'] as Fields)['X-Storno-Delivery'], row['uuid'])
    }
    const { id: delivery } = await world.deliveryOf(tenant, event)
    assert.equal(rows[2]?.['uuid'], delivery)
    const fourth = String(delivery).replace(/....$/, (end) =>
      ((Number.parseInt(end, 16) + 3) % 65_536).toString(16).padStart(4, '0'),
    )
    assert.equal((await ask(customer, 'GET', `/${id}/deliveries/${fourth}`)).status, 404)
    assert.partialDeepStrictEqual(list, { total: 3, page: 1, limit: 20, pages: 1 })
    const webhook = await customer.get(id)
    assert.deepEqual([webhook['lastDeliveryStatus'], webhook['lastDeliveryAt']], ['failed', deliveredAt])

    const answer = await ask(customer, 'GET', `/${id}/deliveries/${String(uuid)}`)
    const detail = okay(answer)
    const sent = hook.received()[2]
    const signature = String(sent?.headers['x-storno-signature'])
    const { responseHeaders } = detail
    assert.equal((responseHeaders as Fields)['Connection'], 'keep-alive')
    assert.deepEqual(detail, {
      uuid,
      webhookUuid: id,
      eventType: type,
      status: 'failed',
      attempt: 3,
      requestUrl: hook.url,
      requestMethod: 'POST',
      requestHeaders: {
        'Content-Type': 'application/json',
        'User-Agent': 'Storno-Webhooks/1.0',
        'X-Storno-Event': type,
        'X-Storno-Delivery': uuid,
        'X-Storno-Signature': signature,
        'Posthorn-Delivery': sent?.headers['posthorn-delivery'],
      },
      requestPayload: {
        id: delivery,
        type,
        createdAt: '2026-02-18T09:45:00Z',
        company: customer.tenant,
        data: JSON.parse(data) as Fields,
      },
      responseCode: 503,
      responseHeaders,
      responseBody: 'x'.repeat(4096),
      durationMs,
      errorMessage: 'Endpoint returned non-2xx status: 503',
      deliveredAt,
      nextRetryAt: null,
    })
    assert.ok(answer.text.includes(`"requestPayload":${sent?.body.toString()},`), 'the payload is not the sent body')
  })

  void test('a delivery that waits for a retry shows the time of the retry', async () => {
    const { customer, id, hook } = await endpoint(world, () => ({ status: 429, headers: { 'retry-after': '600' } }))
    await world.post(customer.tenant, { type })
    await hook.until(1)
    await until(async () => (await customer.get(id))['deliveriesCount'] === 1, 'it is recorded')
    const [row] = okay(await ask(customer, 'GET', `/${id}/deliveries`))['data'] as Fields[]
    const detail = okay(await ask(customer, 'GET', `/${id}/deliveries/${String(row?.['uuid'])}`))
    assert.partialDeepStrictEqual(detail, { status: 'failed', attempt: 1 })
    assert.match(String(detail['nextRetryAt']), utcSeconds)
    const wait = Date.parse(String(detail['nextRetryAt'])) - Date.parse(String(detail['deliveredAt']))
    assert.ok(wait >= 599_000 && wait <= 601_000, String(wait))
  })

  void test('a delivery is pending before its first attempt, and successful after it', async () => {
    const { customer, id, hook } = await endpoint(world, () => ({ status: 204, delayMs: 1000 }))
    const { id: event } = await world.post(customer.tenant, { type })
    await hook.until(1)
    const pending = { deliveriesCount: 0, lastDeliveryAt: null, lastDeliveryStatus: 'pending' }
    assert.partialDeepStrictEqual(await customer.get(id), pending)
    const { id: uuid } = await world.deliveryOf(customer.tenant, event)
    const detail = `/${id}/deliveries/${String(uuid)}`
    assert.partialDeepStrictEqual(okay(await ask(customer, 'GET', detail)), {
      status: 'pending',
      attempt: 1,
      requestUrl: hook.url,
      requestHeaders: {},
      responseCode: 0,
      responseBody: null,
      errorMessage: null,
      deliveredAt: null,
      nextRetryAt: null,
    })
    await until(async () => (await customer.get(id))['deliveriesCount'] === 1, 'it is recorded')
    assert.equal((await customer.get(id))['lastDeliveryStatus'], 'success')
    const [arrived] = hook.received()
    const ended = okay(await ask(customer, 'GET', detail))
    const started = Date.parse(String(ended['deliveredAt']))
    assert.ok(started <= (arrived?.receivedAt ?? 0) && Number(ended['durationMs']) >= 1000, 'the start is not shown')
    assert.equal((await customer.get(id))['lastDeliveryAt'], ended['deliveredAt'])
    assert.partialDeepStrictEqual(ended, {
      status: 'success',
      attempt: 1,
      responseCode: 204,
      responseBody: '',
      errorMessage: null,
    })
  })

  void test('the last status is pending while the newest delivery is under way or waits for a retry', async () => {
    let answer: Answering = {}
    const { customer, id, hook } = await endpoint(world, () => answer)
    const status = async () => (await customer.get(id))['lastDeliveryStatus']
    await world.post(customer.tenant, { type })
    await until(async () => (await status()) === 'success', 'the first delivery has succeeded')
    answer = { status: 503, headers: { 'retry-after': '600' }, delayMs: 500 }
    await world.post(customer.tenant, { type })
    assert.equal(await status(), 'pending')
    await hook.until(2)
    await until(async () => (await customer.get(id))['deliveriesCount'] === 2, 'the failure is recorded')
    assert.equal(await status(), 'pending')
    await customer.change(id, { isActive: false })
    await until(async () => (await status()) === 'failed', 'the delivery is cancelled')
  })
})
