// DialNexa's deliveries beyond what every dialect's are: secrets of the customer's choice, the end of the retries, and
// what is remembered of failures.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Behaviour as ReceiverBehaviour } from '../../../test/support/receiver.ts'
import type { Fields } from '../../../test/conformance/dialects/profile.ts'
import type { ReceivedRequest } from '../../../test/conformance/dialects/support.ts'
import { until, type World } from '../../../test/conformance/dialects/world.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import { dialnexaProfile } from '../../../test/profiles/dialnexa/profile.ts'

onOneServer("DialNexa's deliveries", dialnexaProfile, onSqlite, (add) => {
  const { api } = dialnexaProfile
  const type = 'call.completed'

  add('the payload of a call arrives in the envelope, signed with the secret as it was written', async (world) => {
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

  add('an event that is not in the catalogue is accepted and delivered to who wants it', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    await customer.create({ ...api.sample(hook.url, 0), events: ['order.paid', 'call_ended'] })
    assert.equal((await world.post(customer.tenant, { type: 'order.paid' })).deliveries, 1)
    assert.equal((await world.post(customer.tenant, { type: 'order.failed' })).deliveries, 0)
    const [arrived] = await hook.until(1)
    assert.equal(arrived?.body.toString(), '{"event_type":"order.paid","payload":{}}')
  })

  add('a changed secret signs from the next delivery on, and the next retry', async (world) => {
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

  add('after a rotation by the operator the newest secret signs', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    const { id } = await customer.endpoint(hook.url)
    const rotated = await world.operator(200, 'POST', `${endpointPath(customer.tenant, id)}/rotate-secret`, {})
    const [newest] = rotated['secrets'] as { value: string }[]
    await world.post(customer.tenant, { type })
    const [arrived] = await hook.until(1)
    assert.equal(arrived?.headers['x-dialnexa-signature'], signed(arrived, newest?.value ?? ''))
  })

  add('three retries, then the delivery has failed; the webhook stays active, the operator sees why', async (world) => {
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
    assert.ok(Date.parse(String(since)) - Date.parse(String(first?.['startedAt'])) < 1000, 'since the first of them')

    hook.behave(() => ({ status: 204 }))
    const { id: next } = await world.post(customer.tenant, { type })
    await untilStatus(world, customer.tenant, next, 'delivered')
    const healthy = await world.operator(200, 'GET', endpointPath(customer.tenant, id))
    assert.partialDeepStrictEqual(healthy, {
      attempts: 5,
      lastAttemptSucceeded: true,
      health: { status: 'healthy', reason: null, since: null },
    })
  })

  add('an answer that takes longer than 5 s is a failure, and is retried', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    const slow: ReceiverBehaviour = { hang: true }
    hook.behave(() => (hook.received().length === 1 ? slow : {}))
    await customer.endpoint(hook.url)
    const { id: event } = await world.post(customer.tenant, { type })
    await untilStatus(world, customer.tenant, event, 'delivered')
    const [first, second] = (await world.deliveryOf(customer.tenant, event))['history'] as Fields[]
    assert.equal(first?.['outcome'], 'timedOut')
    assert.ok(Number(first?.['durationMs']) >= 4900 && Number(first?.['durationMs']) < 7000, 'after 5 s')
    assert.equal(second?.['status'], 200)
  })

  add('410 is a failure like another', async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    hook.behave(() => ({ status: hook.received().length < 2 ? 410 : 200 }))
    const { id } = await customer.endpoint(hook.url)
    const { id: event } = await world.post(customer.tenant, { type })
    await untilStatus(world, customer.tenant, event, 'delivered')
    assert.equal((await customer.get(id))['is_active'], true)
  })

  add("the operator's test goes out as the first event that the webhook wants", async (world) => {
    const customer = await world.customer()
    const hook = world.hook()
    await customer.endpoint(hook.url)
    const { id } = await customer.create({ ...api.sample(hook.url, 0), events: ['order.paid', 'call.failed'] })
    await world.operator(202, 'POST', `${endpointPath(customer.tenant, String(id))}/test`)
    const [arrived] = await hook.until(1)
    assert.equal(arrived?.body.toString(), '{"event_type":"order.paid","payload":{"test":true}}')
  })

  add('an endpoint that the operator made looks like any other', async (world) => {
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

/** The signature made anew, as a receiver would. */
function signed(request: ReceivedRequest | undefined, secret: string): string {
  const { body } = request ?? assert.fail('a request came')
  return `sha256=${createHmac('sha256', Buffer.from(secret, 'utf8')).update(body).digest('hex')}`
}

async function untilStatus(world: World, tenant: string, event: string, status: string): Promise<void> {
  await until(async () => (await world.deliveryOf(tenant, event))['status'] === status, `it is ${status}`)
}
