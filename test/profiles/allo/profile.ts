// Allo's API and deliveries as its public documentation describes them, for the conformance suite. Written from the
// reference and not from Posthorn's code. The official package checks the signatures.

import assert from 'node:assert/strict'
import { Webhook } from 'standardwebhooks'
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
import definedAllo from '../../../src/dialects/allo/allo.ts'

const { dialect: allo } = definedAllo

const path = '/v2/api/webhooks'

/** The topics, in the order of the reference. */
export const topicNames: readonly string[] =
  `call.received call.triggered call.answered call.completed tag.added tag.removed sms.received sms.sent contact.created
   contact.updated summary.updated`.split(/\s+/)

function closed(properties: object, required: readonly string[] = Object.keys(properties)): object {
  return { type: 'object', properties, required, additionalProperties: false }
}

const webhookProperties = {
  id: { type: 'string' },
  url: { type: 'string', format: 'uri' },
  topics: { type: 'array', items: { type: 'string', enum: topicNames } },
  description: { type: ['string', 'null'] },
  enabled: { type: 'boolean' },
  // Whole seconds, as in every example of the reference.
  created_at: { type: 'string', format: 'date-time', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
}
const webhook = closed(webhookProperties)
const webhookWithSecret = closed({ ...webhookProperties, signing_secret: { type: 'string' } })
const data = (schema: object): object => closed({ data: schema })

const api: ApiProfile = {
  credentials: ({ key }) => ({ authorization: `Api-Key ${key}` }),
  wrongSchemes: {
    'the scheme Bearer': ({ key }) => ({ authorization: `Bearer ${key}` }),
    'the scheme Basic': ({ key }) => ({ authorization: `Basic ${key}` }),
    'a scheme that begins with Api-Key': ({ key }) => ({ authorization: `Api-Keys ${key}` }),
    'two keys': ({ key }) => ({ authorization: `Api-Key ${key} ${key}` }),
    'a key in another header': ({ key }) => ({ 'x-api-key': key }),
    'an empty header': () => ({ authorization: '' }),
  },
  weakKeys: [
    {
      title: 'a key without the scope WEBHOOKS_READ_WRITE',
      key: { scopes: [] },
      refused: ['list', 'get', 'create', 'change', 'remove', 'eventTypes'],
      allowed: [],
    },
    {
      title: 'a key with other scopes of the product',
      key: { scopes: ['CONTACTS_READ', 'CONVERSATIONS_READ', 'webhooks_read_write', 'WEBHOOKS_READ'] },
      refused: ['list', 'get', 'create', 'change', 'remove', 'eventTypes'],
      allowed: [],
    },
  ],
  operations: {
    create: {
      request: (_caller, body) => ({ method: 'POST', path, body }),
      status: 201,
      schema: data(webhookWithSecret),
    },
    get: {
      request: (_caller, id) => ({ method: 'GET', path: `${path}/${id}` }),
      status: 200,
      schema: data(webhookWithSecret),
    },
    list: {
      request: () => ({ method: 'GET', path }),
      status: 200,
      schema: data({ type: 'array', items: webhook }),
    },
    change: {
      request: (_caller, id, body) => ({ method: 'PUT', path: `${path}/${id}`, body }),
      status: 200,
      schema: data(webhook),
    },
    remove: { request: (_caller, id) => ({ method: 'DELETE', path: `${path}/${id}` }), status: 204, schema: null },
    eventTypes: {
      request: () => ({ method: 'GET', path: `${path}/event_types` }),
      status: 200,
      schema: data({ type: 'array', items: closed({ name: { enum: topicNames }, description: { type: 'string' } }) }),
    },
  },
  endpointIn: (_operation, body) => (body as { data: Fields }).data,
  endpointsIn: (body) => (body as { data: Fields[] }).data,
  listOrder: 'newestFirst',
  nextPage: null,
  idField: 'id',
  urlField: 'url',
  idPattern: /^ep_[0-9A-Za-z]{20}$/,
  idAbsent: 'ep_00000000000000000000',
  idsMalformed: ['1', 'ep_', 'EP_00000000000000000000', 'ep_%00', "ep_' OR 1=1", 'a/b', 'é', 'x'.repeat(500)],
  sample: (url, index) => ({ url, topics: [topicOf(index)] }),
  full: (url, index) => ({ url, topics: [topicOf(index)], description: 'Production event stream' }),
  eventType: topicOf,
  onOff: { off: { enabled: false }, on: { enabled: true } },
  fields,
  unknownFields: 'ignored',
  secret: { field: 'signing_secret', shown: { create: 'full', get: 'full', list: 'never', change: 'never' } },
  inOperatorTerms: ({ id, url, topics: eventTypes, description, enabled }) => ({
    id,
    url,
    eventTypes,
    description,
    enabled,
  }),
  refusalSchema,
  refusal,
  wrongMethods: [
    { method: 'PATCH', path: `${path}/ep_00000000000000000000` },
    { method: 'POST', path: `${path}/ep_00000000000000000000` },
    { method: 'PUT', path },
    { method: 'DELETE', path },
    { method: 'POST', path: `${path}/event_types` },
  ],
  unknownRoutes: [
    '/v2/api',
    '/v2/api/webhook',
    `${path}/`,
    `${path}/ep_00000000000000000000/rotate-secret`,
    `${path}/ep_00000000000000000000/`,
  ],
  quotaHeaders: { limit: 'x-ratelimit-limit', remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' },
}

function topicOf(index: number): string {
  return topicNames[index] ?? ''
}

const delivery: DeliveryProfile = {
  body: (event) => `{"topic":"${event.type}","version":"2.0","timestamp":"${event.occurredAt}","data":${event.data}}`,
  headers: ({ id }) => ({
    'content-type': /^application\/json$/,
    'user-agent': /^Allo-Webhooks\/2\.0$/,
    'webhook-id': new RegExp(`^${id}$`),
    'webhook-timestamp': /^\d{10}$/,
    'webhook-signature': /^v1,[A-Za-z0-9+/]{43}=$/,
  }),
  freshHeaders: ['webhook-timestamp', 'webhook-signature'],
  secretsOf: (created) => [String(created['signing_secret'])],
  verify({ headers, body }, { secrets }) {
    const [secret = ''] = secrets
    const receiver = new Webhook(secret)
    const id = String(headers['webhook-id'])
    const stamp = String(headers['webhook-timestamp'])
    const signature = String(headers['webhook-signature'])
    assert.equal(signature, receiver.sign(id, new Date(Number(stamp) * 1000), body))
    // Receivers also check the age. A made-up delivery is too old for that.
    const isRecent = Math.abs(Date.now() / 1000 - Number(stamp)) < 300
    const headersRead = { 'webhook-id': id, 'webhook-timestamp': stamp, 'webhook-signature': signature }
    if (isRecent) receiver.verify(body, headersRead)
  },
}

const [second, minute, hour] = [1000, 60_000, 3_600_000]

const wire: WireProfile = {
  apiKeyPattern: /^ak_live_[0-9A-Za-z]{40}$/,
  eventIdPattern: /^msg_[0-9A-Za-z]{20}$/,
  secretPattern: /^whsec_[A-Za-z0-9+/]{32}$/,
  waitsMs: [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour],
  exact: false,
  fates: retriesAllFailures,
}

export const alloProfile: Profile = { dialect: allo, api, delivery, wire }
