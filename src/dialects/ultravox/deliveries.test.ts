// Deliveries, and the health that a webhook shows after them. Retries wait a hundred-thousandth of the vendor's times.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { freePort } from '../../../test/support/server-process.ts'
import { createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Customer } from '../../../test/conformance/dialects/customer.ts'
import type { Fields } from '../../../test/conformance/dialects/profile.ts'
import { type Hook, until, World } from '../../../test/conformance/dialects/world.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('ultravox')

const world = new World(profile, {
  ...onSqlite,
  service: (env) => onSqlite.service({ ...env, POSTHORN_RETRY_SCALE: '0.00001' }),
})
before(() => world.start())
after(() => world.stop())

const attemptsMax = 11
const microseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z$/

async function subscribed(fields: Fields = {}): Promise<{ customer: Customer; hook: Hook; id: string }> {
  const customer = await world.customer()
  const hook = world.hook()
  const created = await customer.create({ url: hook.url, events: ['call.ended'], ...fields })
  return { customer, hook, id: String(created['webhookId']) }
}

/** Posts an event and waits until its delivery has ended. */
async function deliver(customer: Customer): Promise<Fields> {
  const { id } = await world.post(customer.tenant, { type: 'call.ended', data: '{"callId":"1"}' })
  const ended = async () => (await world.deliveryOf(customer.tenant, id))['status'] !== 'pending'
  await until(ended, 'the delivery has ended')
  return world.deliveryOf(customer.tenant, id)
}

describe('the health of a webhook', () => {
  test('is normal without failures while deliveries succeed', async () => {
    const { customer, id } = await subscribed()
    await deliver(customer)
    assert.partialDeepStrictEqual(await customer.get(id), {
      status: 'normal',
      lastStatusChange: null,
      recentFailures: [],
    })
  })

  test('stays normal after a failure whose retry succeeds, and the failure is shown', async () => {
    const { customer, hook, id } = await subscribed()
    hook.behave(() => ({ status: hook.received().length < 2 ? 500 : 200 }))
    assert.partialDeepStrictEqual(await deliver(customer), { status: 'delivered', attempts: 2 })
    const { status, lastStatusChange, recentFailures } = await customer.get(id)
    assert.deepEqual([status, lastStatusChange], ['normal', null])
    const [failure, ...others] = recentFailures as { timestamp: string; failure: string }[]
    assert.deepEqual([failure?.failure, others.length], ['HTTP 500', 0])
    assert.match(failure?.timestamp ?? '', microseconds)
  })

  test('is unhealthy after ten failed retries, and normal again after the next success', async () => {
    const { customer, hook, id } = await subscribed()
    hook.behave(() => ({ status: 404 }))
    assert.partialDeepStrictEqual(await deliver(customer), { status: 'failed', attempts: attemptsMax })
    assert.equal(hook.received().length, attemptsMax)
    assert.equal(new Set(hook.received().map(({ body }) => body.toString())).size, 1)

    const sick = await customer.get(id)
    assert.equal(sick['status'], 'unhealthy')
    assert.match(String(sick['lastStatusChange']), microseconds)
    const failures = sick['recentFailures'] as { timestamp: string; failure: string }[]
    assert.equal(failures.length, 10)
    assert.ok(failures.every(({ failure }) => failure === 'HTTP 404'))
    const times = failures.map(({ timestamp }) => timestamp)
    assert.deepEqual(times, times.toSorted().toReversed(), 'the newest is not first')
    assert.equal(sick['lastStatusChange'], times[0])
    assert.deepEqual((await customer.list())[0], sick)
    const path = `/v1/tenants/${customer.tenant}/endpoints/${id}`
    assert.partialDeepStrictEqual(await world.operator(200, 'GET', path), {
      enabled: true,
      health: { status: 'failing' },
    })

    assert.deepEqual((await customer.change(id, { url: hook.url }))['status'], 'unhealthy')
    hook.behave(() => ({ status: 204 }))
    assert.partialDeepStrictEqual(await deliver(customer), { status: 'delivered', attempts: 1 })
    const well = await customer.get(id)
    assert.equal(well['status'], 'normal')
    assert.ok(String(well['lastStatusChange']) > String(sick['lastStatusChange']))
    assert.deepEqual(well['recentFailures'], failures)
    assert.partialDeepStrictEqual(await world.operator(200, 'GET', path), { health: { status: 'healthy' } })
  })

  test('shows a text for an endpoint that cannot be reached', async () => {
    const { customer, id } = await subscribed({ url: `http://127.0.0.1:${await freePort()}/` })
    await deliver(customer)
    const { recentFailures, status } = await customer.get(id)
    assert.equal(status, 'unhealthy')
    assert.match((recentFailures as { failure: string }[])[0]?.failure ?? '', /^\w[\w ]+$/)
  })
})

describe('signatures', () => {
  test('are one per secret, newest first, and a change of secrets applies to the next attempt', async () => {
    const { customer, hook, id } = await subscribed({ secrets: ['first'] })
    await deliver(customer)
    await customer.change(id, { secrets: ['second', 'first'] })
    await deliver(customer)
    await customer.change(id, { secrets: [] })
    await deliver(customer)
    const signers = [['first'], ['second', 'first']]
    for (const [index, secrets] of signers.entries()) {
      const { headers, body } = hook.received()[index] ?? assert.fail('the delivery did not arrive')
      const stamp = String(headers['x-ultravox-webhook-timestamp'])
      assert.ok(Math.abs(Date.parse(stamp) - Date.now()) < 10_000)
      const sign = (secret: string) => createHmac('sha256', secret).update(body).update(stamp).digest('hex')
      assert.equal(headers['x-ultravox-webhook-signature'], secrets.map(sign).join(','))
    }
    const unsigned = hook.received()[2]?.headers ?? {}
    assert.ok('x-ultravox-webhook-timestamp' in unsigned && !('x-ultravox-webhook-signature' in unsigned))
  })
})

test('a webhook gets an event once if it names the type twice, and no event if it names no type', async () => {
  const { customer, hook, id } = await subscribed({ events: ['call.ended', 'call.ended'] })
  const { deliveries } = await world.post(customer.tenant, { type: 'call.ended' })
  assert.equal(deliveries, 1)
  await hook.until(1)
  await customer.change(id, { events: [] })
  assert.equal((await world.post(customer.tenant, { type: 'call.ended' })).deliveries, 0)
})

test("the operator's test event contains a call", async () => {
  const { customer, hook, id } = await subscribed()
  await world.operator(202, 'POST', `/v1/tenants/${customer.tenant}/endpoints/${id}/test`)
  const [arrived] = await hook.until(1)
  const { event, call } = JSON.parse(arrived?.body.toString() ?? '') as { event: string; call: Fields }
  assert.equal(event, 'call.ended')
  assert.equal(call['endReason'], 'hangup')
})

test('an event of a type that the vendor does not have is refused', async () => {
  const customer = await world.customer()
  const event = { tenant: customer.tenant, type: 'call.paused', data: {} }
  const { errors } = await world.operator(400, 'POST', '/v1/events', event)
  assert.partialDeepStrictEqual(errors, [{ field: 'type' }])
})
