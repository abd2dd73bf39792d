// The facts about each route that the isolation test needs and that the OpenAPI document does not have. A route without
// a row fails the test.

import type { Profile } from '../conformance/dialects/profile.ts'
import { type DocumentedRoute, type FrontName, frontNames, profileOf } from './documents.ts'
import type { Ids, Noun } from './parties.ts'

export interface Row {
  /** The status of the response to a caller with permission. */
  readonly status: number
  readonly body?: (ids: Ids, hookUrl: string) => unknown
  /** Ids in the body. */
  readonly bodyIds?: readonly Noun[]
  /** Customers may call the route too (operator's document only). */
  readonly customers?: true
  /** The route needs a key but no permission. */
  readonly open?: true
  /** Only the operator may call the route, and its answers tell of deleted and of unknown ids too. */
  readonly showsAll?: true
  /** The status for an id that does not exist, if it is neither 404 nor 403. */
  readonly absent?: number
}

/** Parameters and fields of the operator API that hold ids, by name. */
export const nounOf: Readonly<Record<string, Noun>> = {
  tenant: 'tenant',
  tenants: 'tenant',
  endpoint: 'endpoint',
  event: 'event',
  delivery: 'delivery',
  ids: 'delivery',
  key: 'key',
  operatorKey: 'operatorKey',
  // A search by an id of any kind.
  q: 'tenant',
}

/** Parameters and fields of the operator API that hold no id. A name in neither list fails the test. */
export const plainNames: ReadonlySet<string> = new Set(
  `limit cursor status eventType type from to since until dialect name settings scopes role
   data attributes occurredAt events url eventTypes filters details description enabled headers secrets overlapSeconds leadSeconds failing outcome httpStatus attemptedFrom attemptedTo health
   writeOnlyHeaders expiresAt actor action object retainSeconds retainDataSeconds erasure number
   capabilities branding expiresInSeconds sessionSeconds link
   replay filter missing dryRun rate attempt step by
   kind waitSeconds ackSeconds iterator reason method path body done`.split(/\s+/),
)

/** The kind of object whose id a parameter or field has; null: it has none. */
export function nounIn(
  { front, method, path }: Pick<DocumentedRoute, 'front' | 'method' | 'path'>,
  place: 'path' | 'query' | 'body',
  name: string,
): Noun | null {
  const { subject } = profileOf(front)
  if (subject === null) return name === 'id' ? null : (nounOf[name] ?? null)
  const served = subject.served.find((one) => one.method === method && one.template === path)
  if (served === undefined || place === 'body' || subject.parentValue(name) !== undefined) return null
  if (name === subject.idNameIn(served)) return 'endpoint'
  return place === 'path' ? 'delivery' : null
}

const sample = (_ids: Ids, url: string): unknown => profileOf('operator').api.sample(url, 1)
const change = (_ids: Ids, url: string): unknown => ({ url })
const customers = true

const operator: Readonly<Record<string, Row>> = {
  createTenant: { status: 201, body: () => ({ dialect: 'standard' }) },
  listTenants: { status: 200, absent: 200 },
  getTenant: { status: 200 },
  changeTenant: { status: 200, body: () => ({ name: 'changed' }) },
  deleteTenant: { status: 202 },
  // The dialect signs with secrets of the endpoints.
  getTenantSecrets: { status: 200 },
  rotateTenantSecret: { status: 409, body: () => ({}) },
  createKey: { status: 201, absent: 400, bodyIds: ['tenant'], body: ({ tenant }) => ({ tenants: [tenant] }) },
  listKeys: { status: 200, absent: 200 },
  revokeKey: { status: 204 },
  createOperatorKey: { status: 201, body: () => ({ name: 'CI', role: 'publish' }) },
  listOperatorKeys: { status: 200 },
  getOperatorKey: { status: 200 },
  changeOperatorKey: { status: 200, body: () => ({ name: 'changed' }) },
  deleteOperatorKey: { status: 204 },
  publishEvent: {
    status: 202,
    absent: 400,
    bodyIds: ['tenant'],
    body: ({ tenant }) => ({ tenant, type: 'x', data: {} }),
  },
  publishEvents: {
    status: 202,
    bodyIds: ['tenant'],
    body: ({ tenant }) => ({ events: [{ tenant, type: 'x', data: {} }] }),
    absent: 202,
  },
  listEvents: { status: 200, absent: 200 },
  getEvent: { status: 200 },
  // The outbox is empty.
  listSetAside: { status: 200, showsAll: true },
  retrySetAside: { status: 404 },
  deleteSetAside: { status: 404 },
  listEndpoints: { status: 200, customers },
  createEndpoint: { status: 201, customers, body: sample },
  getEndpoint: { status: 200, customers },
  changeEndpoint: { status: 200, customers, body: change },
  listFailures: { status: 200, customers },
  getEndpointAsDialect: { status: 200 },
  rehearseAsDialect: { status: 200, body: () => ({ method: 'DELETE', path: '/v1/none' }) },
  deleteEndpoint: { status: 204, customers },
  rotateSecret: { status: 200, customers, body: () => ({}) },
  sendTest: { status: 202, customers },
  // The endpoint has a URL.
  poll: { status: 409, customers, body: () => ({}) },
  acknowledge: { status: 409, customers, body: () => ({ ids: ['x'] }) },
  refuse: { status: 409, customers, body: () => ({ ids: ['x'] }) },
  replay: { status: 202, customers, body: () => ({ since: '2026-01-01T00:00:00Z' }) },
  find: { status: 200, absent: 200 },
  searchEndpoints: { status: 200, absent: 200 },
  listDeliveries: { status: 200, customers },
  getDelivery: { status: 200, customers },
  retryDelivery: { status: 202, customers },
  getAttemptRequest: { status: 200, customers },
  createReplay: {
    status: 201,
    absent: 400,
    bodyIds: ['tenant'],
    body: ({ tenant }) => ({ filter: { tenant, from: '2026-01-01T00:00:00Z' }, dryRun: true }),
  },
  listReplays: { status: 200, absent: 200 },
  getReplay: { status: 404 },
  startReplay: { status: 404 },
  cancelReplay: { status: 404 },
  listAudit: { status: 200, showsAll: true },
  exportAudit: { status: 200, showsAll: true },
  readStatistics: { status: 200, showsAll: true },
  getErasure: { status: 404 },
  erasePayload: { status: 202 },
  eraseResponse: { status: 202 },
  stream: { status: 200 },
  getStatus: { status: 200 },
  listDialects: { status: 200 },
  getDialect: { status: 200 },
  getPublicKey: { status: 404 },
  listSigningKeys: { status: 200 },
  rotateSigningKey: { status: 409, body: () => ({}) },
  createPortalLink: { status: 201, body: () => ({ capabilities: ['read'] }) },
  listPortalLinks: { status: 200 },
  // No party has a link.
  deletePortalLink: { status: 404 },
  getSnippets: { status: 200 },
  getTestVectors: { status: 200 },
  previewEvent: { status: 200, body: () => ({ type: 'call.received', data: {} }) },
}

/** The rows of a vendor's API follow from its definition. */
function vendorRows({ subject, api }: Profile): Readonly<Record<string, Row>> {
  const served = subject?.served ?? []
  return Object.fromEntries(
    served.map((one) => {
      const [status = ''] = Object.keys(one.documented.responses)
      const bodies: Partial<Record<typeof one.kind, (url: string) => unknown>> = {
        create: (url) => subject?.bodyOf(one, api.sample(url, 1)),
        createMany: (url) => subject?.bodyOf(one, api.sample(url, 1)),
        replace: (url) => subject?.bodyOf(one, api.sample(url, 1)),
        tryOut: (url) => ({ items: [api.sample(url, 1)] }),
        change: (url) => subject?.bodyOf(one, { [api.urlField]: url }),
        test: () => ({}),
      }
      const bodyOf = bodies[one.kind]
      return [
        one.documented.operationId,
        {
          status: Number(status),
          ...(bodyOf !== undefined && { body: (_ids: Ids, url: string) => bodyOf(url) }),
          ...(one.operation.tenantless && { open: true }),
        },
      ]
    }),
  )
}

type Rows = Readonly<Record<string, Row>>

export const rows: Readonly<Record<FrontName, Rows>> & { readonly operator: Rows } = {
  ...Object.fromEntries(frontNames.map((front) => [front, vendorRows(profileOf(front))])),
  operator,
}
