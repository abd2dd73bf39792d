// The standard dialect for the conformance suite. Customers use the operator API's paths. Deliveries follow the
// Standard Webhooks specification, whose official package checks the signatures.

import assert from 'node:assert/strict'
import { Webhook } from 'standardwebhooks'
import {
  type ApiProfile,
  type Caller,
  type DeliveryProfile,
  type Fields,
  type Profile,
  type WireProfile,
  retriesAllFailures,
} from '../../conformance/dialects/profile.ts'
import { fields } from './fields.ts'
import { refusal, refusalSchema } from './refusals.ts'
import { standard } from '../../../src/dialects/standard/standard.ts'

const list = ({ tenant }: Caller): string => `/v1/tenants/${tenant}/endpoints`
const item = (caller: Caller, id: string): string => `${list(caller)}/${encodeURIComponent(id)}`

const nullable = (type: string, more: object = {}): object => ({ type: [type, 'null'], ...more })
const time = { type: 'string', format: 'date-time' }

function closed(properties: object): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

const endpoint = closed({
  id: { type: 'string' },
  tenant: { type: 'string' },
  kind: { const: 'push' },
  url: { type: 'string' },
  eventTypes: { type: 'array', items: { type: 'string' }, minItems: 1 },
  filters: { type: 'object', additionalProperties: { type: ['string', 'array'] } },
  details: { type: 'object' },
  description: nullable('string'),
  enabled: { type: 'boolean' },
  disabledReason: { enum: ['requested', 'failing', 'gone', null] },
  headers: { type: 'object', additionalProperties: nullable('string') },
  writeOnlyHeaders: { type: 'array', items: { type: 'string' } },
  secrets: {
    type: 'array',
    items: closed({ value: nullable('string'), createdAt: time, expiresAt: nullable('string') }),
    minItems: 1,
  },
  health: closed({
    status: { enum: ['healthy', 'failing', 'disabled'] },
    reason: nullable('string'),
    since: nullable('string', { format: 'date-time' }),
  }),
  attempts: { type: 'integer' },
  lastAttemptAt: nullable('string', { format: 'date-time' }),
  lastAttemptSucceeded: nullable('boolean'),
  createdAt: time,
  updatedAt: time,
})

const eventTypes = ['invoice.paid', 'invoice.created', 'user.created', 'user.deleted', 'file_sent']
const eventType = (index: number): string => eventTypes[index] ?? ''

const api: ApiProfile = {
  credentials: ({ key }) => ({ authorization: `Bearer ${key}` }),
  wrongSchemes: {
    'the bare key': ({ key }) => ({ authorization: key }),
    'the scheme Basic': ({ key }) => ({ authorization: `Basic ${key}` }),
    'a key in another header': ({ key }) => ({ 'x-api-key': key }),
    'an empty header': () => ({ authorization: '' }),
  },
  weakKeys: [
    {
      title: 'a key without scopes',
      key: { scopes: [] },
      refused: ['list', 'get', 'create', 'change', 'remove'],
      allowed: [],
    },
    {
      title: 'a key with the scope secrets alone',
      key: { scopes: ['secrets'] },
      refused: ['list', 'get', 'create', 'change', 'remove'],
      allowed: [],
    },
    {
      title: 'a key with the scope read alone',
      key: { scopes: ['read'] },
      refused: ['create', 'change', 'remove'],
      allowed: ['list', 'get'],
    },
    {
      title: 'a key with the scope write alone',
      key: { scopes: ['write'] },
      refused: ['list', 'get'],
      allowed: ['create', 'change', 'remove'],
    },
  ],
  operations: {
    create: {
      request: (caller, body) => ({ method: 'POST', path: list(caller), body }),
      status: 201,
      schema: endpoint,
    },
    get: { request: (caller, id) => ({ method: 'GET', path: item(caller, id) }), status: 200, schema: endpoint },
    list: {
      request: (caller) => ({ method: 'GET', path: list(caller) }),
      status: 200,
      schema: closed({ data: { type: 'array', items: endpoint }, nextCursor: nullable('string') }),
    },
    change: {
      request: (caller, id, body) => ({ method: 'PATCH', path: item(caller, id), body }),
      status: 200,
      schema: endpoint,
    },
    remove: { request: (caller, id) => ({ method: 'DELETE', path: item(caller, id) }), status: 204, schema: null },
    eventTypes: null,
  },
  endpointIn: (_operation, body) => body as Fields,
  endpointsIn: (body) => (body as { data: Fields[] }).data,
  listOrder: 'newestFirst',
  nextPage: (caller, _size, before) => (before.length === 0 ? { method: 'GET', path: list(caller) } : null),
  idField: 'id',
  urlField: 'url',
  idPattern: /^ep_[0-9A-Za-z]{20}$/,
  idAbsent: 'ep_00000000000000000000',
  idsMalformed: ['1', 'ep_', 'EP_00000000000000000000', 'ep_%00', "ep_' OR 1=1", 'a/b', 'é', 'x'.repeat(500)],
  sample: (url, index) => ({ url, eventTypes: [eventType(index)] }),
  full: (url, index) => ({
    url,
    eventTypes: [eventType(index)],
    filters: { region: 'eu' },
    description: 'Invoices of Europe',
    enabled: true,
    headers: { 'X-Team': 'finance' },
  }),
  eventType,
  onOff: { off: { enabled: false }, on: { enabled: true } },
  fields,
  unknownFields: 'refused',
  secret: {
    field: 'secrets',
    shown: { create: 'full', get: 'full', list: 'masked', change: 'full' },
    mask: /^\[\{"value":null,/,
  },
  inOperatorTerms: (shown) => shown,
  refusalSchema,
  refusal,
  wrongMethods: [
    { method: 'PUT', path: '/v1/tenants/any/endpoints' },
    { method: 'DELETE', path: '/v1/tenants/any/endpoints' },
    { method: 'POST', path: '/v1/tenants/any/endpoints/ep_00000000000000000000' },
  ],
  unknownRoutes: ['/v1', '/v1/webhooks', '/v1/tenants/any/endpoints/', '/v1/tenants/any/endpoints/ep_1/secrets'],
  quotaHeaders: null,
}

const delivery: DeliveryProfile = {
  body: (event) => `{"type":"${event.type}","timestamp":"${event.occurredAt}","data":${event.data}}`,
  headers: ({ id }) => ({
    'content-type': /^application\/json$/,
    'user-agent': /^Posthorn\/1\.0$/,
    'webhook-id': new RegExp(`^${id}$`),
    'webhook-timestamp': /^\d{10}$/,
    'webhook-signature': /^v1,[A-Za-z0-9+/]{43}=$/,
  }),
  freshHeaders: ['webhook-timestamp', 'webhook-signature'],
  secretsOf: (created) => (created['secrets'] as { value: string }[]).map(({ value }) => value),
  async verify({ headers, body }, { secrets: [secret = ''] }) {
    const stamp = Number(headers['webhook-timestamp'])
    const signed = new Webhook(secret).sign(String(headers['webhook-id']), new Date(stamp * 1000), body)
    assert.equal(headers['webhook-signature'], signed)
  },
}

const [second, minute, hour] = [1000, 60_000, 3_600_000]

const wire: WireProfile = {
  apiKeyPattern: /^phk_[0-9A-Za-z]{40}$/,
  eventIdPattern: /^msg_[0-9A-Za-z]{24}$/,
  secretPattern: /^whsec_[A-Za-z0-9+/]{32}$/,
  waitsMs: [5 * second, 5 * minute, 30 * minute, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hour)],
  exact: false,
  fates: { ...retriesAllFailures, 'answered 410': 'endsAndDisables' },
}

export const standardProfile: Profile = { dialect: standard, subject: null, api, delivery, wire }
