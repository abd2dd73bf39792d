// Try-outs: a delivery like any other with one more header, of which nothing is kept.

import assert from 'node:assert/strict'
import { onSqlite } from '../../../test/support/dialect-support.ts'
import { freePort } from '../../../test/support/server-process.ts'
import type { Customer } from '../../../test/conformance/dialects/customer.ts'
import type { ApiAnswer, Fields } from '../../../test/conformance/dialects/profile.ts'
import { onOneServer } from '../../../test/conformance/dialects/suite.ts'
import { events } from '../../../test/profiles/partoo/fields.ts'
import { partooProfile } from '../../../test/profiles/partoo/profile.ts'

/** The members of an example payload that the vendor's event pages name first. */
const payloadMembers: Readonly<Record<string, readonly string[]>> = {
  business_created: ['business'],
  business_updated: ['business'],
  business_deleted: ['business'],
  message_updated: ['message', 'conversation', 'org_id'],
  message_created: ['message', 'conversation', 'org_id'],
  lead_received: ['id', 'source', 'created_at', 'chatbot_id', 'chatbot_name', 'business_name', 'store_code', 'values'],
}

onOneServer('partoo: try-outs', partooProfile, onSqlite, (add) => {
  for (const event_type of events) {
    add(`a try-out of ${event_type} sends an example where there is no event`, async (world) => {
      const customer = await world.customer()
      const hook = world.hook()
      const answer = await tryout(customer, [{ url: hook.url, event_type, custom_headers: { 'X-Token': 't' } }])
      assert.equal(answer.status, 200, answer.text)
      assert.deepEqual(answer.body, { items: [{ url: hook.url, event_type, success: true, status_code: 200 }] })
      const [arrived] = hook.received()
      assert.ok(arrived !== undefined, 'it has arrived before the answer')
      assert.equal(arrived.headers['x-partoo-webhook-tryout'], 'true')
      assert.equal(arrived.headers['x-token'], 't')
      partooProfile.delivery.verify(arrived, { secrets: [], publicKey: world.publicKey })
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
    assert.equal((await customer.list()).length, 1, 'the stored webhook is another one, and stays')
  })

  add('a try-out tells what the receiver answered, and does not try again', async (world) => {
    const customer = await world.customer()
    for (const [status, success] of [
      [204, true],
      [302, false],
      [404, false],
      [503, false],
    ] as const) {
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

  add('a try-out that cannot be is refused', async (world) => {
    const customer = await world.customer()
    const { url } = world.hook()
    const event_type = 'lead_received'
    const faults: [unknown, unknown][] = [
      [[], { items: 'must not have fewer than 1 items' }],
      [{}, { items: 'must be an array' }],
      [undefined, { items: 'is required' }],
      [[5], { items: { 0: 'must be an object' } }],
      [[{ url }], { items: { 0: { event_type: 'is required' } } }],
      [[{ url: 'x', event_type }], { items: { 0: { url: 'must be a valid url' } } }],
      [[{ url: 'https://192.168.0.1/', event_type }], { items: { 0: { url: 'must be publicly reachable: private' } } }],
      [
        [{ url, event_type, custom_headers: { 'X-Forwarded-For': '1' } }],
        { items: { 0: { custom_headers: { 'X-Forwarded-For': 'is set by the sender and cannot be replaced' } } } },
      ],
    ]
    for (const [items, expected] of faults) {
      const answer = await tryout(customer, items)
      assert.deepEqual([answer.status, answer.body], [400, { errors: { json: expected } }])
    }
  })
})

function tryout(customer: Customer, items: unknown): Promise<ApiAnswer> {
  return customer.ask({ method: 'POST', path: '/v2/webhooks/tryout', body: { items } })
}
