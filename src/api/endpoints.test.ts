// Endpoints in the operator API: create, list, get, change and delete. The caller is the operator, for a tenant of
// either dialect, or a customer. endpoint-headers.test.ts and secrets.test.ts test the sent headers and signatures,
// endpoint-urls.test.ts tests the URLs.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { type ApiCase, testCases } from '../../test/support/api-case.ts'
import { eventType, shareApiRig, until } from '../../test/support/api-rig.ts'

const rig = await shareApiRig({ POSTHORN_RETRY_SCALE: '200' })
after(() => rig.close())

const standard = await rig.tenant('standard')
const allo = await rig.tenant('allo')
const callers = [
  { who: 'the operator, for standard', tenant: standard, key: rig.operatorKey },
  { who: 'the operator, for allo', tenant: allo, key: rig.operatorKey },
  { who: 'a customer of standard', tenant: standard, key: standard.key },
]

for (const { who, tenant, key } of callers) {
  suite(who, () => {
    const path = `/v1/tenants/${tenant.id}/endpoints`
    const fields = { url: `${rig.receiver.url}/x?a=%20b`, eventTypes: [eventType, 'call.answered', eventType] }

    test('creates, gets, lists, changes and deletes an endpoint', async () => {
      const created = await rig.want(201, { method: 'POST', path, key, body: { ...fields, description: 'D' } })
      const { id, url, eventTypes, description, enabled, disabledReason, filters, headers, attempts, health } = created
      assert.match(id, /^ep_\w{20}$/)
      assert.deepEqual(
        { url, eventTypes, description, enabled, disabledReason, filters, headers, attempts, health },
        {
          url: fields.url,
          eventTypes: [eventType, 'call.answered'],
          description: 'D',
          enabled: true,
          disabledReason: null,
          filters: {},
          headers: {},
          attempts: 0,
          health: { status: 'healthy', reason: null, since: null },
        },
      )
      assert.match(created.secrets[0]?.value ?? '', /^whsec_[\w+/]{32}$/)
      assert.deepEqual(await rig.want(200, { path: `${path}/${id}`, key }), created)

      const second = await rig.want(201, { method: 'POST', path, key, body: fields })
      const listed = await rig.want(200, { path, key })
      const inList = [second, created].map((one) => ({
        ...one,
        secrets: one.secrets.map((secret) => ({ ...secret, value: null })),
      }))
      assert.deepEqual(listed.data.slice(0, 2), inList)

      const request = { method: 'PATCH', path: `${path}/${id}`, key } as const
      const changed = await rig.want(200, { ...request, body: { description: null, eventTypes: ['call.answered'] } })
      const { updatedAt } = changed
      assert.deepEqual(changed, { ...created, description: null, eventTypes: ['call.answered'], updatedAt })
      assert.ok(String(updatedAt) > String(created['updatedAt']))
      assert.deepEqual(await rig.want(200, { path: `${path}/${id}`, key }), changed)

      await rig.want(204, { method: 'DELETE', path: `${path}/${id}`, key })
      for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
        await rig.want(404, { method, path: `${path}/${id}`, key, ...(method === 'PATCH' && { body: {} }) })
      }
      const left = await rig.want(200, { path, key })
      assert.deepEqual(left.data.map((one) => one.id).includes(id), false)
    })

    test('disables an endpoint, which cancels its waiting deliveries, and enables it for new events', async () => {
      const endpoint = await rig.endpoint(tenant)
      const own = `${path}/${endpoint.id}`
      rig.behaviours.set(endpoint.path, () => ({ status: 500 }))
      const waiting = await rig.event(tenant)
      const row = async () =>
        (await rig.want(200, { path: `/v1/deliveries?tenant=${tenant.id}&endpoint=${endpoint.id}`, key })).data[0]
      await until(async () => (await row())?.['attempts'] === 1, 'the attempt is recorded')
      const failing = await rig.want(200, { path: own, key })
      assert.deepEqual([failing['attempts'], failing['lastAttemptSucceeded']], [1, false])
      assert.equal((failing['health'] as { status: string }).status, 'failing')

      const disabled = await rig.want(200, { method: 'PATCH', path: own, key, body: { enabled: false } })
      assert.deepEqual([disabled['enabled'], disabled['disabledReason']], [false, 'requested'])
      assert.equal((disabled['health'] as { status: string }).status, 'disabled')
      await until(async () => (await row())?.status === 'cancelled', 'the delivery is cancelled')
      assert.deepEqual([(await row())?.['event'], (await row())?.['reason']], [waiting, 'endpoint disabled'])
      await rig.event(tenant)
      for (const verb of ['test', 'replay']) {
        const body = verb === 'replay' ? { since: '2026-01-01T00:00:00Z' } : {}
        const answer = await rig.ask({ method: 'POST', path: `${own}/${verb}`, key, body })
        assert.deepEqual([answer.status, answer.body.code], [409, 'endpoint_disabled'])
      }

      rig.behaviours.delete(endpoint.path)
      const enabled = await rig.want(200, { method: 'PATCH', path: own, key, body: { enabled: true } })
      assert.deepEqual([enabled['enabled'], enabled['disabledReason']], [true, null])
      assert.equal((enabled['health'] as { status: string }).status, 'healthy')
      const id = await rig.event(tenant)
      const arrived = await rig.received(endpoint.path, 2)
      assert.deepEqual(
        arrived.map(({ headers }) => headers['webhook-id']),
        [waiting, id],
      )
      await rig.want(204, { method: 'DELETE', path: own, key })
    })

    test('delivers a test event of a type that the endpoint does not list, and records the delivery', async () => {
      const endpoint = await rig.endpoint(tenant, { eventTypes: ['call.completed'] })
      const sent = await rig.want(202, { method: 'POST', path: `${path}/${endpoint.id}/test`, key })
      const [arrived] = await rig.received(endpoint.path, 1)
      assert.equal(arrived?.headers['webhook-id'], sent['event'])
      const one = { path: `/v1/deliveries/${String(sent['delivery'])}`, key }
      await until(async () => (await rig.want(200, one)).status === 'delivered', 'the delivery is recorded')
      await rig.want(204, { method: 'DELETE', path: `${path}/${endpoint.id}`, key })
    })
  })
}

test('a new URL is used from the next event on', async () => {
  const endpoint = await rig.endpoint(standard, { eventTypes: ['moved'] })
  const path = `/v1/tenants/${standard.id}/endpoints/${endpoint.id}`
  await rig.want(200, { method: 'PATCH', path, body: { url: `${rig.receiver.url}/moved` } })
  const id = await rig.event(standard, { type: 'moved' })
  const [arrived] = await rig.received('/moved', 1)
  assert.equal(arrived?.headers['webhook-id'], id)
})

test('the standard dialect disables an endpoint that responds with 410 Gone, and shows the reason', async () => {
  const endpoint = await rig.endpoint(standard, { eventTypes: ['gone'] })
  rig.behaviours.set(endpoint.path, () => ({ status: 410 }))
  await rig.event(standard, { type: 'gone' })
  const path = `/v1/tenants/${standard.id}/endpoints/${endpoint.id}`
  await until(async () => (await rig.want(200, { path }))['enabled'] === false, 'the endpoint is disabled')
  const { disabledReason, health } = await rig.want(200, { path })
  assert.equal(disabledReason, 'gone')
  assert.match((health as { reason: string }).reason, /410/)
})

suite('features that allo lacks are refused for its tenants', () => {
  const request = { method: 'POST', path: `/v1/tenants/${allo.id}/endpoints`, status: 400, code: 'invalid' } as const
  const body = { url: 'https://example.com/', eventTypes: [eventType] }
  const cases: ApiCase[] = [
    { ...request, name: 'custom headers', body: { ...body, headers: { 'X-A': 'a' } }, fields: ['headers'] },
    { ...request, name: 'filters', body: { ...body, filters: { agent: 'a' } }, fields: ['filters.agent'] },
    { ...request, name: 'an unknown topic', body: { ...body, eventTypes: ['call.lost'] }, fields: ['eventTypes.0'] },
    { ...request, name: 'all events', body: { ...body, eventTypes: ['*'] }, fields: ['eventTypes.0'] },
    { ...request, name: 'a prefix', body: { ...body, eventTypes: [eventType, 'call.*'] }, fields: ['eventTypes.1'] },
  ]
  testCases(rig, cases)
})
