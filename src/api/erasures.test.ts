// Erasing payloads and responses, and the times for which they are stored.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Body } from '../../test/support/api-answer.ts'
import { eventType, shareApiRig, until } from '../../test/support/api-rig.ts'
import { limits } from '../domain/limits.ts'

// The waits between attempts are a quarter of an hour and more, so no delivery is retried by itself.
const rig = await shareApiRig({ POSTHORN_RETRY_SCALE: '200' })
after(() => rig.close())

async function made(behave: () => { status?: number; body?: string; delayMs?: number }) {
  const tenant = await rig.tenant('standard')
  const endpoint = await rig.endpoint(tenant)
  rig.behaviours.set(endpoint.path, behave)
  return { tenant, endpoint }
}

const eventOf = (id: string): Promise<Body> => rig.want(200, { path: `/v1/events/${id}` })

async function deliveryOf(event: string): Promise<Body> {
  const [delivery] = (await eventOf(event))['deliveries'] as Body[]
  return rig.want(200, { path: `/v1/deliveries/${String(delivery?.id)}` })
}

const isDone = (erasure: Body): Promise<void> =>
  until(async () => (await rig.want(200, { path: `/v1/erasures/${erasure.id}` }))['endedAt'] !== null, 'it is done')

suite('an erased payload', () => {
  test('is gone, its pending delivery is cancelled and says so, and the event cannot be sent again', async () => {
    const { tenant, endpoint } = await made(() => ({ status: 500 }))
    const event = await rig.event(tenant, { id: 'erased', data: { name: 'Ann' }, attributes: { region: 'eu' } })
    await until(async () => (await deliveryOf(event))['attempts'] === 1, 'the attempt is recorded')
    const erasure = await rig.want(202, { method: 'DELETE', path: `/v1/events/${event}/data?tenant=${tenant.id}` })
    assert.partialDeepStrictEqual(erasure, { erases: 'payload', tenant: tenant.id })
    const shown = await eventOf(event)
    assert.deepEqual([shown['data'], shown['attributes']], [null, null])
    assert.ok(Date.parse(String(shown['erasedAt'])) <= Date.now())
    const delivery = await deliveryOf(event)
    assert.deepEqual([delivery['status'], delivery['reason']], ['cancelled', 'payload erased'])
    await isDone(erasure)

    await rig.want(202, { method: 'POST', path: `/v1/deliveries/${delivery.id}/retry` })
    await until(async () => (await deliveryOf(event))['status'] === 'cancelled', 'the delivery is cancelled again')
    assert.equal((await rig.received(endpoint.path, 1)).length, 1)
    const again = { tenant: tenant.id, id: event, type: eventType, data: { name: 'Bob' } }
    const answer = await rig.want(200, { method: 'POST', path: '/v1/events', body: again })
    assert.equal(answer['duplicate'], true)
    assert.equal((await eventOf(event))['data'], null)
  })

  test('is not sent by a node that holds the delivery in memory', async () => {
    const { tenant, endpoint } = await made(() => ({ delayMs: 1500 }))
    for (let count = 0; count < limits.attemptsPerEndpointMax; count++) await rig.event(tenant)
    // It waits for one of the attempts in flight to end.
    const event = await rig.event(tenant)
    await rig.received(endpoint.path, limits.attemptsPerEndpointMax)
    await rig.want(202, { method: 'DELETE', path: `/v1/events/${event}/data` })
    await until(async () => (await deliveryOf(event))['reason'] === 'payload erased', 'it is cancelled', 1000)
    assert.equal((await deliveryOf(event))['attempts'], 0)
    await rig.event(tenant)
    const requests = await rig.received(endpoint.path, limits.attemptsPerEndpointMax + 1)
    assert.ok(requests.every(({ body }) => !body.includes(event)))
  })

  test('of an event that does not exist gets 404', async () => {
    await rig.want(404, { method: 'DELETE', path: '/v1/events/nothing/data' })
  })
})

test('an erased response leaves its attempt, and says when it was erased', async () => {
  const { tenant } = await made(() => ({ status: 400, body: 'hello Ann' }))
  const event = await rig.event(tenant)
  await until(async () => (await deliveryOf(event))['attempts'] === 1, 'the attempt is recorded')
  const { id } = await deliveryOf(event)
  const path = `/v1/deliveries/${id}/attempts/1/response`
  await rig.want(404, { method: 'DELETE', path: path.replace('/1/', '/2/') })
  await rig.want(400, { method: 'DELETE', path: path.replace('/1/', '/0/') })
  await isDone(await rig.want(202, { method: 'DELETE', path }))
  const [attempt] = (await deliveryOf(event)).history
  assert.deepEqual([attempt?.['response'], attempt?.['status']], [null, 400])
  assert.notEqual(attempt?.['responseErasedAt'], null)
  await rig.want(404, { path: '/v1/erasures/era_unknown' })
})

suite('the time for which data is stored', () => {
  test('is set for a tenant, changed, and set back', async () => {
    const { id } = await rig.tenant('standard')
    const patch = (body: object) => ({ method: 'PATCH', path: `/v1/tenants/${id}`, body }) as const
    const times = async () => {
      const { retainSeconds, retainDataSeconds } = await rig.want(200, { path: `/v1/tenants/${id}` })
      return [retainSeconds, retainDataSeconds]
    }
    assert.deepEqual(await times(), [null, null])
    await rig.want(200, patch({ retainSeconds: 3600, retainDataSeconds: 60 }))
    await rig.want(200, patch({ name: 'Another' }))
    assert.deepEqual(await times(), [3600, 60])
    await rig.want(200, patch({ retainSeconds: null }))
    assert.deepEqual(await times(), [null, 60])
    for (const wrong of [0, -1, 1.5, 315_360_001, '60']) {
      await rig.want(400, patch({ retainSeconds: wrong }))
      await rig.want(400, patch({ retainDataSeconds: wrong }))
    }
  })

  test('of an event is the shorter one of its own and its tenant', async () => {
    const { id } = await rig.want(201, {
      method: 'POST',
      path: '/v1/tenants',
      body: { dialect: 'standard', retainDataSeconds: 3600 },
    })
    const event = { tenant: id, type: eventType, data: {} }
    await rig.want(400, { method: 'POST', path: '/v1/events', body: { ...event, retainSeconds: 0 } })
    for (const [retainSeconds, expected] of [
      [60, 60],
      [7200, 3600],
      [undefined, 3600],
    ]) {
      const posted = await rig.want(202, { method: 'POST', path: '/v1/events', body: { ...event, retainSeconds } })
      const shown = await eventOf(posted.id)
      const seconds = (Date.parse(String(shown['erasesAt'])) - Date.parse(String(shown['acceptedAt']))) / 1000
      assert.equal(seconds, expected)
    }
  })
})
