// Endpoints that point at Posthorn's own APIs, with the API key of their customer as a header. A request that is itself
// a delivery of the installation is refused, so that one event makes one delivery.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type ApiRig, eventType, startApiRig, type TestTenant, until } from './support/api-rig.ts'

const marker = 'posthorn-delivery'
const testLimit = 5
// A scheduled retry would be one more request that is refused, long after the test.
const env = { POSTHORN_RETRY_SCALE: '1000', POSTHORN_KEY_TEST_LIMIT: String(testLimit) }

interface Attempt {
  readonly outcome: string
  readonly status?: number
}

/** The deliveries of a tenant with their attempts, once each has an attempt. */
async function deliveriesOf(rig: ApiRig, tenant: string): Promise<readonly Attempt[][]> {
  let found: Attempt[][] = []
  const haveEnded = async (): Promise<boolean> => {
    const { data } = await rig.want(200, { path: `/v1/deliveries?tenant=${tenant}` })
    const details = data.map(({ id }) => rig.want(200, { path: `/v1/deliveries/${id}` }))
    found = (await Promise.all(details)).map(({ history }) => history as unknown as Attempt[])
    return found.length > 0 && found.every((attempts) => attempts.length > 0)
  }
  await until(haveEnded, `every delivery of ${tenant} has an attempt`)
  return found
}

async function eventsOf(rig: ApiRig, tenant: string): Promise<number> {
  return (await rig.want(200, { path: `/v1/events?tenant=${tenant}` })).data.length
}

function assertStopped(deliveries: readonly Attempt[][]): void {
  const shown = deliveries.map((attempts) => attempts.map(({ outcome, status }) => ({ outcome, status })))
  assert.deepEqual(shown, [[{ outcome: 'rejected', status: 508 }]])
}

function bearer(key: string): { readonly authorization: string } {
  return { authorization: `Bearer ${key}` }
}

function testPath({ id }: TestTenant, endpoint: string): string {
  return `/v1/tenants/${id}/endpoints/${endpoint}/test`
}

suite('a delivery of the installation makes no further delivery:', () => {
  let rig: ApiRig
  before(async () => {
    rig = await startApiRig(env)
  })
  after(() => rig.close())

  /** A customer of a vendor, whose tenant has an id in the vendor's form. */
  async function customerOf(dialect: string): Promise<{ readonly tenant: string; readonly key: string }> {
    const { id: tenant } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
    const { key } = await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [tenant] } })
    return { tenant, key }
  }

  /** Creates an endpoint as the customer, and points it at a path of the server. */
  async function pointed(tenant: TestTenant, pathOf: (endpoint: string) => string): Promise<string> {
    const path = `/v1/tenants/${tenant.id}/endpoints`
    const headers = bearer(tenant.key)
    const body = { url: rig.receiver.url, eventTypes: ['*'], headers }
    const { id } = await rig.want(201, { method: 'POST', path, key: tenant.key, body })
    const url = rig.server.url + pathOf(id)
    await rig.want(200, { method: 'PATCH', path: `${path}/${id}`, key: tenant.key, body: { url } })
    return id
  }

  test('an endpoint that points at its own test route', async () => {
    const tenant = await rig.tenant('standard')
    const id = await pointed(tenant, (endpoint) => testPath(tenant, endpoint))
    await rig.want(202, { method: 'POST', path: testPath(tenant, id), key: tenant.key })
    assertStopped(await deliveriesOf(rig, tenant.id))
    assert.equal(await eventsOf(rig, tenant.id), 1)
  })

  test("two endpoints that point at each other's test routes", async () => {
    const tenant = await rig.tenant('standard')
    const first = await pointed(tenant, () => '/')
    const second = await pointed(tenant, () => testPath(tenant, first))
    const url = rig.server.url + testPath(tenant, second)
    await rig.want(200, { method: 'PATCH', path: `/v1/tenants/${tenant.id}/endpoints/${first}`, body: { url } })
    await rig.want(202, { method: 'POST', path: testPath(tenant, first), key: tenant.key })
    assertStopped(await deliveriesOf(rig, tenant.id))
    assert.equal(await eventsOf(rig, tenant.id), 1)
  })

  test("an endpoint that points at the test route of Storno's API", async () => {
    const { tenant: company, key } = await customerOf('storno')
    const path = `/v1/tenants/${company}/endpoints`
    const url = `${rig.receiver.url}/storno`
    const { id } = await rig.want(201, { method: 'POST', path, body: { url, eventTypes: ['*'] } })
    const tenant = await rig.tenant('standard')
    const fields = {
      url: `${rig.server.url}/api/v1/webhooks/${id}/test`,
      headers: { ...bearer(key), 'x-company': company },
    }
    await rig.endpoint(tenant, fields)
    await rig.event(tenant)
    assertStopped(await deliveriesOf(rig, tenant.id))
    assert.equal(await eventsOf(rig, company), 0)
    assert.deepEqual(
      rig.receiver.requests.filter((request) => request.path === '/storno'),
      [],
    )
  })

  test("an endpoint that points at the try-out of Partoo's API, and a try-out of a try-out", async () => {
    const { tenant: org, key } = await customerOf('partoo')
    const url = `${rig.server.url}/v2/webhooks/tryout`
    const body = { url, eventTypes: ['lead_received'], headers: { 'x-apikey': key } }
    await rig.want(201, { method: 'POST', path: `/v1/tenants/${org}/endpoints`, body })
    const event = { tenant: org, type: 'lead_received', data: {} }
    await rig.want(202, { method: 'POST', path: '/v1/events', body: event })
    assertStopped(await deliveriesOf(rig, org))

    const item = { url, event_type: 'lead_received', custom_headers: { 'x-apikey': key } }
    const headers = { 'x-apikey': key, 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ items: [item] }) })
    const tried = { url, event_type: 'lead_received', success: false, status_code: 508 }
    assert.deepEqual([response.status, await response.json()], [200, { items: [tried] }])
  })

  test('every request that could make one, for operator and customer', async () => {
    const tenant = await rig.tenant('standard')
    const { id, path } = await rig.endpoint(tenant)
    await rig.event(tenant)
    const [arrived] = await rig.received(path, 1)
    const headers = { [marker]: `another, ${String(arrived?.headers[marker])}` }
    const [delivery] = (await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}` })).data
    const event = { tenant: tenant.id, type: eventType, data: {} }
    const endpoint = `/v1/tenants/${tenant.id}/endpoints/${id}`
    const requests = [
      { path: '/v1/events', body: event },
      { path: '/v1/events/batch', body: { events: [event] } },
      { path: `${endpoint}/test` },
      { path: `${endpoint}/replay`, body: { since: '2020-01-01T00:00:00Z', status: 'delivered' } },
      { path: `/v1/deliveries/${String(delivery?.id)}/retry` },
    ]
    for (const request of requests) {
      for (const key of [rig.installation.operatorKey, tenant.key]) {
        const { code } = await rig.want(508, { method: 'POST', key, headers, ...request })
        assert.equal(code, 'loop_detected')
      }
    }
    assert.equal(await eventsOf(rig, tenant.id), 1)
    assert.equal((await rig.received(path, 1)).length, 1)
    for (const request of requests) assert.notEqual((await rig.ask({ method: 'POST', ...request })).status, 508)
  })

  test('control: a proxy that drops the marker lets the loop run, up to the quota of test events', async () => {
    const tenant = await rig.tenant('standard')
    const { id, path } = await rig.endpoint(tenant)
    const statuses: number[] = []
    rig.behaviours.set(path, () => {
      const sent = fetch(rig.server.url + testPath(tenant, id), { method: 'POST', headers: bearer(tenant.key) })
      void sent.then(({ status }) => statuses.push(status))
      return {}
    })
    await rig.want(202, { method: 'POST', path: testPath(tenant, id) })
    await until(() => statuses.includes(429), 'the quota stops the loop')
    // The operator's test has no quota. A new minute may have begun once.
    const passed = statuses.filter((status) => status === 202).length
    assert.ok(passed === testLimit || passed === 2 * testLimit, String(passed))
  })
})

test('a chain of two installations is delivered', async (t) => {
  const [first, second] = await Promise.all([startApiRig(env), startApiRig(env)])
  t.after(() => Promise.all([first.close(), second.close()]))
  const inner = await second.tenant('standard')
  const { path } = await second.endpoint(inner)
  await second.event(inner)
  await second.received(path, 1)
  await deliveriesOf(second, inner.id)
  const [delivery] = (await second.want(200, { path: `/v1/deliveries?tenant=${inner.id}` })).data
  const outer = await first.tenant('standard')
  const url = `${second.server.url}/v1/deliveries/${delivery?.id}/retry`
  await first.endpoint(outer, { url, headers: bearer(inner.key) })
  await first.event(outer)
  const [, arrived] = await second.received(path, 2)
  assert.equal((await deliveriesOf(first, outer.id))[0]?.[0]?.status, 202)
  assert.match(String(arrived?.headers[marker]), /^[0-9A-Za-z]{22}$/)
})
