// The delivery history: filters, pages, and access.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Fields } from '../../../test/conformance/dialects/profile.ts'
import { until, World } from '../../../test/conformance/dialects/world.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'
import { ask, endpoint, okay, type } from '../../../test/profiles/storno/calls.ts'

const profile = profileOf('storno')

const world = new World(profile, onSqlite)

void describe('Storno.ro: history', { concurrency: 8 }, () => {
  before(() => world.start())
  after(() => world.stop())

  void test('the history can be filtered, and read to its end page by page', async () => {
    let count = 0
    const { customer, id } = await endpoint(world, () => ({ status: ++count === 1 ? 500 : 200 }), ['*'])
    const { id: first } = await world.post(customer.tenant, { type: 'sync.failed' })
    const { tenant } = customer
    await until(async () => (await world.deliveryOf(tenant, first))['status'] === 'delivered', 'the retry succeeds')
    for (let index = 0; index < 5; index++) await world.post(tenant, { type })
    await until(async () => (await customer.get(id))['deliveriesCount'] === 7, 'all attempts are recorded')

    const list = async (query: string): Promise<Fields> =>
      okay(await ask(customer, 'GET', `/${id}/deliveries?${query}`))
    const key = ({ uuid }: Fields): string => String(uuid)
    const all = (await list(''))['data'] as Fields[]
    assert.equal(all.length, 7)
    const withoutEnd = all.map((row) => key(row).slice(0, 32))
    assert.deepEqual(withoutEnd, withoutEnd.toSorted().toReversed(), 'the newest is not first')
    for (const limit of [1, 2, 3, 7, 100]) {
      const pages = Math.ceil(7 / limit)
      const read: string[] = []
      for (let page = 1; page <= pages; page++) {
        const body = await list(`page=${page}&limit=${limit}`)
        assert.partialDeepStrictEqual(body, { total: 7, page, limit, pages })
        read.push(...(body['data'] as Fields[]).map(key))
      }
      assert.deepEqual(read, all.map(key))
      assert.deepEqual((await list(`page=${pages + 1}&limit=${limit}`))['data'], [])
    }
    const today = new Date().toISOString().slice(0, 10)
    const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
    for (const { query, total } of [
      { query: 'status=success', total: 6 },
      { query: 'status=failed', total: 1 },
      { query: 'eventType=sync.failed', total: 2 },
      { query: 'eventType=sync.failed&status=success', total: 1 },
      { query: 'eventType=webhook.test', total: 0 },
      { query: `from=${day(-1)}&to=${day(1)}`, total: 7 },
      { query: `from=${day(1)}`, total: 0 },
      { query: `to=${day(-1)}`, total: 0 },
      { query: 'no_such_parameter=1', total: 7 },
    ]) {
      assert.equal((await list(query))['total'], total, query)
    }
    // The whole of today counts. The check is skipped if midnight has passed since the test began.
    if (today === new Date().toISOString().slice(0, 10)) {
      assert.equal((await list(`from=${today}&to=${today}`))['total'], 7)
    }
  })

  void test('a bad query value is refused, and the error names the parameter', async () => {
    const { customer, id } = await endpoint(world)
    const wrong = {
      page: ['0', '-1', '1.5', 'x', '', '1000001', '1&page=2'],
      limit: ['0', '101', 'x', ''],
      status: ['pending', 'Success', ''],
      eventType: ['', 'a%20b'],
      from: ['2026-02-30', '2026-2-3', '18.02.2026', '2026-02-18T00:00:00Z', ''],
      to: ['2026-13-01', 'today'],
    }
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of values) {
        const answer = await ask(customer, 'GET', `/${id}/deliveries?${name}=${value}`)
        assert.equal(answer.status, 422, `${name}=${value}: ${answer.text}`)
        assert.partialDeepStrictEqual(answer.body, { error: 'Validation failed', code: 422 })
        assert.deepEqual(Object.keys((answer.body as { errors: object }).errors), [name])
      }
    }
  })

  void test('a delivery is found under its own endpoint only', async () => {
    const { customer, id, hook } = await endpoint(world)
    const other = await customer.endpoint(world.hook().url, 3)
    const { id: event } = await world.post(customer.tenant, { type })
    await hook.until(1)
    const { id: uuid } = await world.deliveryOf(customer.tenant, event)
    okay(await ask(customer, 'GET', `/${id}/deliveries/${String(uuid)}`))
    okay(await ask(customer, 'GET', `/${id.toUpperCase()}/deliveries/${String(uuid).toUpperCase()}`))
    const answers = await Promise.all([
      ask(customer, 'GET', `/${other.id}/deliveries/${String(uuid)}`),
      ...[randomUUID(), 'x', '1'].map((one) => ask(customer, 'GET', `/${id}/deliveries/${one}`)),
    ])
    for (const { status, text } of answers) {
      assert.equal(status, 404)
      assert.equal(text, '{"error":"Not found","message":"Webhook delivery not found for this endpoint","code":404}')
    }
    await customer.remove(id)
    assert.equal((await ask(customer, 'GET', `/${id}/deliveries/${String(uuid)}`)).status, 404)
  })
})
