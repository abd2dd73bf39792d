// The server and the calls of the examples in the OpenAPI documents: recorded-examples.ts records them, and
// docs-examples.long.ts sends them as the documents show them.

import { resolve } from 'node:path'
import { type DocumentedRoute, routesOf } from '../fuzz/documents.ts'
import { Parties } from '../fuzz/parties.ts'
import { until } from './api-rig.ts'
import { queryOnce } from './postgres-server.ts'
import { hourMs, stableValues } from './stable-values.ts'
import { testDatabase } from './test-database.ts'

const ownSecrets = resolve(import.meta.dirname, '../../examples/dialects/mailgun.ts')

export interface Sent {
  readonly path?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, string | number | boolean>>
  /** Default: the example of the document. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

type Json = Readonly<Record<string, unknown>>
export type Body = Json & { readonly id: string; readonly data: readonly Body[] }
/** Calls an operation, and returns the body of its answer. */
export type Send = (operationId: string, sent?: Sent) => Promise<Body>

export interface ExampleServer {
  readonly parties: Parties
  readonly operatorRoutes: readonly DocumentedRoute[]
  /** Publishes an event of a new tenant in a transaction. It is set aside, because its type is not in the catalogue. */
  readonly setAside: (tenant: string) => Promise<void>
  /** Values with stable ids, secrets, times and addresses. */
  readonly stable: (value: unknown) => unknown
  close(): Promise<void>
}

export async function startExampleServer(): Promise<ExampleServer> {
  const database = await testDatabase()
  const schema = new URL(database.url).searchParams.get('schema') ?? ''
  const serverUrl = database.url.split('?')[0] ?? ''
  const env = { POSTHORN_DATABASE: database.url, POSTHORN_DIALECT_FILES: ownSecrets }
  const parties = await Parties.start(env, ({ path }) =>
    path.startsWith('/failing') ? { status: 503, body: 'down for maintenance' } : { body: 'ok' },
  )
  const [receiver, server] = [parties.receiver.url, parties.server.url]
  const places = [
    [receiver, 'https://example.com'],
    [new URL(receiver).host, 'example.com'],
    [server, 'https://posthorn.example.com'],
    [new URL(server).host, 'posthorn.example.com'],
  ] as const
  return {
    parties,
    operatorRoutes: await routesOf(server, 'operator'),
    setAside: async (tenant: string) => {
      await parties.party('allo', tenant)
      const statement = `SELECT ${schema}.posthorn_publish('${tenant}', 'order.paid', '{}', id => 'order-1042')`
      await queryOnce(serverUrl, statement)
    },
    stable: (value: unknown) => stableValues(value, places),
    async close() {
      await parties.close()
      await database.drop()
    },
  }
}

/** Calls every operation of the operator API, each in a state in which its answer has content. */
export async function callOperator({ parties, setAside }: ExampleServer, send: Send): Promise<void> {
  const { receiver } = parties
  const now = Date.now()
  const range = { from: new Date(now - hourMs).toISOString(), to: new Date(now + hourMs).toISOString() }
  const dialect = 'standard'
  const ofDialect = { path: { dialect } }
  const { id: tenant } = await send('createTenant')
  const ofTenant = { path: { tenant } }
  await send('getTenant', ofTenant)
  await send('changeTenant', ofTenant)
  await send('listTenants', { query: { limit: 50, dialect, q: tenant } })
  await setAside('globex-calls')

  const key = await send('createKey')
  await send('listKeys', { query: { limit: 50, tenant } })
  await send('revokeKey', { path: { key: key.id } })
  const operatorKey = await send('createOperatorKey')
  const ofOperatorKey = { path: { operatorKey: operatorKey.id } }
  await send('listOperatorKeys')
  await send('getOperatorKey', ofOperatorKey)
  await send('changeOperatorKey', ofOperatorKey)
  await send('deleteOperatorKey', ofOperatorKey)
  await send('createPortalLink', ofTenant)
  const links = await send('listPortalLinks', ofTenant)
  await send('deletePortalLink', { path: { tenant, link: links.data[0]?.id ?? '' } })

  const unused = await send('createEndpoint', ofTenant)
  await send('deleteEndpoint', { path: { tenant, endpoint: unused.id } })
  const create = async (fields: object): Promise<string> =>
    String((await parties.want(201, 'POST', `/v1/tenants/${tenant}/endpoints`, fields))['id'])
  const eventTypes = ['order.*']
  const endpoint = await create({ url: `${receiver.url}/webhooks`, eventTypes, description: 'Orders' })
  const failing = await create({ url: `${receiver.url}/failing`, eventTypes })
  const ofEndpoint = { path: { tenant, endpoint } }
  await send('getEndpoint', { ...ofEndpoint, query: { secrets: 'hidden' } })
  await send('changeEndpoint', { ...ofEndpoint, query: { secrets: 'hidden' } })
  await send('getEndpointAsDialect', { ...ofEndpoint, query: { secrets: 'hidden' } })
  const ownPath = `/v1/tenants/${tenant}/endpoints/${endpoint}`
  await send('rehearseAsDialect', { ...ofTenant, body: { method: 'DELETE', path: ownPath } })
  await send('rotateSecret', ofEndpoint)

  const { id: event } = await send('publishEvent')
  await send('publishEvents')
  const deliveriesOf = async (of: string) =>
    (await parties.want(200, 'GET', `/v1/deliveries?tenant=${tenant}&endpoint=${of}`))['data'] as readonly Body[]
  await until(async () => (await deliveriesOf(endpoint)).every((one) => one['status'] === 'delivered'), 'delivered')
  await until(async () => (await deliveriesOf(failing)).every((one) => one['attempts'] === 1), 'attempted')
  await send('listEvents', { query: { limit: 50, tenant, type: 'order.paid', ...range } })
  await send('getEvent', { path: { event }, query: { tenant } })
  await send('listEndpoints', { ...ofTenant, query: { limit: 50 } })
  await send('searchEndpoints', { query: { limit: 50, q: failing, tenant, dialect, health: 'failing' } })
  await send('find', { query: { q: event } })
  await send('listFailures', { path: { tenant, endpoint: failing } })
  const outcome = {
    failing: true,
    outcome: 'rejected',
    httpStatus: 503,
    attemptedFrom: range.from,
    attemptedTo: range.to,
  }
  const failed = {
    tenant,
    endpoint: failing,
    status: 'pending',
    eventType: 'order.paid',
    dialect,
    ...range,
    ...outcome,
  }
  await send('listDeliveries', { query: { limit: 50, ...failed } })
  const [delivery, other] = (await deliveriesOf(endpoint)).map(({ id }) => id) as [string, string]
  await send('getDelivery', { path: { delivery } })
  await send('getAttemptRequest', { path: { delivery }, query: { attempt: 1 } })
  await send('retryDelivery', { path: { delivery } })
  await send('sendTest', ofEndpoint)
  await send('replay', ofEndpoint)
  const polling = await create({ kind: 'polling', eventTypes })
  for (const order of ['A-1043', 'A-1044']) {
    await parties.want(202, 'POST', '/v1/events', { tenant, type: 'order.paid', data: { order } })
  }
  const ofPolling = { path: { tenant, endpoint: polling } }
  const polled = await send('poll', ofPolling)
  await send('acknowledge', { ...ofPolling, body: { ids: [polled.data[0]?.id] } })
  await send('refuse', { ...ofPolling, body: { ids: [polled.data[1]?.id], reason: 'try again later' } })

  const { id: replay } = await send('createReplay')
  await send('listReplays', { query: { limit: 50, tenant } })
  await send('getReplay', { path: { replay } })
  await send('startReplay', { path: { replay } })
  const filter = { tenant, from: range.from, eventType: 'order.refunded' }
  const preview = await parties.want(201, 'POST', '/v1/replays', { filter, dryRun: true })
  await send('cancelReplay', { path: { replay: String(preview['id']) } })
  const { id: erasure } = await send('erasePayload', { path: { event }, query: { tenant } })
  await send('getErasure', { path: { erasure } })
  await send('eraseResponse', { path: { delivery: other, number: 1 } })

  const audit = { tenant, actor: 'settings', action: 'tenant.create', object: tenant, ...range }
  await send('listAudit', { query: { limit: 50, ...audit } })
  await send('exportAudit', { query: audit })
  const thisHour = now - (now % hourMs)
  const [from, to] = [-hourMs, hourMs].map((ms) => new Date(thisHour + ms).toISOString()) as [string, string]
  await send('readStatistics', { query: { from, to, step: 'hour', by: 'endpoint', dialect, tenant, endpoint } })
  await send('stream', { query: { tenant, endpoint } })
  await send('getStatus')

  await send('listDialects')
  for (const operation of ['getDialect', 'getSnippets', 'getTestVectors', 'previewEvent'])
    await send(operation, ofDialect)
  const withKeys = { path: { dialect: 'partoo' } }
  await send('rotateSigningKey', withKeys)
  await send('listSigningKeys', withKeys)
  await send('getPublicKey', withKeys)
  const signing = await parties.want(201, 'POST', '/v1/tenants', { id: 'globex-mail', dialect: 'mailgun' })
  const ofSigning = { path: { tenant: String(signing['id']) } }
  await send('rotateTenantSecret', ofSigning)
  await send('getTenantSecrets', ofSigning)

  const aside = await send('listSetAside', { query: { limit: 50 } })
  const ofEvent = { path: { number: Number(aside.data[0]?.['number']) } }
  await send('retrySetAside', ofEvent)
  await until(async () => (await send('listSetAside', { query: { limit: 50 } })).data.length > 0, 'set aside again')
  await send('deleteSetAside', ofEvent)
  await send('deleteTenant', ofTenant)
}
