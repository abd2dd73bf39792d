// Partoo's API and deliveries as its public documentation describes them, for the conformance suite. Written from the
// reference and not from Posthorn's code. Signatures are checked as in the vendor's samples.

import assert from 'node:assert/strict'
import { verify } from 'node:crypto'
import type {
  ApiProfile,
  Caller,
  DeliveryProfile,
  Fields,
  Profile,
  WireProfile,
} from '../../conformance/dialects/profile.ts'
import { events, fields } from './fields.ts'
import { refusal, refusalSchema } from './refusals.ts'
import definedPartoo from '../../../src/dialects/partoo/partoo.ts'

const { dialect: partoo } = definedPartoo

const path = '/v2/webhooks'

function closed(properties: object, required: readonly string[] = Object.keys(properties)): object {
  return { type: 'object', properties, required, additionalProperties: false }
}

const microseconds = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z$' }
const required = {
  id: { type: 'integer' },
  url: { type: 'string' },
  event_type: { enum: events },
  created_at: microseconds,
  updated_at: microseconds,
  org_id: { type: 'integer' },
}
const customHeaders = { type: 'object', minProperties: 1, maxProperties: 5, additionalProperties: { type: 'string' } }

export const webhookItem = closed({ ...required, custom_headers: customHeaders }, Object.keys(required))
export const webhookList = closed({
  page: { type: 'integer', minimum: 1 },
  max_page: { type: 'integer', minimum: 1 },
  count: { type: 'integer', minimum: 0 },
  items: { type: 'array', items: webhookItem },
})

const allOperations = ['list', 'get', 'create', 'change', 'remove', 'eventTypes'] as const
const weak = ['GROUP_MANAGER', 'BUSINESS_MANAGER', 'PUBLISHER']
const strong = ['ORG_ADMIN', 'ORG_MANAGER']

const api: ApiProfile = {
  credentials: ({ key }) => ({ 'x-APIKey': key }),
  wrongSchemes: {
    'the scheme Bearer': ({ key }) => ({ authorization: `Bearer ${key}` }),
    'a header with a similar name': ({ key }) => ({ 'x-api-key': key }),
    'a scheme before the key': ({ key }) => ({ 'x-APIKey': `Bearer ${key}` }),
    'two keys': ({ key }) => ({ 'x-APIKey': `${key}, ${key}` }),
    'an empty header': () => ({ 'x-APIKey': '' }),
  },
  weakKeys: [
    ...weak.map((role) => ({ title: `a key of a ${role}`, key: { role }, refused: allOperations, allowed: [] })),
    ...strong.map((role) => ({ title: `a key of an ${role}`, key: { role }, refused: [], allowed: allOperations })),
  ],
  operations: {
    create: {
      request: (_caller, item) => ({ method: 'POST', path, body: { items: [item] } }),
      status: 200,
      schema: closed({ items: { type: 'array', items: webhookItem, minItems: 1 } }),
    },
    get: {
      request: (_caller, id) => ({ method: 'GET', path: `${path}/${id}` }),
      status: 200,
      schema: webhookItem,
    },
    list: { request: () => ({ method: 'GET', path }), status: 200, schema: webhookList },
    change: {
      request: (_caller, id, body) => ({ method: 'PUT', path: `${path}/${id}`, body }),
      status: 200,
      schema: webhookItem,
    },
    remove: {
      request: (_caller, id) => ({ method: 'DELETE', path: `${path}/${id}` }),
      status: 200,
      schema: closed({ id: { type: 'integer' }, status: { const: 'success' } }),
    },
    eventTypes: {
      request: () => ({ method: 'GET', path: `${path}/events` }),
      status: 200,
      schema: { type: 'array', items: { enum: events } },
    },
  },
  endpointIn: (operation, body) => (operation === 'create' ? (itemsIn(body)[0] ?? {}) : (body as Fields)),
  endpointsIn: itemsIn,
  listOrder: 'newestFirst',
  nextPage: (_caller: Caller, size, previous) => {
    const { page = 0, max_page: last = 1 } = (previous?.body ?? {}) as { page?: number; max_page?: number }
    return page < last ? { method: 'GET', path: `${path}?page=${page + 1}&per_page=${size}` } : null
  },
  idField: 'id',
  urlField: 'url',
  idPattern: /^[1-9]\d*$/,
  idAbsent: '999999999',
  idsMalformed: [
    'x',
    '0',
    '-1',
    '1.5',
    '1.0',
    '1e0',
    '01',
    '0x1',
    '+1',
    ' 1',
    '1 ',
    '%00',
    'a/b',
    'é',
    '１',
    '1'.repeat(400) + 'x',
  ],
  sample: (url, index) => ({ url, event_type: eventOf(index) }),
  full: (url, index) => ({
    url,
    event_type: eventOf(index),
    custom_headers: { 'X-My-Header': 'my-value', 'X-Auth-Token': 'secret-token' },
  }),
  eventType: eventOf,
  onOff: null,
  fields,
  unknownFields: 'ignored',
  secret: null,
  inOperatorTerms: ({ id, url, event_type, custom_headers = {} }) => ({
    id: String(id),
    url,
    eventTypes: [event_type],
    headers: custom_headers,
  }),
  refusalSchema,
  refusal,
  wrongMethods: [
    { method: 'PUT', path },
    { method: 'DELETE', path },
    { method: 'POST', path: `${path}/999999999` },
    { method: 'POST', path: `${path}/events` },
    { method: 'DELETE', path: `${path}/events` },
    { method: 'GET', path: `${path}/tryout` },
  ],
  unknownRoutes: [`${path}/`, `${path}/999999999/`, `${path}/999999999/secret`, `${path}/events/1`],
  quotaHeaders: null,
}

function itemsIn(body: unknown): readonly Fields[] {
  return (body as { items: Fields[] }).items
}

function eventOf(index: number): string {
  return events[index] ?? ''
}

const delivery: DeliveryProfile = {
  body: ({ type, data }) => `{"type":"${type}","payload":${data}}`,
  headers: () => ({
    'content-type': /^application\/json$/,
    'user-agent': /^Partoo-Webhooks\/1\.0$/,
    'x-partoo-signature-v1': /^[A-Za-z0-9+/]{86}==$/,
  }),
  // The signature covers only the body, and Ed25519 signatures are not random.
  freshHeaders: [],
  secretsOf: () => [],
  verify({ headers, body }, { secrets, publicKey }) {
    assert.deepEqual(secrets, [])
    const signature = Buffer.from(String(headers['x-partoo-signature-v1']), 'base64')
    assert.ok(verify(null, body, publicKey ?? '', signature), 'the signature is wrong')
  },
}

const minute = 60_000

const wire: WireProfile = {
  apiKeyPattern: /^[0-9A-Za-z]{40}$/,
  eventIdPattern: /^evt_[0-9A-Za-z]{20}$/,
  secretPattern: null,
  waitsMs: [minute, 2 * minute, 4 * minute, 8 * minute, 16 * minute],
  exact: false,
  fates: {
    'answered 200': 'succeeds',
    'answered another 2xx': 'succeeds',
    'answered 3xx': 'ends',
    'answered 4xx': 'ends',
    'answered 410': 'ends',
    'answered 429': 'ends',
    'answered 5xx': 'isRetried',
    'timed out': 'isRetried',
    unreachable: 'isRetried',
    blocked: 'isRetried',
  },
}

export const partooProfile: Profile = { dialect: partoo, api, delivery, wire }
