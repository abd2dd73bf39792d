// DialNexa's API and deliveries as its public documentation describes them, for the conformance suite. Written from the
// reference and not from Posthorn's code. node:crypto computes the signatures.

import assert from 'node:assert/strict'
import { createHmac, hash } from 'node:crypto'
import {
  type ApiProfile,
  type DeliveryProfile,
  type Fields,
  type Profile,
  type WireProfile,
  retriesAllFailures,
} from '../../conformance/dialects/profile.ts'
import { fields } from './fields.ts'
import { refusal, refusalSchema } from './refusals.ts'
import definedDialnexa from '../../../src/dialects/dialnexa/dialnexa.ts'

const { dialect: dialnexa } = definedDialnexa

export const path = '/v1/user-webhooks'
const absent = 'whk_000000000000'

const names = [
  'call.completed',
  'call.failed',
  'call.no_answer',
  'campaign.completed',
  'campaign.paused',
  'workflow.lead.completed',
]

function closed(properties: object): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

const webhookProperties = {
  id: { type: 'string', pattern: '^whk_[a-z0-9]{12}$' },
  url: { type: 'string' },
  events: { type: 'array', items: { type: 'string' } },
  is_active: { type: 'boolean' },
  // With milliseconds, as in every example of the reference.
  created_at: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' },
}
const webhook = closed(webhookProperties)
const count = { type: 'integer', minimum: 0 }
const list = closed({
  data: { type: 'array', items: webhook },
  meta: closed({ page: count, limit: count, total: count, totalPages: count }),
})

const api: ApiProfile = {
  credentials: ({ key }) => ({ authorization: `Bearer ${key}` }),
  wrongSchemes: {
    'the bare key': ({ key }) => ({ authorization: key }),
    'the scheme Basic': ({ key }) => ({ authorization: `Basic ${Buffer.from(key).toString('base64')}` }),
    'the scheme Api-Key': ({ key }) => ({ authorization: `Api-Key ${key}` }),
    'the secret without the key id': ({ key }) => ({ authorization: `Bearer ${key.split(':')[1]}` }),
    'the key id without the secret': ({ key }) => ({ authorization: `Bearer ${key.split(':')[0]}` }),
    'two keys': ({ key }) => ({ authorization: `Bearer ${key} ${key}` }),
    'a key in another header': ({ key }) => ({ 'x-api-key': key }),
    'an empty header': () => ({ authorization: '' }),
    'a scheme alone': () => ({ authorization: 'Bearer' }),
  },
  weakKeys: [
    {
      title: 'a key with other scopes of the product',
      key: { scopes: ['calls.read', 'webhooks.*'] },
      refused: ['list', 'get', 'create', 'change', 'remove'],
      allowed: [],
    },
    {
      title: 'a key with webhooks.read alone',
      key: { scopes: ['webhooks.read'] },
      refused: ['create', 'change', 'remove'],
      allowed: ['list', 'get'],
    },
    {
      title: 'a key with webhooks.manage alone',
      key: { scopes: ['webhooks.manage'] },
      refused: ['list', 'get'],
      allowed: ['create', 'change', 'remove'],
    },
    {
      title: 'a key without scopes',
      key: { scopes: [] },
      refused: ['list', 'get', 'create', 'change', 'remove'],
      allowed: [],
    },
  ],
  operations: {
    create: {
      request: (_caller, body) => ({ method: 'POST', path, body }),
      status: 201,
      schema: closed({ ...webhookProperties, secret: { type: 'string' } }),
    },
    get: { request: (_caller, id) => ({ method: 'GET', path: `${path}/${id}` }), status: 200, schema: webhook },
    list: { request: () => ({ method: 'GET', path }), status: 200, schema: list },
    change: {
      request: (_caller, id, body) => ({ method: 'PATCH', path: `${path}/${id}`, body }),
      status: 200,
      schema: webhook,
    },
    remove: {
      request: (_caller, id) => ({ method: 'DELETE', path: `${path}/${id}` }),
      status: 200,
      schema: closed({ message: { const: 'Webhook deleted.' } }),
    },
    eventTypes: null,
  },
  endpointIn: (_operation, body) => body as Fields,
  endpointsIn: (body) => (body as { data: Fields[] }).data,
  listOrder: 'newestFirst',
  nextPage: (_caller, size, previous) => {
    if (previous === null) return { method: 'GET', path: `${path}?limit=${size}` }
    const { page, totalPages } = (previous.body as { meta: { page: number; totalPages: number } }).meta
    return page >= totalPages ? null : { method: 'GET', path: `${path}?page=${page + 1}&limit=${size}` }
  },
  idField: 'id',
  urlField: 'url',
  idPattern: /^whk_[a-z0-9]{12}$/,
  idAbsent: absent,
  idsMalformed: ['1', 'whk_', 'WHK_000000000000', 'wh_abc123', 'whk_%00', "whk_' OR 1=1", 'a/b', 'é', 'x'.repeat(500)],
  sample: (url, index) => ({ url, events: [eventTypeOf(index)], secret: secretFor(url) }),
  full: (url, index) => ({ url, events: [eventTypeOf(index)], secret: secretFor(url), is_active: true }),
  eventType: eventTypeOf,
  onOff: { off: { is_active: false }, on: { is_active: true } },
  fields,
  unknownFields: 'ignored',
  secret: { field: 'secret', shown: { create: 'full', get: 'never', list: 'never', change: 'never' } },
  inOperatorTerms: ({ id, url, events: eventTypes, is_active: enabled, created_at: createdAt }) => {
    return { id, url, eventTypes, enabled, createdAt }
  },
  refusalSchema,
  refusal,
  wrongMethods: [
    { method: 'PUT', path: `${path}/${absent}` },
    { method: 'POST', path: `${path}/${absent}` },
    { method: 'PUT', path },
    { method: 'PATCH', path },
    { method: 'DELETE', path },
  ],
  unknownRoutes: [`${path}/`, `${path}/x/y`, `${path}/${absent}/test`, `${path}/${absent}/`, `${path}/x/y?z=1`],
  quotaHeaders: { limit: 'x-ratelimit-limit', remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' },
}

/** Customers choose their secrets. In these tests every URL has its own. */
function secretFor(url: string): string {
  return `whsec_${hash('sha256', url)}`
}

function eventTypeOf(index: number): string {
  return names[index] ?? ''
}

const delivery: DeliveryProfile = {
  body: ({ type, data }) => `{"event_type":${JSON.stringify(type)},"payload":${data}}`,
  headers: () => ({
    'content-type': /^application\/json$/,
    'user-agent': /^DialNexa-External-Webhook\/1\.0$/,
    'x-dialnexa-signature': /^sha256=[0-9a-f]{64}$/,
  }),
  freshHeaders: [],
  secretsOf: (created, sent) => {
    assert.equal(created['secret'], sent['secret'])
    return [String(sent['secret'])]
  },
  verify({ headers, body }, { secrets }) {
    const digest = createHmac('sha256', Buffer.from(secrets[0] ?? '', 'utf8'))
      .update(body)
      .digest('hex')
    assert.equal(headers['x-dialnexa-signature'], `sha256=${digest}`)
  },
}

const minute = 60_000

const wire: WireProfile = {
  apiKeyPattern: /^[a-z0-9]{14}:[A-Za-z0-9]{32}$/,
  eventIdPattern: /^evt_[0-9A-Za-z]{20}$/,
  secretPattern: /^whsec_[A-Za-z0-9]{32}$/,
  waitsMs: [minute, 5 * minute, 15 * minute],
  exact: false,
  fates: retriesAllFailures,
}

export const dialnexaProfile: Profile = { dialect: dialnexa, api, delivery, wire }
