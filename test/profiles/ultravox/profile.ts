// Ultravox's API and deliveries as its public documentation describes them, for the conformance suite. Written from the
// reference and not from Posthorn's code.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
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
import definedUltravox from '../../../src/dialects/ultravox/ultravox.ts'

const { dialect: ultravox } = definedUltravox

const path = '/api/webhooks'
const events = ['call.started', 'call.joined', 'call.ended', 'call.billed']
const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
const idAbsent = '3c90c3cc-0d44-4b50-8888-8dd25736052a'

function closed(properties: object): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

const orNull = (schema: object): object => ({ anyOf: [schema, { type: 'null' }] })
const time = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z$' }
const webhook = closed({
  webhookId: { type: 'string', pattern: `^${uuid}$` },
  agentId: orNull({ type: 'string', format: 'uuid' }),
  created: time,
  url: { type: 'string', format: 'uri', maxLength: 200 },
  secrets: { type: 'array', items: { type: 'string', maxLength: 120 } },
  events: { type: 'array', items: { enum: events } },
  status: { enum: ['normal', 'unhealthy'] },
  lastStatusChange: orNull(time),
  recentFailures: { type: 'array', items: closed({ timestamp: time, failure: { type: 'string', minLength: 1 } }) },
})
const link = orNull({ type: 'string', format: 'uri' })

const api: ApiProfile = {
  credentials: ({ key }) => ({ 'x-api-key': key }),
  wrongSchemes: {
    'the header Authorization': ({ key }) => ({ authorization: `Bearer ${key}` }),
    'the scheme Api-Key': ({ key }) => ({ authorization: `Api-Key ${key}` }),
    'a header whose name begins with X-API-Key': ({ key }) => ({ 'x-api-keys': key }),
    'an empty header': () => ({ 'x-api-key': '' }),
  },
  weakKeys: [],
  operations: {
    create: { request: (_caller, body) => ({ method: 'POST', path, body }), status: 201, schema: webhook },
    get: { request: (_caller, id) => ({ method: 'GET', path: `${path}/${id}` }), status: 200, schema: webhook },
    list: {
      request: () => ({ method: 'GET', path }),
      status: 200,
      schema: closed({
        next: link,
        previous: link,
        results: { type: 'array', items: webhook },
        total: { type: 'integer', minimum: 0 },
      }),
    },
    change: {
      request: (_caller, id, body) => ({ method: 'PATCH', path: `${path}/${id}`, body }),
      status: 200,
      schema: webhook,
    },
    remove: { request: (_caller, id) => ({ method: 'DELETE', path: `${path}/${id}` }), status: 204, schema: null },
    eventTypes: null,
  },
  endpointIn: (_operation, body) => body as Fields,
  endpointsIn: (body) => (body as { results: Fields[] }).results,
  listOrder: 'newestFirst',
  nextPage: (_caller, size, previous) => {
    if (previous === null) return { method: 'GET', path: `${path}?pageSize=${size}` }
    const { next } = previous.body as { next: string | null }
    if (next === null) return null
    const { pathname, search } = new URL(next)
    return { method: 'GET', path: pathname + search }
  },
  idField: 'webhookId',
  urlField: 'url',
  idPattern: new RegExp(`^${uuid}$`),
  idAbsent,
  idsMalformed: [
    '1',
    'null',
    idAbsent.slice(1),
    `${idAbsent}0`,
    idAbsent.replaceAll('-', ''),
    'a/b',
    'é',
    'x'.repeat(500),
  ],
  sample: (url, index) => ({ url, events: [eventOf(index)] }),
  full: (url, index) => ({
    agentId: '8d7f5b0e-93a1-4c0e-a2a1-0f6a51e9c001',
    url,
    secrets: ['your-webhook-secret', 'the-one-before'],
    events: [eventOf(index)],
  }),
  eventType: eventOf,
  onOff: null,
  fields,
  unknownFields: 'ignored',
  secret: { field: 'secrets', shown: { create: 'full', get: 'full', list: 'full', change: 'full' } },
  inOperatorTerms: ({ webhookId, agentId, url, secrets, events: eventTypes }) => ({
    id: webhookId,
    url,
    eventTypes,
    enabled: true,
    filters: agentId === null ? {} : { agentId },
    secrets: (secrets as string[]).map((value) => ({ value, expiresAt: null })),
  }),
  refusalSchema,
  refusal,
  wrongMethods: [
    { method: 'POST', path: `${path}/${idAbsent}` },
    { method: 'PUT', path },
    { method: 'PATCH', path },
    { method: 'DELETE', path },
    { method: 'OPTIONS', path },
  ],
  unknownRoutes: [`${path}/`, `${path}/${idAbsent}/`, `${path}/${idAbsent}/rotate-secret`],
  quotaHeaders: null,
}

/** The vendor has only four event types: the fifth index repeats the first. */
function eventOf(index: number): string {
  return events[index % events.length] ?? ''
}

const delivery: DeliveryProfile = {
  body: (event) => `{"event":${JSON.stringify(event.type)},"call":${event.data}}`,
  headers: () => ({
    'content-type': /^application\/json$/,
    'user-agent': /^Webhooks\/1\.0$/,
    'x-ultravox-webhook-timestamp': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/,
    'x-ultravox-webhook-signature': /^[0-9a-f]{64}$/,
  }),
  freshHeaders: ['x-ultravox-webhook-timestamp', 'x-ultravox-webhook-signature'],
  secretsOf: (created) => created['secrets'] as string[],
  verify({ headers, body }, { secrets }) {
    const timestamp = Buffer.from(String(headers['x-ultravox-webhook-timestamp']))
    const expected = secrets.map((secret) =>
      createHmac('sha256', secret)
        .update(Buffer.concat([body, timestamp]))
        .digest('hex'),
    )
    assert.ok(expected.length > 0)
    assert.equal(headers['x-ultravox-webhook-signature'], expected.join(','))
  },
}

const second = 1000

const wire: WireProfile = {
  apiKeyPattern: /^[0-9A-Za-z]{8}\.[0-9A-Za-z]{32}$/,
  eventIdPattern: /^evt_[0-9A-Za-z]{20}$/,
  secretPattern: /^[0-9A-Za-z]{40}$/,
  waitsMs: [30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15_360].map((seconds) => seconds * second),
  exact: false,
  fates: retriesAllFailures,
}

export const ultravoxProfile: Profile = { dialect: ultravox, api, delivery, wire }
