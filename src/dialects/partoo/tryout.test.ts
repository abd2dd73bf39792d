// Try-outs: a delivery like any other, with one more header. Nothing about a try-out is stored.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { freePort } from '../../../test/support/server-process.ts'
import type { Customer } from '../../../test/conformance/dialects/customer.ts'
import type { ApiAnswer, Fields } from '../../../test/conformance/dialects/profile.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import { profileOf } from '../../../test/profiles/profiles.ts'

const profile = profileOf('partoo')
const events = profile.dialect.eventTypes.map(({ name }) => name)

/** The top-level fields of each example payload, as on the vendor's event pages. */
const payloadMembers: Readonly<Record<string, readonly string[]>> = {
  business_created: ['business'],
  business_updated: ['business'],
  business_deleted: ['business'],
  message_updated: ['message', 'conversation', 'org_id'],
  message_created: ['message', 'conversation', 'org_id'],
  lead_received: ['id', 'source', 'created_at', 'chatbot_id', 'chatbot_name', 'business_name', 'store_code', 'values'],
}

onOneServer('partoo: try-outs', profile, onSqlite, (add) => {
  for (const event_type of events) {
    add(`a try-out of ${event_type} sends an example if there is no event`, async (world) => {
      const customer = await world.customer()
      const hook = world.hook()
      const answer = await tryout(customer, [{ url: hook.url, event_type, custom_headers: { 'X-Token': 't' } }])
      assert.equal(answer.status, 200, answer.text)
      assert.deepEqual(answer.body, { items: [{ url: hook.url, event_type, success: true, status_code: 200 }] })
      const [arrived] = hook.received()
      assert.ok(arrived !== undefined, 'the try-out was answered before it arrived')
      assert.equal(arrived.headers['x-partoo-webhook-tryout'], 'true')
      assert.equal(arrived.headers['x-token'], 't')
      await profile.delivery.verify(arrived, { secrets: [], publicKey: world.publicKey })
      const { type, payload } = JSON.parse(arrived.body.toString('utf8')) as { type: string; payload: Fields }
      assert.equal(type, event_type)
      assert.deepEqual(Object.keys(payload), payloadMembers[event_type])

      assert.deepEqual(await customer.list(), [])
      for (const list of ['events', 'deliveries']) {
        assert.deepEqual((await world.operator(200, 'GET', `/v1/${list}?tenant=${customer.tenant}`))['data'], [])
      }
    })
  }

  add('a try-out sends the latest event of its type and organization, byte for byte', async (world) => {
    const [customer, other] = await Promise.all([world.customer(), world.customer()])
    const hook = world.hook()
    const item = { url: hook.url, event_type: 'lead_received' }
    await customer.endpoint(world.hook().url, events.indexOf('lead_received'))
    const latest = '{ "n":1.0, "big":12345678901234567890, "2":"é", "1":"\\u00e9" }'
    await world.post(customer.tenant, { type: 'lead_received', data: '{"old":true}' })
    await world.post(customer.tenant, { type: 'lead_received', data: latest })
    await world.post(customer.tenant, { type: 'message_created', data: '{"another":"type"}' })
    await world.post(other.tenant, { type: 'lead_received', data: '{"another":"organization"}' })
    assert.equal((await tryout(customer, [item])).status, 200)
    assert.equal(hook.received()[0]?.body.toString('utf8'), `{"type":"lead_received","payload":${latest}}`)
    assert.equal((await customer.list()).length, 1, 'the try-out changed the stored webhooks')
  })

  add("a try-out returns the receiver's answer, and is not retried", async (world) => {
    const customer = await world.customer()
    for (const { status, success } of [
      { status: 204, success: true },
      { status: 302, success: false },
      { status: 404, success: false },
      { status: 503, success: false },
    ]) {
      const hook = world.hook()
      hook.behave(() => ({ status, headers: { location: 'https://example.com/' } }))
      const { body } = await tryout(customer, [{ url: hook.url, event_type: 'lead_received' }])
      assert.deepEqual((body as { items: Fields[] }).items, [
        { url: hook.url, event_type: 'lead_received', success, status_code: status },
      ])
      assert.equal(hook.received().length, 1)
    }
    const silent = { url: `http://127.0.0.1:${await freePort()}/`, event_type: 'lead_received' }
    const { body } = await tryout(customer, [silent])
    assert.deepEqual((body as { items: Fields[] }).items, [{ ...silent, success: false, status_code: null }])
  })

  add('only the first entry of a try-out counts', async (world) => {
    const customer = await world.customer()
    const [first, second] = [world.hook(), world.hook()]
    const others = [{ url: second.url, event_type: 'lead_received' }, { url: 5 }, null]
    const answer = await tryout(customer, [{ url: first.url, event_type: 'message_updated' }, ...others])
    assert.equal((answer.body as { items: unknown[] }).items.length, 1)
    assert.deepEqual([first.received().length, second.received().length], [1, 0])
  })

  add('an invalid try-out is refused', async (world) => {
    const customer = await world.customer()
    const { url } = world.hook()
    const event_type = 'lead_received'
    const faults: { items: unknown; fault: unknown }[] = [
      { items: [], fault: 'must not have fewer than 1 items' },
      { items: {}, fault: 'must be an array' },
      { items: undefined, fault: 'is required' },
      { items: [5], fault: { 0: 'must be an object' } },
      { items: [{ url }], fault: { 0: { event_type: 'is required' } } },
      { items: [{ url: 'x', event_type }], fault: { 0: { url: 'must be a valid url' } } },
      {
        items: [{ url: 'https://192.168.0.1/', event_type }],
        fault: { 0: { url: 'must be publicly reachable: 192.168.0.1 is a private address' } },
      },
      {
        items: [{ url, event_type, custom_headers: { 'X-é': '1' } }],
        fault: {
          0: {
            custom_headers: { 'X-é': 'must begin with X-, must not begin with X-Partoo, and must be a header name' },
          },
        },
      },
    ]
    for (const { items, fault } of faults) {
      const answer = await tryout(customer, items)
      assert.deepEqual([answer.status, answer.body], [400, { errors: { json: { items: fault } } }])
    }
  })
})

function tryout(customer: Customer, items: unknown): Promise<ApiAnswer> {
  return customer.ask({ method: 'POST', path: '/v2/webhooks/tryout', body: { items } })
}
