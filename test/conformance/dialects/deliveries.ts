// Deliveries as receivers get them: method, path, headers, the bytes of the body, the signature, and the headers that
// differ between attempts.

import assert from 'node:assert/strict'
import { checkRefusal } from './answers.ts'
import type { Case } from './case.ts'
import type { Fields, Profile, SentEvent } from './profile.ts'
import type { ReceivedRequest } from './support.ts'
import { until, type World } from './world.ts'

/** Texts that a round trip through JSON.parse would change. */
export const delicateData: Readonly<Record<string, string>> = {
  'a big number': '{"id":12345678901234567890}',
  'a fraction of zero': '{"price":1.0,"share":1e2,"none":-0}',
  'keys in their order': '{"b":1,"a":2,"10":3,"9":4}',
  'a key given twice': '{"a":1,"a":2}',
  'spaces and line breaks': '{ "a" : [ 1 ,\n\t2 ] }',
  Unicode: '{"name":"Zoë 🎺 \\u00e9 \u2028 \\ud83d\\ude00"}',
  'escapes and braces in texts': '{"text":"} \\" ] \\\\ \\/ data\\":{}"}',
  'an empty object': '{}',
  'nested objects': '{"a":{"data":{"type":"x"},"b":[[],{}]}}',
}

/**
 * Headers that the vendor does not define: those of HTTP itself, `accept`, which some firewalls demand, and
 * `accept-encoding`, which keeps answers readable.
 */
const httpHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding', 'accept'])

/** The header that Posthorn adds to the deliveries of every vendor. */
const posthornHeaders = { 'posthorn-delivery': /^[0-9A-Za-z]{22}$/ }

export function deliveryCases(profile: Profile, add: Case): void {
  const { api, delivery } = profile
  const type = api.eventType(0)

  for (const [title, data] of Object.entries(delicateData)) {
    add(`a delivery carries ${title} as it was posted, in the vendor's body, headers and signature`, async (world) => {
      const { hook, tenant, endpoint, secrets } = await subscribed(world)
      const occurredAt = '2026-03-04T05:06:07.089Z'
      const { id } = await world.post(tenant, { type, data, occurredAt })
      const [arrived] = await hook.until(1)
      assert.ok(arrived !== undefined)
      const row = await world.deliveryOf(tenant, id)
      const event = { id, type, data, occurredAt, tenant, endpoint, delivery: String(row['id']) }
      checkArrival(arrived, event)
      assert.equal(arrived.path, new URL(hook.url).pathname + new URL(hook.url).search)
      await delivery.verify(arrived, { secrets, publicKey: world.publicKey })
    })
  }

  add('the signature covers the body: it does not verify if the body has one more byte', async (world) => {
    const { hook, tenant, secrets } = await subscribed(world)
    await world.post(tenant, { type })
    const [arrived] = await hook.until(1)
    assert.ok(arrived !== undefined)
    const changed = { headers: arrived.headers, body: Buffer.concat([arrived.body, Buffer.from(' ')]) }
    await assert.rejects(delivery.verify(changed, { secrets, publicKey: world.publicKey }))
    if (secrets.length === 0) return
    const other = await subscribed(world)
    await assert.rejects(delivery.verify(arrived, { secrets: other.secrets, publicKey: world.publicKey }))
  })

  add('every attempt has the same body, a right signature and new values in its fresh headers', async (world) => {
    const { hook, tenant, secrets } = await subscribed(world)
    // Attempts are at least a second apart, because some vendors' timestamps count seconds.
    hook.behave(() => (hook.received().length < 3 ? { status: 503, headers: { 'retry-after': '1' } } : {}))
    const { id } = await world.post(tenant, { type, data: '{"n":1.0}' })
    const arrivals = await hook.until(3)
    const [first] = arrivals
    assert.ok(first !== undefined)
    for (const arrived of arrivals) {
      assert.ok(arrived.body.equals(first.body))
      await delivery.verify(arrived, { secrets, publicKey: world.publicKey })
      assert.deepEqual(lasting(arrived), lasting(first))
    }
    for (const name of delivery.freshHeaders) {
      assert.equal(new Set(arrivals.map(({ headers }) => headers[name])).size, 3, `${name} is fresh`)
    }
    await until(async () => (await world.deliveryOf(tenant, id))['status'] === 'delivered', 'it is recorded')
    const row = await world.deliveryOf(tenant, id)
    const statuses = (row['history'] as Fields[]).map((attempt) => attempt['status'])
    assert.deepEqual(statuses, [503, 503, 200])
  })

  add('a failed attempt is retried by the schedule, and the delivery ends as delivered', async (world) => {
    const { hook, tenant } = await subscribed(world)
    hook.behave(() => ({ status: hook.received().length < 2 ? 500 : 204 }))
    const { id } = await world.post(tenant, { type })
    await hook.until(2)
    await until(async () => (await world.deliveryOf(tenant, id))['status'] === 'delivered', 'it is recorded')
    assert.equal((await world.deliveryOf(tenant, id))['attempts'], 2)
    assert.equal(hook.received().length, 2)
  })

  add('a delivery that arrives at an API of its own installation may change nothing', async (world) => {
    const { hook, tenant } = await subscribed(world)
    await world.post(tenant, { type })
    const [arrived] = await hook.until(1)
    const marker = { 'posthorn-delivery': String(arrived?.headers['posthorn-delivery']) }
    const customer = await world.customer()
    const { id } = await customer.endpoint(hook.url)
    const { create, change, remove, get, list } = api.operations
    const refused = [create.request(customer, {}), change.request(customer, id, {}), remove.request(customer, id)]
    for (const request of refused) {
      const answer = await customer.ask({ ...request, headers: { ...request.headers, ...marker } })
      checkRefusal(profile, 'loopDetected', answer, { request })
    }
    for (const request of [get.request(customer, id), list.request(customer)]) {
      assert.equal((await customer.ask({ ...request, headers: { ...request.headers, ...marker } })).status, 200)
    }
    const other = { 'posthorn-delivery': 'anotherInstallation000' }
    const request = remove.request(customer, id)
    assert.equal((await customer.ask({ ...request, headers: { ...request.headers, ...other } })).status, remove.status)
  })

  add('a redirect is a failure and is not followed', async (world) => {
    const { hook, tenant } = await subscribed(world)
    const elsewhere = world.hook()
    hook.behave(() => ({ status: 307, headers: { location: elsewhere.url } }))
    const { id } = await world.post(tenant, { type })
    await hook.until(1)
    await until(async () => Number((await world.deliveryOf(tenant, id))['attempts']) > 0, 'it is recorded')
    assert.notEqual((await world.deliveryOf(tenant, id))['status'], 'delivered')
    assert.equal(elsewhere.received().length, 0)
  })

  add('an event posted twice with the same id is delivered once', async (world) => {
    const { hook, tenant } = await subscribed(world)
    const event = { tenant, type, data: { n: 1 }, id: 'twice_1' }
    await world.operator(202, 'POST', '/v1/events', event)
    assert.equal((await world.operator(200, 'POST', '/v1/events', event))['duplicate'], true)
    await world.post(tenant, { type, data: '{"last":true}' })
    await hook.until(2)
    assert.equal(hook.received().filter(({ body }) => body.includes('"last"')).length, 1)
    assert.equal(hook.received().length, 2)
  })

  async function subscribed(world: World) {
    const customer = await world.customer()
    const hook = world.hook()
    const { id, created, sent } = await customer.endpoint(hook.url)
    const endpoint = { id, url: hook.url }
    return { hook, tenant: customer.tenant, endpoint, secrets: delivery.secretsOf(created, sent) }
  }

  function checkArrival(arrived: ReceivedRequest, event: SentEvent): void {
    assert.equal(arrived.method, 'POST')
    assert.equal(arrived.body.toString('utf8'), delivery.body(event))
    const expected = { ...delivery.headers(event), ...posthornHeaders }
    const names = Object.keys(arrived.headers).filter((name) => !httpHeaders.has(name))
    assert.deepEqual(names.toSorted(), Object.keys(expected).toSorted())
    for (const [name, form] of Object.entries(expected)) assert.match(String(arrived.headers[name]), form, name)
  }

  function lasting({ method, path, headers }: ReceivedRequest): unknown {
    const kept = Object.entries(headers).filter(([name]) => !delivery.freshHeaders.includes(name))
    return { method, path, headers: Object.fromEntries(kept) }
  }
}
