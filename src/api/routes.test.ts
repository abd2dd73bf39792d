// Every route of the operator API: the callers that may use it, and a response that matches /openapi.json. The table
// must name each operation of that document, so the test fails for a new route without an entry here.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { operationOf } from '../../test/support/api-answer.ts'
import { type ApiRequest, eventType, fresh, shareApiRig, type TestTenant } from '../../test/support/api-rig.ts'

const rig = await shareApiRig()
after(() => rig.close())

const tenants = { standard: await rig.tenant('standard'), allo: await rig.tenant('allo') }

interface RouteCase {
  readonly operation: string
  readonly status: number
  /** Whether a customer of the `standard` dialect may call the route for its own tenant. */
  readonly customers?: true
  /** Creates the objects that the request needs, then returns the request. */
  readonly request: (tenant: TestTenant) => ApiRequest | Promise<ApiRequest>
}

const post = (path: string, body?: unknown): ApiRequest => ({ method: 'POST', path, body })
const newEvent = (tenant: TestTenant) => ({ tenant: tenant.id, type: eventType, data: { a: 1 } })
const endpointOf = async (tenant: TestTenant) => `/v1/tenants/${tenant.id}/endpoints/${(await rig.endpoint(tenant)).id}`
const deliveryOf = async (tenant: TestTenant) => {
  const endpoint = await endpointOf(tenant)
  return `/v1/deliveries/${String((await rig.want(202, post(`${endpoint}/test`)))['delivery'])}`
}

/** Each has a filter of its own, so that all can run. */
const newReplay = ({ id }: TestTenant): ApiRequest => {
  const filter = { tenant: id, from: '2026-01-01T00:00:00Z', eventType: fresh('type') }
  return post('/v1/replays', { filter, dryRun: true })
}
const replayOf = async (tenant: TestTenant) => `/v1/replays/${(await rig.want(201, newReplay(tenant))).id}`

const operatorKeyPath = async () => {
  const { id } = await rig.want(201, post('/v1/operator-keys', { name: 'CI', role: 'read' }))
  return `/v1/operator-keys/${id}`
}

const routes: readonly RouteCase[] = [
  {
    operation: 'createTenant',
    status: 201,
    request: ({ dialect }) => post('/v1/tenants', { id: fresh('new'), dialect, name: 'New' }),
  },
  { operation: 'listTenants', status: 200, request: ({ dialect }) => ({ path: `/v1/tenants?dialect=${dialect}` }) },
  { operation: 'getTenant', status: 200, request: ({ id }) => ({ path: `/v1/tenants/${id}` }) },
  {
    operation: 'changeTenant',
    status: 200,
    request: ({ id }) => ({ method: 'PATCH', path: `/v1/tenants/${id}`, body: { name: 'Renamed' } }),
  },
  {
    operation: 'deleteTenant',
    status: 202,
    request: async ({ dialect }) => ({ method: 'DELETE', path: `/v1/tenants/${(await rig.tenant(dialect)).id}` }),
  },
  { operation: 'createKey', status: 201, request: ({ id }) => post('/v1/keys', { tenants: [id], name: 'A key' }) },
  { operation: 'listKeys', status: 200, request: ({ id }) => ({ path: `/v1/keys?tenant=${id}` }) },
  {
    operation: 'revokeKey',
    status: 204,
    request: async ({ id }) => {
      const key = await rig.want(201, post('/v1/keys', { tenants: [id] }))
      return { method: 'DELETE', path: `/v1/keys/${key.id}` }
    },
  },
  {
    operation: 'createOperatorKey',
    status: 201,
    request: () => post('/v1/operator-keys', { name: 'CI', role: 'publish', expiresAt: '2099-01-01T00:00:00Z' }),
  },
  { operation: 'listOperatorKeys', status: 200, request: () => ({ path: '/v1/operator-keys' }) },
  { operation: 'getOperatorKey', status: 200, request: async () => ({ path: await operatorKeyPath() }) },
  {
    operation: 'changeOperatorKey',
    status: 200,
    request: async () => ({ method: 'PATCH', path: await operatorKeyPath(), body: { expiresAt: null } }),
  },
  {
    operation: 'deleteOperatorKey',
    status: 204,
    request: async () => ({ method: 'DELETE', path: await operatorKeyPath() }),
  },
  {
    operation: 'createPortalLink',
    status: 201,
    request: ({ id }) =>
      post(`/v1/tenants/${id}/portal-links`, { capabilities: ['endpoints'], branding: { name: 'Acme' } }),
  },
  { operation: 'listPortalLinks', status: 200, request: ({ id }) => ({ path: `/v1/tenants/${id}/portal-links` }) },
  {
    operation: 'deletePortalLink',
    status: 204,
    request: async ({ id }) => {
      const link = await rig.want(201, post(`/v1/tenants/${id}/portal-links`, {}))
      return { method: 'DELETE', path: `/v1/tenants/${id}/portal-links/${link.id}` }
    },
  },
  { operation: 'publishEvent', status: 202, request: (tenant) => post('/v1/events', newEvent(tenant)) },
  {
    operation: 'publishEvents',
    status: 202,
    request: (tenant) => post('/v1/events/batch', { events: [newEvent(tenant), {}] }),
  },
  { operation: 'listEvents', status: 200, request: ({ id }) => ({ path: `/v1/events?tenant=${id}` }) },
  {
    operation: 'getEvent',
    status: 200,
    request: async (tenant) => ({ path: `/v1/events/${await rig.event(tenant)}` }),
  },
  { operation: 'listSetAside', status: 200, request: () => ({ path: '/v1/outbox/set-aside' }) },
  // SQLite has no outbox. test/outbox.long.ts has events that are set aside.
  { operation: 'retrySetAside', status: 404, request: () => post('/v1/outbox/set-aside/1/retry') },
  {
    operation: 'deleteSetAside',
    status: 404,
    request: () => ({ method: 'DELETE', path: '/v1/outbox/set-aside/1' }),
  },
  { operation: 'listAudit', status: 200, request: ({ id }) => ({ path: `/v1/audit?tenant=${id}` }) },
  { operation: 'readStatistics', status: 200, request: ({ id }) => ({ path: `/v1/stats?tenant=${id}&by=endpoint` }) },
  { operation: 'exportAudit', status: 200, request: ({ id }) => ({ path: `/v1/audit/export?tenant=${id}` }) },
  { operation: 'createReplay', status: 201, request: (tenant) => newReplay(tenant) },
  { operation: 'listReplays', status: 200, request: ({ id }) => ({ path: `/v1/replays?tenant=${id}` }) },
  { operation: 'getReplay', status: 200, request: async (tenant) => ({ path: await replayOf(tenant) }) },
  { operation: 'startReplay', status: 200, request: async (tenant) => post(`${await replayOf(tenant)}/start`) },
  { operation: 'cancelReplay', status: 200, request: async (tenant) => post(`${await replayOf(tenant)}/cancel`) },
  {
    operation: 'getErasure',
    status: 200,
    request: async ({ dialect }) => {
      const erasure = await rig.want(202, { method: 'DELETE', path: `/v1/tenants/${(await rig.tenant(dialect)).id}` })
      return { path: `/v1/erasures/${erasure.id}` }
    },
  },
  {
    operation: 'erasePayload',
    status: 202,
    request: async (tenant) => ({ method: 'DELETE', path: `/v1/events/${await rig.event(tenant)}/data` }),
  },
  {
    operation: 'eraseResponse',
    status: 202,
    request: async (tenant) => {
      const path = await deliveryOf(tenant)
      while ((await rig.want(200, { path })).status !== 'delivered');
      return { method: 'DELETE', path: `${path}/attempts/1/response` }
    },
  },
  {
    operation: 'listEndpoints',
    status: 200,
    customers: true,
    request: ({ id }) => ({ path: `/v1/tenants/${id}/endpoints` }),
  },
  {
    operation: 'createEndpoint',
    status: 201,
    customers: true,
    request: ({ id }) =>
      post(`/v1/tenants/${id}/endpoints`, { url: `${rig.receiver.url}/new`, eventTypes: [eventType] }),
  },
  {
    operation: 'getEndpoint',
    status: 200,
    customers: true,
    request: async (tenant) => ({ path: await endpointOf(tenant) }),
  },
  {
    operation: 'changeEndpoint',
    status: 200,
    customers: true,
    request: async (tenant) => ({ method: 'PATCH', path: await endpointOf(tenant), body: { enabled: false } }),
  },
  {
    operation: 'deleteEndpoint',
    status: 204,
    customers: true,
    request: async (tenant) => ({ method: 'DELETE', path: await endpointOf(tenant) }),
  },
  {
    operation: 'rotateSecret',
    status: 200,
    customers: true,
    request: async (tenant) => post(`${await endpointOf(tenant)}/rotate-secret`),
  },
  {
    operation: 'sendTest',
    status: 202,
    customers: true,
    request: async (tenant) => post(`${await endpointOf(tenant)}/test`),
  },
  // The endpoint has a URL. polls.test.ts has those that are polled.
  ...(['poll', 'acknowledge', 'refuse'] as const).map((operation, index) => ({
    operation,
    status: 409,
    customers: true as const,
    request: async (tenant: TestTenant) => {
      const path = ['', '/ack', '/nack'][index]
      return post(`${await endpointOf(tenant)}/poll${path}`, index === 0 ? {} : { ids: ['x'] })
    },
  })),
  {
    operation: 'replay',
    status: 202,
    customers: true,
    request: async (tenant) => post(`${await endpointOf(tenant)}/replay`, { since: '2026-01-01T00:00:00Z' }),
  },
  { operation: 'find', status: 200, request: ({ id }) => ({ path: `/v1/find?q=${id}` }) },
  {
    operation: 'searchEndpoints',
    status: 200,
    request: async (tenant) => {
      await rig.endpoint(tenant)
      return { path: `/v1/endpoints?tenant=${tenant.id}` }
    },
  },
  {
    operation: 'listDeliveries',
    status: 200,
    customers: true,
    request: ({ id }) => ({ path: `/v1/deliveries?tenant=${id}` }),
  },
  {
    operation: 'getDelivery',
    status: 200,
    customers: true,
    request: async (tenant) => ({ path: await deliveryOf(tenant) }),
  },
  {
    operation: 'retryDelivery',
    status: 202,
    customers: true,
    request: async (tenant) => {
      const path = await deliveryOf(tenant)
      // A retry is refused while the first attempt is in flight.
      while ((await rig.want(200, { path })).status !== 'delivered');
      return post(`${path}/retry`)
    },
  },
  { operation: 'stream', status: 200, request: ({ id }) => ({ path: `/v1/stream?tenant=${id}` }) },
  { operation: 'getStatus', status: 200, request: () => ({ path: '/v1/status' }) },
  {
    operation: 'listFailures',
    status: 200,
    customers: true,
    request: async (tenant) => ({ path: `${await endpointOf(tenant)}/failures` }),
  },
  {
    operation: 'getEndpointAsDialect',
    status: 200,
    request: async (tenant) => ({ path: `${await endpointOf(tenant)}/as-dialect` }),
  },
  {
    operation: 'rehearseAsDialect',
    status: 200,
    request: async (tenant) =>
      post(`/v1/tenants/${tenant.id}/as-dialect`, { method: 'DELETE', path: await endpointOf(tenant) }),
  },
  {
    operation: 'getAttemptRequest',
    status: 200,
    customers: true,
    request: async (tenant) => {
      const path = await deliveryOf(tenant)
      while ((await rig.want(200, { path })).status !== 'delivered');
      return { path: `${path}/request` }
    },
  },
  { operation: 'listDialects', status: 200, request: () => ({ path: '/v1/dialects' }) },
  // Both dialects sign with secrets of the endpoints, so the installation has no public key.
  {
    operation: 'getPublicKey',
    status: 404,
    request: ({ dialect }) => ({ path: `/v1/dialects/${dialect}/public-key` }),
  },
  { operation: 'getSnippets', status: 200, request: ({ dialect }) => ({ path: `/v1/dialects/${dialect}/snippets` }) },
  {
    operation: 'getTestVectors',
    status: 200,
    request: ({ dialect }) => ({ path: `/v1/dialects/${dialect}/test-vectors` }),
  },
  {
    operation: 'previewEvent',
    status: 200,
    request: ({ dialect }) => post(`/v1/dialects/${dialect}/preview`, { type: eventType, data: { a: 1 } }),
  },
  // Both dialects sign with secrets of the endpoints.
  {
    operation: 'getTenantSecrets',
    status: 200,
    request: ({ id }) => ({ path: `/v1/tenants/${id}/secrets` }),
  },
  {
    operation: 'rotateTenantSecret',
    status: 409,
    request: ({ id }) => ({ method: 'POST', path: `/v1/tenants/${id}/rotate-secret`, body: {} }),
  },
  {
    operation: 'listSigningKeys',
    status: 200,
    request: ({ dialect }) => ({ path: `/v1/dialects/${dialect}/signing-keys` }),
  },
  {
    operation: 'rotateSigningKey',
    status: 409,
    request: ({ dialect }) => ({ method: 'POST', path: `/v1/dialects/${dialect}/signing-keys`, body: {} }),
  },
  { operation: 'getDialect', status: 200, request: ({ dialect }) => ({ path: `/v1/dialects/${dialect}` }) },
]

test('the table names every operation of the document exactly once', () => {
  const documented = Object.values(rig.document.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  )
  assert.deepEqual(routes.map(({ operation }) => operation).toSorted(), documented.toSorted())
})

for (const { operation, status, customers = false, request } of routes) {
  suite(operation, () => {
    for (const tenant of Object.values(tenants)) {
      test(`the operator gets ${status} for a tenant of ${tenant.dialect}`, async () => {
        const asked = await request(tenant)
        assert.equal(operationOf(rig.document, asked.method ?? 'GET', asked.path)?.operationId, operation)
        await rig.want(status, asked)
      })
    }

    const callers = [
      { who: 'a caller without a key', key: null, status: 401 },
      { who: 'a caller with an unknown key', key: 'phk_unknown', status: 401 },
      { who: 'a customer of allo', key: tenants.allo.key, status: 401 },
      { who: 'a customer of standard', key: tenants.standard.key, status: customers ? status : 403 },
    ]
    for (const { who, key, status: expected } of callers) {
      test(`${who} gets ${expected}`, async () => {
        const asked = await request(tenants.standard)
        await rig.want(expected, { ...asked, key })
      })
    }
  })
}
