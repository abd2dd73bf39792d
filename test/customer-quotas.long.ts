// The quotas that the settings give: of customers of `standard`, per key and per tenant, and of test events in every
// dialect. test/nodes-quotas.long.ts counts them on two nodes.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, suite, test } from 'node:test'
import { type ApiRig, type ApiRequest, startApiRig, type TestTenant } from './support/api-rig.ts'

const keyLimit = 12
const tenantLimit = 20
const keyTestLimit = 3
const tenantTestLimit = 5

/** A test that counts must not begin at the end of a minute: its requests would be in two windows. */
async function untilWindowHasTime(): Promise<void> {
  const leftMs = 60_000 - (Date.now() % 60_000)
  if (leftMs < 2000) await sleep(leftMs + 50)
}

suite('quotas of customers', () => {
  let rig: ApiRig
  before(async () => {
    rig = await startApiRig({
      POSTHORN_KEY_LIMIT: String(keyLimit),
      POSTHORN_TENANT_LIMIT: String(tenantLimit),
      POSTHORN_KEY_TEST_LIMIT: String(keyTestLimit),
      POSTHORN_TENANT_TEST_LIMIT: String(tenantTestLimit),
    })
  })
  after(() => rig.close())

  /** Sends a request `count` times at once. Returns how many were not refused for a quota. */
  async function passed(count: number, request: ApiRequest, limit = keyLimit): Promise<number> {
    const answers = await Promise.all(Array.from({ length: count }, () => rig.ask(request)))
    const refused = answers.filter(({ status }) => status === 429)
    for (const { headers, body } of refused) {
      const seconds = Number(headers['retry-after'])
      assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60, `Retry-After ${seconds}`)
      assert.equal(body.code, 'too_many_requests')
      assert.match(body.detail, new RegExp(`^The quota is ${limit} `))
    }
    return answers.length - refused.length
  }

  const listOf = ({ id }: TestTenant, key: string): ApiRequest => ({ path: `/v1/tenants/${id}/endpoints`, key })
  const newKey = async (...tenants: string[]): Promise<string> =>
    (await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants } })).key

  test('a key has a quota, and its refused requests do not use up the quota of its tenant', async () => {
    await untilWindowHasTime()
    const tenant = await rig.tenant('standard')
    assert.equal(await passed(3 * tenantLimit, listOf(tenant, tenant.key)), keyLimit)
    const list = listOf(tenant, await newKey(tenant.id))
    assert.equal(await passed(keyLimit, list, tenantLimit), tenantLimit - keyLimit)
    const other = await rig.tenant('standard')
    assert.equal(await passed(1, listOf(other, other.key)), 1)
    assert.equal(await passed(2 * tenantLimit, { path: `/v1/tenants/${tenant.id}/endpoints` }), 2 * tenantLimit)
  })

  test('a key that names a tenant of another customer does not use up the quota of that tenant', async () => {
    await untilWindowHasTime()
    const [own, foreign] = [await rig.tenant('standard'), await rig.tenant('standard')]
    const list = listOf(foreign, own.key)
    assert.equal(await passed(keyLimit + 5, list), keyLimit)
    assert.equal(await passed(keyLimit, listOf(foreign, foreign.key)), keyLimit)
    assert.equal(await passed(keyLimit, listOf(own, await newKey(own.id)), tenantLimit), tenantLimit - keyLimit)
  })

  test('a key of several tenants uses the quota of the tenant that a request names', async () => {
    await untilWindowHasTime()
    const [first, second] = [await rig.tenant('standard'), await rig.tenant('standard')]
    const [one, two] = [await newKey(first.id, second.id), await newKey(first.id, second.id)]
    assert.equal(await passed(keyLimit, listOf(second, one)), keyLimit)
    const deliveries = { path: `/v1/deliveries?tenant=${second.id}`, key: two }
    assert.equal(await passed(keyLimit, deliveries, tenantLimit), tenantLimit - keyLimit)
    assert.equal(await passed(keyLimit, listOf(first, first.key)), keyLimit)
  })

  test('test events have lower quotas of their own, per key and per tenant', async () => {
    await untilWindowHasTime()
    const tenant = await rig.tenant('standard')
    const { id, path } = await rig.endpoint(tenant)
    const sendTest = { method: 'POST', path: `/v1/tenants/${tenant.id}/endpoints/${id}/test` } as const
    assert.equal(await passed(10, { ...sendTest, key: tenant.key }, keyTestLimit), keyTestLimit)
    // Refused requests count against the quota of all requests.
    assert.equal(await passed(5, listOf(tenant, tenant.key)), keyLimit - 10)
    const key = await newKey(tenant.id)
    assert.equal(await passed(keyTestLimit, { ...sendTest, key }, tenantTestLimit), tenantTestLimit - keyTestLimit)
    assert.equal(await passed(tenantTestLimit, sendTest), tenantTestLimit)
    assert.equal((await rig.received(path, 2 * tenantTestLimit)).length, 2 * tenantTestLimit)
  })

  test('retries and replays count like other requests', async () => {
    await untilWindowHasTime()
    const tenant = await rig.tenant('standard')
    const { id, path } = await rig.endpoint(tenant)
    await rig.event(tenant)
    await rig.received(path, 1)
    const [delivery] = (await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}` })).data
    const post = { method: 'POST', key: tenant.key } as const
    const retry = { ...post, path: `/v1/deliveries/${String(delivery?.id)}/retry` }
    const body = { since: '2020-01-01T00:00:00Z' }
    const replay = { ...post, path: `/v1/tenants/${tenant.id}/endpoints/${id}/replay`, body }
    assert.equal(await passed(keyLimit - 2, retry), keyLimit - 2)
    assert.equal(await passed(5, replay), 2)
  })

  const vendors = [
    {
      dialect: 'storno',
      list: '/api/v1/webhooks',
      eventType: 'invoice.paid',
      headersOf: (tenant: string, key: string) => ({ authorization: `Bearer ${key}`, 'x-company': tenant }),
      testOf: (endpoint: string) => ({ path: `/api/v1/webhooks/${endpoint}/test`, body: {} }),
      refusal: { error: 'Too many requests. Please try again later.' },
    },
    {
      dialect: 'partoo',
      list: '/v2/webhooks',
      eventType: 'lead_received',
      headersOf: (_tenant: string, key: string) => ({ 'x-apikey': key }),
      testOf: () => {
        const items = [{ url: `${rig.receiver.url}/tryout`, event_type: 'lead_received' }]
        return { path: '/v2/webhooks/tryout', body: { items } }
      },
      refusal: { errors: { json: 'Too many requests' } },
    },
  ]
  for (const { dialect, list, eventType, headersOf, testOf, refusal } of vendors) {
    test(`tests of ${dialect} have quotas of their own, and its other requests have only the vendor's`, async () => {
      await untilWindowHasTime()
      const { id: tenant } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect } })
      const fields = { url: `${rig.receiver.url}/${dialect}`, eventTypes: [eventType] }
      const path = `/v1/tenants/${tenant}/endpoints`
      const endpoint = await rig.want(201, { method: 'POST', path, body: fields })
      assert.equal(await testsOf(await newKey(tenant)), keyTestLimit)
      assert.equal(await testsOf(await newKey(tenant)), tenantTestLimit - keyTestLimit)

      async function testsOf(key: string): Promise<number> {
        const sent = testOf(endpoint.id)
        const headers = { ...headersOf(tenant, key), 'content-type': 'application/json' }
        const ask = () =>
          fetch(rig.server.url + sent.path, { method: 'POST', headers, body: JSON.stringify(sent.body) })
        const answers = await Promise.all(Array.from({ length: 2 * keyTestLimit }, ask))
        const refused = answers.filter(({ status }) => status === 429)
        for (const answer of refused) {
          assert.deepEqual(await answer.json(), refusal)
          assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/)
        }
        assert.equal((await fetch(rig.server.url + list, { headers })).status, 200)
        return answers.filter(({ status }) => status === 200).length
      }
    })
  }

  test('the operator API shows the quotas of every dialect', async () => {
    const tests = [
      { per: 'key', counts: 'tests', requests: keyTestLimit, windowSeconds: 60 },
      { per: 'tenant', counts: 'tests', requests: tenantTestLimit, windowSeconds: 60 },
    ]
    const all = [
      { per: 'key', counts: 'all', requests: keyLimit, windowSeconds: 60 },
      { per: 'tenant', counts: 'all', requests: tenantLimit, windowSeconds: 60 },
    ]
    const limitsOf = async (dialect: string): Promise<unknown> =>
      (await rig.want(200, { path: `/v1/dialects/${dialect}` }))['rateLimits']
    assert.deepEqual(await limitsOf('standard'), [...all, ...tests])
    const documented = [{ per: 'tenant', counts: 'all', requests: 300, windowSeconds: 60 }]
    assert.deepEqual(await limitsOf('partoo'), [...documented, ...tests])
  })
})

test('POSTHORN_RATE_LIMITS=off lifts the quotas that the settings give', async (t) => {
  const rig = await startApiRig({ POSTHORN_RATE_LIMITS: 'off', POSTHORN_KEY_LIMIT: '1', POSTHORN_KEY_TEST_LIMIT: '1' })
  t.after(() => rig.close())
  const tenant = await rig.tenant('standard')
  const { id } = await rig.endpoint(tenant)
  const path = `/v1/tenants/${tenant.id}/endpoints/${id}/test`
  for (let sent = 0; sent < 3; sent++) await rig.want(202, { method: 'POST', path, key: tenant.key })
})
