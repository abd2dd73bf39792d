// Deliveries: the fields of each, and sending again: one delivery (retry) or many (replay).

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Body } from '../../test/support/api-answer.ts'
import { shareApiRig, type TestTenant, until } from '../../test/support/api-rig.ts'

// The waits between attempts are a quarter of an hour and more, so no delivery is retried by itself.
const rig = await shareApiRig({ POSTHORN_RETRY_SCALE: '200' })
after(() => rig.close())
/** Retries without waits, so that deliveries use up their attempts and fail. */
const quick = await shareApiRig({ POSTHORN_RETRY_SCALE: '0' })
after(() => quick.close())

type Rig = typeof rig
type Endpoint = Awaited<ReturnType<Rig['endpoint']>>

interface Made {
  readonly tenant: TestTenant
  readonly endpoint: Endpoint
  readonly path: string
}

async function made(on: Rig, dialect = 'standard', status = 500): Promise<Made> {
  const tenant = await on.tenant(dialect)
  const endpoint = await on.endpoint(tenant)
  on.behaviours.set(endpoint.path, () => ({ status, body: 'no luck' }))
  return { tenant, endpoint, path: `/v1/tenants/${tenant.id}/endpoints/${endpoint.id}` }
}

/** Posts an event and returns its delivery once `holds` is true for it. */
async function delivery(on: Rig, { tenant }: Made, holds: (row: Body) => boolean): Promise<Body> {
  const event = await on.event(tenant)
  let row: Body | undefined
  await until(async () => {
    const found = await on.want(200, { path: `/v1/events/${event}` })
    row = (found['deliveries'] as Body[])[0]
    return row !== undefined && holds(row)
  }, 'the delivery is in the expected state')
  return row as Body
}

const waiting = (row: Body): boolean => row['attempts'] === 1
const failed = (row: Body): boolean => row.status === 'failed'
const retry = (id: string) => ({ method: 'POST', path: `/v1/deliveries/${id}/retry` }) as const

suite('a delivery', () => {
  test('that failed shows each of its attempts', async () => {
    const one = await made(quick)
    const { id } = await delivery(quick, one, failed)
    const shown = await quick.want(200, { path: `/v1/deliveries/${id}`, key: one.tenant.key })
    assert.deepEqual([shown['reason'], shown['attempts'], shown['nextAttemptAt']], ['retries exhausted', 10, null])
    assert.deepEqual(
      shown.history.map((attempt) => attempt['number']),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
    for (const attempt of shown.history) {
      const { outcome, status, detail, response } = attempt
      assert.deepEqual([outcome, status, detail, response], ['rejected', 500, 'HTTP 500', 'no luck'])
    }
    const bodies = await quick.received(one.endpoint.path, 10)
    assert.equal(new Set(bodies.map(({ body }) => body.toString())).size, 1)
  })

  test('that waits shows when it is due', async () => {
    const row = await delivery(rig, await made(rig), waiting)
    assert.equal(row.status, 'pending')
    const seconds = (Date.parse(String(row['nextAttemptAt'])) - Date.now()) / 1000
    assert.ok(seconds > 5 * 200 * 0.8 - 5 && seconds < 5 * 200 * 1.2, `${seconds} s`)
  })

  test('that gets a 410 response is not attempted again', async () => {
    const row = await delivery(rig, await made(rig, 'standard', 410), failed)
    assert.equal(row['attempts'], 1)
  })
})

suite('a retry', () => {
  for (const dialect of ['standard', 'allo']) {
    test(`of a failed delivery of ${dialect} restarts its schedule of attempts`, async () => {
      const one = await made(quick, dialect)
      const { id, attempts } = await delivery(quick, one, failed)
      quick.behaviours.delete(one.endpoint.path)
      assert.equal((await quick.want(202, retry(id))).status, 'pending')
      await until(
        async () => (await quick.want(200, { path: `/v1/deliveries/${id}` })).status === 'delivered',
        'the retry succeeds',
      )
      const shown = await quick.want(200, { path: `/v1/deliveries/${id}` })
      assert.deepEqual([shown['attempts'], shown['reason']], [Number(attempts) + 1, null])
    })
  }

  test('of a waiting delivery sends it at once, and its customer may retry it', async () => {
    const one = await made(rig)
    const { id } = await delivery(rig, one, waiting)
    rig.behaviours.delete(one.endpoint.path)
    await rig.want(202, { ...retry(id), key: one.tenant.key })
    await rig.received(one.endpoint.path, 2)
  })

  test('of a delivered delivery sends it again with the same id and body', async () => {
    const one = await made(rig, 'standard', 200)
    const { id } = await delivery(rig, one, (row) => row.status === 'delivered')
    await rig.want(202, retry(id))
    const [first, second] = await rig.received(one.endpoint.path, 2)
    assert.equal(second?.headers['webhook-id'], first?.headers['webhook-id'])
    assert.deepEqual(second?.body, first?.body)
  })

  test('of a delivery in flight is refused', async () => {
    const one = await made(rig)
    rig.behaviours.set(one.endpoint.path, () => ({ hang: true }))
    const { id } = await delivery(rig, one, () => true)
    await rig.received(one.endpoint.path, 1)
    const answer = await rig.ask(retry(id))
    assert.deepEqual([answer.status, answer.body.code], [409, 'delivery_in_flight'])
  })

  test('is refused if the endpoint is disabled or deleted', async () => {
    const one = await made(rig)
    const { id } = await delivery(rig, one, waiting)
    await rig.want(200, { method: 'PATCH', path: one.path, body: { enabled: false } })
    assert.equal((await rig.want(409, retry(id))).code, 'endpoint_disabled')
    await rig.want(204, { method: 'DELETE', path: one.path })
    assert.equal((await rig.want(409, retry(id))).code, 'endpoint_deleted')
    assert.equal((await rig.received(one.endpoint.path, 1)).length, 1)
  })

  test('of an unknown delivery gets 404', async () => {
    for (const id of ['x', '01890000-0000-7000-8000-000000000000']) await rig.want(404, retry(id))
  })
})

suite('a replay', () => {
  const replay = (path: string, body: object, key?: string) =>
    ({ method: 'POST', path: `${path}/replay`, body, ...(key !== undefined && { key }) }) as const

  test('sends the deliveries that failed since the given time, only those, and only once', async () => {
    const one = await made(quick)
    const ids = [await delivery(quick, one, failed), await delivery(quick, one, failed)].map((row) => row['event'])
    quick.behaviours.delete(one.endpoint.path)
    await delivery(quick, one, (row) => row.status === 'delivered')
    const count = (await quick.received(one.endpoint.path, 21)).length
    const since = '2026-01-01T00:00:00Z'
    const answer = await quick.want(202, replay(one.path, { since }, one.tenant.key))
    assert.deepEqual(answer, { deliveries: 2 })
    const again = (await quick.received(one.endpoint.path, count + 2)).slice(count)
    assert.deepEqual(new Set(again.map(({ headers }) => headers['webhook-id'])), new Set(ids))
    const pending = async () =>
      (await quick.want(200, { path: `/v1/deliveries?tenant=${one.tenant.id}&status=pending` })).data
    await until(async () => (await pending()).length === 0, 'all attempts are recorded')
    assert.deepEqual(await quick.want(202, replay(one.path, { since })), { deliveries: 0 })
  })

  test('selects deliveries by status and by time', async () => {
    const one = await made(rig, 'allo', 200)
    const delivered = (row: Body): boolean => row.status === 'delivered'
    const first = await delivery(rig, one, delivered)
    await until(() => Date.now() > Date.parse(String(first['createdAt'])) + 2, 'the millisecond is over')
    const second = await delivery(rig, one, delivered)
    const since = String(second['createdAt'])
    assert.deepEqual(await rig.want(202, replay(one.path, { since, until: '2099-01-01T00:00:00Z' })), { deliveries: 0 })
    assert.deepEqual(await rig.want(202, replay(one.path, { since, status: 'delivered' })), { deliveries: 1 })
    const arrived = await rig.received(one.endpoint.path, 3)
    assert.equal(arrived[2]?.headers['webhook-id'], second['event'])
    const early = { since: '2026-01-01T00:00:00Z', until: since, status: 'delivered' }
    assert.deepEqual(await rig.want(202, replay(one.path, early)), { deliveries: 1 })
    await rig.received(one.endpoint.path, 4)
  })

  test('sends thousands of cancelled deliveries again', async () => {
    const one = await made(rig)
    rig.behaviours.set(one.endpoint.path, () => ({ delayMs: 500 }))
    const event = { tenant: one.tenant.id, type: 'call.received', data: {} }
    for (let batch = 0; batch < 2; batch++) {
      const body = { events: Array.from({ length: 1000 }, () => event) }
      await rig.want(202, { method: 'POST', path: '/v1/events/batch', body })
    }
    await rig.want(200, { method: 'PATCH', path: one.path, body: { enabled: false } })
    const pending = { path: `/v1/deliveries?tenant=${one.tenant.id}&status=pending&limit=250` }
    await until(async () => (await rig.want(200, pending)).data.length === 0, 'the waiting deliveries are cancelled')
    rig.behaviours.delete(one.endpoint.path)
    await rig.want(200, { method: 'PATCH', path: one.path, body: { enabled: true } })
    const before = (await rig.received(one.endpoint.path, 1)).length
    const { deliveries } = await rig.want(202, replay(one.path, { since: '2026-01-01T00:00:00Z', status: 'cancelled' }))
    assert.equal(Number(deliveries), 2000 - before)
    const arrived = await rig.received(one.endpoint.path, 2000)
    assert.equal(new Set(arrived.map(({ headers }) => headers['webhook-id'])).size, 2000)
  })
})
