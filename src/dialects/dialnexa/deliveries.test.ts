// DialNexa's deliveries beyond the suite of all dialects: secrets that the customer chooses, the last retry, and the
// health of a failing endpoint.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Behaviour as ReceiverBehaviour } from '../../../test/support/receiver.ts'
import type { Fields } from '../../../test/conformance/dialects/profile.ts'
import type { ReceivedRequest } from '../../../test/conformance/dialects/support.ts'
import { until, type World } from '../../../test/conformance/dialects/world.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('dialnexa')

onOneServer("DialNexa's deliveries", profile, onSqlite, (add) => {
  const { api } = profile
  const type = 'call.completed'

  add('the payload of a call arrives in the envelope, signed with the exact text of the secret', async (world) => {
    const data = '{"call":{"id":"call_abc123xyz","direction":"outbound","status":"completed","duration":61.0}}'
    for (const secret of ['whsec_my', 'x', ' Schlüssel 🎺 ', 'd2hzZWM=', '00ff']) {
      const customer = await world.customer()
      const hook = world.hook()
      await customer.create({ ...api.sample(hook.url, 0), secret })
      await world.post(customer.tenant, { type, data })
      const [arrived] = await hook.until(1)
      assert.equal(arrived?.body.toString(), `{"event_type":"call.completed","payload":${data}}`)
      assert.equal(arrived?.headers['x-dialnexa-signature'], signed(arrived, secret))
    }
  })

  add(
    'an event outside the catalogue is accepted, and delivered to the endpoints that name its type',
    async (world) => {
      const customer = await world.customer()
      const hook = world.hook()
      await customer.create({ ...api.sample(hook.url, 0), events: ['order.paid', 'call_ended'] })
      assert.equal((await world.post(customer.tenant, { type: 'order.paid' })).deliveries, 1)
      assert.equal((await world.post(customer.tenant, { type: 'order.failed' })).deliveries, 0)
      const [arrived] = await hook.until(1)
      assert.equal(arrived?.body.toString(), '{"event_type":"order.paid","payload":{}}')
    },
  )

  add('a changed secret signs the next attempt, also a retry', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    hook.behave(() => (hook.received().length === 1 ? { status: 503, headers: { 'retry-after': '1' } } : {}))
    const { id, sent } = await customer.endpoint(hook.url)
    await world.post(customer.tenant, { type })
    const [first] = await hook.until(1)
    assert.equal(first?.headers['x-dialnexa-signature'], signed(first, String(sent['secret'])))
    await customer.change(id, { secret: 'another' })
    const [, retry] = await hook.until(2)
    assert.equal(retry?.headers['x-dialnexa-signature'], signed(retry, 'another'))
    assert.deepEqual(retry?.body, first?.body)
  })

  add('after a rotation by the operator, only the newest secret signs', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    const { id } = await customer.endpoint(hook.url)
    const rotated = await world.operator(200, 'POST', `${endpointPath(customer.tenant, id)}/rotate-secret`, {})
    const [newest] = rotated['secrets'] as { value: string }[]
    await world.post(customer.tenant, { type })
    const [arrived] = await hook.until(1)
    assert.equal(arrived?.headers['x-dialnexa-signature'], signed(arrived, newest?.value ?? ''))
  })

  add(
    'a delivery fails after three retries, the webhook stays active, and the operator sees the reason',
    async (world) => {
      const customer = await world.customer()
      const hook = world.hook()
      hook.behave(() => ({ status: 500 }))
      const { id } = await customer.endpoint(hook.url)
      const { id: event } = await world.post(customer.tenant, { type })
      await untilStatus(world, customer.tenant, event, 'failed')
      const row = await world.deliveryOf(customer.tenant, event)
      assert.partialDeepStrictEqual(row, { attempts: 4, reason: 'retries exhausted', nextAttemptAt: null })
      await sleep(100)
      assert.equal(hook.received().length, 4)
      assert.equal((await customer.get(id))['is_active'], true)

      const failing = await world.operator(200, 'GET', endpointPath(customer.tenant, id))
      assert.partialDeepStrictEqual(failing, { enabled: true, attempts: 4, lastAttemptSucceeded: false })
      const { status, reason, since } = failing['health'] as Fields
      assert.deepEqual([status, reason], ['failing', 'nothing but failures since the last success'])
      const [first] = row['history'] as Fields[]
      const sinceFirst = Date.parse(String(since)) - Date.parse(String(first?.['startedAt']))
      assert.ok(sinceFirst < 1000, 'the time is not that of the first failure')

      hook.behave(() => ({ status: 204 }))
      const { id: next } = await world.post(customer.tenant, { type })
      await untilStatus(world, customer.tenant, next, 'delivered')
      const healthy = await world.operator(200, 'GET', endpointPath(customer.tenant, id))
      assert.partialDeepStrictEqual(healthy, {
        attempts: 5,
        lastAttemptSucceeded: true,
        health: { status: 'healthy', reason: null, since: null },
      })
    },
  )

  add('an attempt without an answer within 5 s times out and is retried', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    const slow: ReceiverBehaviour = { hang: true }
    hook.behave(() => (hook.received().length === 1 ? slow : {}))
    await customer.endpoint(hook.url)
    const { id: event } = await world.post(customer.tenant, { type })
    await untilStatus(world, customer.tenant, event, 'delivered')
    const [first, second] = (await world.deliveryOf(customer.tenant, event))['history'] as Fields[]
    assert.equal(first?.['outcome'], 'timedOut')
    const durationMs = Number(first?.['durationMs'])
    assert.ok(durationMs >= 4900 && durationMs < 7000, `the attempt took ${durationMs} ms`)
    assert.equal(second?.['status'], 200)
  })

  add('410 is retried like any other failure', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    hook.behave(() => ({ status: hook.received().length < 2 ? 410 : 200 }))
    const { id } = await customer.endpoint(hook.url)
    const { id: event } = await world.post(customer.tenant, { type })
    await untilStatus(world, customer.tenant, event, 'delivered')
    assert.equal((await customer.get(id))['is_active'], true)
  })

  add("the operator's test event has the first event type of the webhook", async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    await customer.endpoint(hook.url)
    const { id } = await customer.create({ ...api.sample(hook.url, 0), events: ['order.paid', 'call.failed'] })
    await world.operator(202, 'POST', `${endpointPath(customer.tenant, String(id))}/test`)
    const [arrived] = await hook.until(1)
    assert.equal(arrived?.body.toString(), '{"event_type":"order.paid","payload":{"test":true}}')
  })

  add('an endpoint that the operator created looks like any other, without its secret', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    const body = { url: hook.url, eventTypes: [type] }
    const made = await world.operator(201, 'POST', `/v1/tenants/${customer.tenant}/endpoints`, body)
    const webhook = await customer.get(String(made['id']))
    assert.partialDeepStrictEqual(webhook, { url: hook.url, events: [type], is_active: true })
    assert.ok(!('secret' in webhook))
  })
})

function endpointPath(tenant: string, id: string): string {
  return `/v1/tenants/${tenant}/endpoints/${id}`
}

/** The signature that a receiver computes. */
function signed(request: ReceivedRequest | undefined, secret: string): string {
  const { body } = request ?? assert.fail('the request did not arrive')
  return `sha256=${createHmac('sha256', Buffer.from(secret, 'utf8')).update(body).digest('hex')}`
}

async function untilStatus(world: World, tenant: string, event: string, status: string): Promise<void> {
  await until(async () => (await world.deliveryOf(tenant, event))['status'] === status, `the delivery is ${status}`)
}
