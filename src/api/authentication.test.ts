// Who is asking: keys in every wrong form, keys that were revoked, and that a customer cannot tell another tenant's
// objects from absent ones.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import { type ApiRequest, eventType, fresh, startApiRig } from '../../test/support/api-rig.ts'

const rig = await startApiRig()
after(() => rig.close())

const own = await rig.tenant('standard')
const foreign = await rig.tenant('standard')
const foreignAllo = await rig.tenant('allo')
const { operatorKey } = rig.installation

suite('the authorization header', () => {
  const path = '/v1/tenants'
  const refused: readonly [name: string, authorization: string][] = [
    ['empty', ''],
    ['without a key', 'Bearer'],
    ['with an empty key', 'Bearer '],
    ['the bare key', operatorKey],
    ['another scheme', `Basic ${operatorKey}`],
    ["Allo's scheme", `Api-Key ${operatorKey}`],
    ['a part of the key', `Bearer ${operatorKey.slice(0, -1)}`],
    ['the key and more', `Bearer ${operatorKey}x`],
    ['the key in other letters', `Bearer ${operatorKey.toUpperCase()}`],
  ]
  const cases: ApiCase[] = refused.map(([name, authorization]) => ({
    name: `${name} is refused`,
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
      name: 'the scheme may be written in any case',
      path,
      headers: { authorization: `bEARER ${operatorKey}` },
      status: 200,
    },
  ])

  test('a refusal says which scheme it wants', async () => {
    const answer = await rig.ask({ path, key: null })
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
  })
})

suite("a customer's key", () => {
  test('is refused from the answer on that revoked it', async () => {
    const tenant = await rig.tenant('standard')
    const request = { path: `/v1/tenants/${tenant.id}/endpoints`, key: tenant.key }
    await rig.want(200, request)
    await rig.want(204, { method: 'DELETE', path: `/v1/keys/${tenant.keyId}` })
    await rig.want(401, request)
    await rig.want(404, { method: 'DELETE', path: `/v1/keys/${tenant.keyId}` })
  })

  test('is refused from the answer on that deleted its tenant', async () => {
    const tenant = await rig.tenant('standard')
    const request = { path: '/v1/deliveries', key: tenant.key }
    await rig.want(200, request)
    await rig.want(204, { method: 'DELETE', path: `/v1/tenants/${tenant.id}` })
    const { status } = await rig.ask(request)
    assert.equal(status, 401)
  })

  test('of several tenants reaches each of them and no other', async () => {
    const second = await rig.tenant('standard')
    const { key } = await rig.want(201, { method: 'POST', path: '/v1/keys', body: { tenants: [own.id, second.id] } })
    for (const id of [own.id, second.id]) await rig.want(200, { path: `/v1/tenants/${id}/endpoints`, key })
    await rig.want(404, { path: `/v1/tenants/${foreign.id}/endpoints`, key })
  })

  test('lists only what is its own', async () => {
    await rig.endpoint(foreign)
    await rig.event(foreign)
    const { data } = await rig.want(200, { path: '/v1/deliveries', key: own.key })
    assert.deepEqual(data, [])
  })
})

suite('another tenant is answered as an absent one', async () => {
  const theirs = { [foreign.id]: await rig.endpoint(foreign), [foreignAllo.id]: await rig.endpoint(foreignAllo) }
  const body = { url: `${rig.receiver.url}/x`, eventTypes: [eventType] }
  const requests: readonly [name: string, (tenant: string, endpoint: string) => ApiRequest][] = [
    ['list endpoints', (tenant) => ({ path: `/v1/tenants/${tenant}/endpoints` })],
    ['create an endpoint', (tenant) => ({ method: 'POST', path: `/v1/tenants/${tenant}/endpoints`, body })],
    ['a wrong endpoint', (tenant) => ({ method: 'POST', path: `/v1/tenants/${tenant}/endpoints`, body: {} })],
    ['get', (tenant, endpoint) => ({ path: `/v1/tenants/${tenant}/endpoints/${endpoint}` })],
    ['change', (tenant, endpoint) => ({ method: 'PATCH', path: `/v1/tenants/${tenant}/endpoints/${endpoint}`, body })],
    ['delete', (tenant, endpoint) => ({ method: 'DELETE', path: `/v1/tenants/${tenant}/endpoints/${endpoint}` })],
    ['rotate', (tenant, id) => ({ method: 'POST', path: `/v1/tenants/${tenant}/endpoints/${id}/rotate-secret` })],
    ['test', (tenant, endpoint) => ({ method: 'POST', path: `/v1/tenants/${tenant}/endpoints/${endpoint}/test` })],
    ['deliveries', (tenant) => ({ path: `/v1/deliveries?tenant=${tenant}` })],
    ['deliveries of', (tenant, id) => ({ path: `/v1/deliveries?tenant=${tenant}&endpoint=${id}` })],
  ]
  for (const [name, request] of requests) {
    test(name, async () => {
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

  test('a delivery, and its retry', async () => {
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
