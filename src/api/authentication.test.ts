// Authentication: keys in every malformed form, and revoked keys. A customer cannot distinguish the objects of another
// tenant from absent objects.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import { type ApiRequest, eventType, fresh, shareApiRig } from '../../test/support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

const own = await rig.tenant('standard')
const foreign = await rig.tenant('standard')
const foreignAllo = await rig.tenant('allo')
const { operatorKey } = rig

suite('the authorization header', () => {
  const path = '/v1/tenants'
  const refused: readonly { readonly what: string; readonly authorization: string }[] = [
    { what: 'an empty header', authorization: '' },
    { what: 'a header without a key', authorization: 'Bearer' },
    { what: 'a header with an empty key', authorization: 'Bearer ' },
    { what: 'the key without a scheme', authorization: operatorKey },
    { what: 'another scheme', authorization: `Basic ${operatorKey}` },
    { what: "Allo's scheme", authorization: `Api-Key ${operatorKey}` },
    { what: 'a part of the key', authorization: `Bearer ${operatorKey.slice(0, -1)}` },
    { what: 'the key with a character more', authorization: `Bearer ${operatorKey}x` },
    { what: 'the key in upper case', authorization: `Bearer ${operatorKey.toUpperCase()}` },
  ]
  const cases: ApiCase[] = refused.map(({ what, authorization }) => ({
    name: `${what} is refused`,
    path,
    key: null,
    headers: { authorization },
    status: 401,
    code: 'unauthenticated',
    lacks: [operatorKey],
  }))
  testCases(rig, [
    ...cases,
    {
      name: 'the scheme may be in upper or lower case',
      path,
      headers: { authorization: `bEARER ${operatorKey}` },
      status: 200,
    },
  ])

  test('a 401 response names the expected scheme', async () => {
    const answer = await rig.ask({ path, key: null })
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
  })
})

suite("a customer's key", () => {
  test('is refused as soon as the response to its revocation has arrived', async () => {
    const tenant = await rig.tenant('standard')
    const request = { path: `/v1/tenants/${tenant.id}/endpoints`, key: tenant.key }
    await rig.want(200, request)
    await rig.want(204, { method: 'DELETE', path: `/v1/keys/${tenant.keyId}` })
    await rig.want(401, request)
    await rig.want(404, { method: 'DELETE', path: `/v1/keys/${tenant.keyId}` })
  })

  test('is refused as soon as the response to the deletion of its tenant has arrived', async () => {
    const tenant = await rig.tenant('standard')
    const request = { path: '/v1/deliveries', key: tenant.key }
    await rig.want(200, request)
    await rig.want(202, { method: 'DELETE', path: `/v1/tenants/${tenant.id}` })
    const { status } = await rig.ask(request)
    assert.equal(status, 401)
  })

  test('of several tenants gives access to each of them and to no other tenant', async () => {
    const second = await rig.tenant('standard')
    const { key } = await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [own.id, second.id] } })
    for (const id of [own.id, second.id]) await rig.want(200, { path: `/v1/tenants/${id}/endpoints`, key })
    await rig.want(404, { path: `/v1/tenants/${foreign.id}/endpoints`, key })
  })

  test('lists only the deliveries of its own tenant', async () => {
    await rig.endpoint(foreign)
    await rig.event(foreign)
    const { data } = await rig.want(200, { path: '/v1/deliveries', key: own.key })
    assert.deepEqual(data, [])
  })
})

suite('a request for another tenant gets the same response as one for an absent tenant', async () => {
  const theirs = { [foreign.id]: await rig.endpoint(foreign), [foreignAllo.id]: await rig.endpoint(foreignAllo) }
  const body = { url: `${rig.receiver.url}/x`, eventTypes: [eventType] }
  const list = (tenant: string): string => `/v1/tenants/${tenant}/endpoints`
  interface Forbidden {
    readonly action: string
    readonly request: (tenant: string, endpoint: string) => ApiRequest
  }
  const requests: readonly Forbidden[] = [
    { action: 'list endpoints', request: (tenant) => ({ path: list(tenant) }) },
    { action: 'create an endpoint', request: (tenant) => ({ method: 'POST', path: list(tenant), body }) },
    { action: 'create an invalid endpoint', request: (tenant) => ({ method: 'POST', path: list(tenant), body: {} }) },
    { action: 'get an endpoint', request: (tenant, id) => ({ path: `${list(tenant)}/${id}` }) },
    {
      action: 'change an endpoint',
      request: (tenant, id) => ({ method: 'PATCH', path: `${list(tenant)}/${id}`, body }),
    },
    { action: 'delete an endpoint', request: (tenant, id) => ({ method: 'DELETE', path: `${list(tenant)}/${id}` }) },
    {
      action: 'rotate the secret of an endpoint',
      request: (tenant, id) => ({ method: 'POST', path: `${list(tenant)}/${id}/rotate-secret` }),
    },
    {
      action: 'send a test event to an endpoint',
      request: (tenant, id) => ({ method: 'POST', path: `${list(tenant)}/${id}/test` }),
    },
    {
      action: 'list the deliveries of a tenant',
      request: (tenant) => ({ path: `/v1/deliveries?tenant=${tenant}` }),
    },
    {
      action: 'list the deliveries of an endpoint',
      request: (tenant, id) => ({ path: `/v1/deliveries?tenant=${tenant}&endpoint=${id}` }),
    },
  ]
  for (const { action, request } of requests) {
    test(action, async () => {
      for (const [tenant, endpoint] of Object.entries(theirs)) {
        const absent = { tenant: fresh('tenant').slice(0, tenant.length), endpoint: 'ep_ABCDEFGHIJKLMNOPQRST' }
        const texts = await Promise.all(
          [
            { tenant, endpoint: endpoint.id },
            { tenant: absent.tenant, endpoint: absent.endpoint },
          ].map(async (one) => {
            const answer = await rig.ask({ ...request(one.tenant, one.endpoint), key: own.key })
            const neutral = answer.text
              .replaceAll(one.tenant, 'TENANT')
              .replaceAll(one.endpoint, 'ENDPOINT')
              .replaceAll(String(answer.headers['x-request-id']), 'REQUEST')
            return `${answer.status} ${neutral}`
          }),
        )
        assert.equal(texts[0], texts[1])
        assert.doesNotMatch(texts[0] ?? '', /^2/)
      }
    })
  }

  test('get a delivery, and retry it', async () => {
    const [delivery] = await deliveriesOf(foreign.id)
    assert.ok(delivery !== undefined)
    const absent = '01890000-0000-7000-8000-000000000000'
    for (const more of [(id: string): ApiRequest => ({ path: `/v1/deliveries/${id}` }), retry]) {
      const texts: string[] = []
      for (const id of [delivery.id, absent]) {
        const { text, headers } = await rig.ask({ ...more(id), key: own.key })
        texts.push(text.replaceAll(id, 'ID').replaceAll(String(headers['x-request-id']), 'REQUEST'))
      }
      assert.equal(texts[0], texts[1])
    }
  })
})

function retry(id: string): ApiRequest {
  return { method: 'POST', path: `/v1/deliveries/${id}/retry` }
}

async function deliveriesOf(tenant: string) {
  await rig.event(tenant === foreign.id ? foreign : foreignAllo)
  return (await rig.want(200, { path: `/v1/deliveries?tenant=${tenant}` })).data
}
