// Writes recorded-examples.ts of each dialect: the examples of answers and parameters in the OpenAPI documents. A real
// server answers every operation of its documents. Ids, secrets, times and addresses are replaced by stable ones of the
// same form, and lists are cut to their first items.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RecordedExample } from '../../src/contracts/recorded-example.ts'
import {
  type DocumentedRoute,
  documentedRoutes,
  type FrontName,
  frontNames,
  profileOf,
  type Schema,
} from '../fuzz/documents.ts'
import { type Answer, Parties } from '../fuzz/parties.ts'
import { nounIn, rows } from '../fuzz/rows.ts'
import { jsonLines } from './api-answer.ts'
import { until } from './api-rig.ts'
import { eventsIn, eventStream } from './event-stream.ts'
import { queryOnce } from './postgres-server.ts'
import { hourMs, stableValues } from './stable-values.ts'
import { testDatabase } from './test-database.ts'

export type Recorded = Readonly<Record<string, Readonly<Record<string, RecordedExample>>>>

const root = resolve(import.meta.dirname, '../..')
const ownSecrets = resolve(import.meta.dirname, '../../examples/dialects/mailgun.ts')

interface Sent {
  readonly path?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, string | number | boolean>>
  /** Default: the example of the document. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

type Json = Readonly<Record<string, unknown>>
type Body = Json & { readonly id: string; readonly data: readonly Body[] }

/** Sends the requests of one document, and keeps them with their answers. */
class Recorder {
  readonly examples: Record<string, RecordedExample> = {}
  readonly #parties: Parties
  readonly #routes: readonly DocumentedRoute[]

  constructor(parties: Parties, routes: readonly DocumentedRoute[]) {
    this.#parties = parties
    this.#routes = routes
  }

  async send(operationId: string, { path = {}, query = {}, body, headers }: Sent = {}): Promise<Body> {
    const route = this.#routes.find(({ operation }) => operation.operationId === operationId)
    assert.ok(route !== undefined, operationId)
    const { method, operation, front } = route
    const content = operation.requestBody?.content?.['application/json'] as { readonly example?: unknown } | undefined
    const sent = body ?? content?.example
    const filled = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
    const answer = await this.#parties.ask({
      method,
      path: search.size === 0 ? filled : `${filled}?${search.toString()}`,
      headers: headers ?? this.#parties.asOperator,
      ...(sent !== undefined && { body: sent }),
    })
    const isDocumented = answer.status < 300 && operation.responses[answer.status] !== undefined
    assert.ok(isDocumented, `${front} ${operationId}: ${answer.status} ${answer.text}`)
    const shown = shownIn(answer)
    const given: Json = { ...path, ...query }
    const used = (operation.parameters ?? []).filter(({ name }) => given[name] !== undefined)
    this.examples[operationId] = {
      parameters: Object.fromEntries(used.map(({ name, schema }) => [name, exampleOf(given[name], schema)])),
      // The operator API has its bodies in the code.
      ...(front !== 'operator' && sent !== undefined && { request: sent }),
      status: answer.status,
      ...(shown !== undefined && { answer: shown }),
    }
    return shown as Body
  }
}

/** A parameter's value as its schema has it, not as the text of a URL. */
function exampleOf(value: unknown, { type }: Schema): unknown {
  if (type === 'array') return [value]
  return type === 'integer' ? Number(value) : value
}

/** The value that the schema of the answer describes: of JSON lines and of a stream, one of them. */
function shownIn({ text, headers }: Answer): unknown {
  const [mediaType = ''] = String(headers['content-type'] ?? '').split(';')
  if (text === '') return undefined
  if (mediaType === eventStream) return eventsIn(text).at(-1)?.data
  if (mediaType === jsonLines) return JSON.parse(text.split('\n')[0] ?? '')
  return mediaType === 'application/json' ? JSON.parse(text) : text
}

/** Calls every operation of the operator API, each in a state in which its answer has content. */
async function recordOperator(parties: Parties, recorder: Recorder, publish: () => Promise<void>) {
  const send = recorder.send.bind(recorder)
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
  await publish()

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
  const polled = await send('poll', { ...ofPolling, body: { limit: 10, ackSeconds: 60 } })
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
  await send('rotateSigningKey', { ...withKeys, body: {} })
  await send('listSigningKeys', withKeys)
  await send('getPublicKey', withKeys)
  const signing = await parties.want(201, 'POST', '/v1/tenants', { id: 'acme-mail', dialect: 'mailgun' })
  const ofSigning = { path: { tenant: String(signing['id']) } }
  await send('rotateTenantSecret', { ...ofSigning, body: {} })
  await send('getTenantSecrets', ofSigning)

  const setAside = await send('listSetAside', { query: { limit: 50 } })
  const ofEvent = { path: { number: Number(setAside.data[0]?.['number']) } }
  await send('retrySetAside', ofEvent)
  await until(async () => (await send('listSetAside', { query: { limit: 50 } })).data.length > 0, 'set aside again')
  await send('deleteSetAside', ofEvent)
  await send('deleteTenant', ofTenant)
}

const agentId = '6f1c1a7e-3d0b-4c52-9a41-0d8f3c5b7e21'
/** Values of the query of dialects. */
const queries: Readonly<Record<string, string | number | boolean>> = {
  page: 1,
  limit: 20,
  per_page: 20,
  pageSize: 20,
  is_active: true,
  status: 'success',
  agentId,
}

async function recordVendor(
  parties: Parties,
  recorder: Recorder,
  front: FrontName,
  routes: readonly DocumentedRoute[],
) {
  const party = await parties.party(front)
  const { api, subject } = profileOf(front)
  const headers = api.credentials(party)
  const ofTenant = subject?.definition.tenantOf?.present(party.ids.tenant).query
  const type = api.eventType(0)
  const [from, to] = [-1, 1].map((days) => new Date(Date.now() + 86_400_000 * days).toISOString().slice(0, 10))
  const order = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE']
  for (const route of routes.toSorted((a, b) => order.indexOf(a.method) - order.indexOf(b.method))) {
    const { operationId, parameters = [] } = route.operation
    const valueOf = (place: string, name: string) => {
      const noun = nounIn(route, place as 'path', name)
      return noun === null ? { ...queries, ...ofTenant, from, to, eventType: type }[name] : party.ids[noun]
    }
    const at = (place: string) =>
      Object.fromEntries(
        parameters
          .filter((one) => one.in === place && one.name !== 'cursor')
          .map(({ name }) => [name, valueOf(place, name) ?? '']),
      )
    const plain = rows[front]?.[operationId]?.body?.(party.ids, parties.hookUrl()) as object | undefined
    const body = operationId === 'webhooks_create' ? { ...plain, agentId } : plain
    await recorder.send(operationId, {
      path: at('path'),
      query: at('query'),
      headers,
      ...(body !== undefined && { body }),
    })
  }
}

/** The operator API's examples are about a dialect of the reader's own. */
function withoutVendors<Value>(examples: Value): Value {
  const names = new RegExp(`\\b(?:${frontNames.filter((name) => name !== 'operator').join('|')})\\b`, 'g')
  return JSON.parse(JSON.stringify(examples).replaceAll(names, 'acme-api')) as Value
}

/** Records the examples of all documents. */
export async function recordExamples(): Promise<Recorded> {
  const database = await testDatabase()
  const schema = new URL(database.url).searchParams.get('schema') ?? ''
  const serverUrl = database.url.split('?')[0] ?? ''
  const env = { POSTHORN_DATABASE: database.url, POSTHORN_DIALECT_FILES: ownSecrets }
  const parties = await Parties.start(env, ({ path }) =>
    path.startsWith('/failing') ? { status: 503, body: 'down for maintenance' } : { body: 'ok' },
  )
  try {
    const all = await documentedRoutes(parties.server.url)
    const recorded: Record<string, unknown> = {}
    for (const front of frontNames) {
      const routes = all.filter((route) => route.front === front)
      const recorder = new Recorder(parties, routes)
      // It is not in the catalogue, and so is set aside.
      const publish = async (): Promise<void> => {
        const { tenant } = await parties.party('allo', 'acme-calls')
        const statement = `SELECT ${schema}.posthorn_publish('${tenant}', 'order.paid', '{}', id => 'order-1042')`
        await queryOnce(serverUrl, statement)
      }
      if (front === 'operator') await recordOperator(parties, recorder, publish)
      else await recordVendor(parties, recorder, front, routes)
      recorded[front] = recorder.examples
    }
    const [receiver, server] = [parties.receiver.url, parties.server.url]
    const places = [
      [receiver, 'https://example.com'],
      [new URL(receiver).host, 'example.com'],
      [server, 'https://posthorn.example.com'],
      [new URL(server).host, 'posthorn.example.com'],
    ] as const
    const stable = stableValues(recorded, places) as Recorded
    return { ...stable, operator: withoutVendors(stable['operator'] ?? {}) }
  } finally {
    await parties.close()
    await database.drop()
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [front, examples] of Object.entries(await recordExamples())) {
    const code = [
      '// The examples in the OpenAPI document. `node test/support/recorded-examples.ts` wrote this file, from the answers of a',
      '// real server.\n',
      `export const recordedExamples = ${JSON.stringify(examples)}`,
    ].join('\n')
    const program = join(root, 'node_modules/.bin/oxfmt')
    const file = join(root, 'src/dialects', front === 'operator' ? 'standard' : front, 'recorded-examples.ts')
    writeFileSync(file, spawnSync(program, ['--stdin-filepath=examples.ts'], { input: code, encoding: 'utf8' }).stdout)
  }
  process.exit()
}
