// Storno.ro's API and deliveries as its public documentation describes them, for the conformance suite. Written from
// the reference and not from Posthorn's code. Signatures are computed as in the vendor's samples.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
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
import definedStorno from '../../../src/dialects/storno/storno.ts'

const { dialect: storno } = definedStorno

const path = '/api/v1/webhooks'

const events = `invoice.created invoice.updated invoice.issued invoice.submitted invoice.validated invoice.rejected
  invoice.cancelled invoice.paid payment.created payment.deleted client.created client.updated sync.completed sync.failed
  proforma.created proforma.accepted proforma.rejected`.split(/\s+/)

function closed(properties: object, required: readonly string[] = Object.keys(properties)): object {
  return { type: 'object', properties, required, additionalProperties: false }
}

const uuid = { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }
// Whole seconds and Z, as in every example of the reference.
const time = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' }
const webhookProperties = (secret: string) => ({
  uuid,
  url: { type: 'string' },
  description: { type: ['string', 'null'] },
  events: { type: 'array', items: { enum: [...events, '*'] }, minItems: 1 },
  isActive: { type: 'boolean' },
  secret: { type: 'string', pattern: secret },
  createdAt: time,
  updatedAt: time,
})
const fullSecret = '^whsec_[0-9a-f]{64}$'
const maskedSecret = '^whsec_\u2022{24}$'
const masked = closed(webhookProperties(maskedSecret))
const detail = closed({
  ...webhookProperties(maskedSecret),
  deliveriesCount: { type: 'integer', minimum: 0 },
  lastDeliveryAt: { anyOf: [time, { type: 'null' }] },
  lastDeliveryStatus: { enum: ['success', 'failed', 'pending', null] },
})

const inCompany = ({ tenant }: Caller) => ({ 'x-company': tenant })
const absent = '00000000-0000-4000-8000-000000000000'

const api: ApiProfile = {
  credentials: ({ tenant, key }) => ({ authorization: `Bearer ${key}`, 'x-company': tenant }),
  wrongSchemes: {
    'the scheme Basic': ({ key }) => ({ authorization: `Basic ${key}` }),
    'the scheme Api-Key': ({ key }) => ({ authorization: `Api-Key ${key}` }),
    'a scheme that begins with Bearer': ({ key }) => ({ authorization: `Bearers ${key}` }),
    'two keys': ({ key }) => ({ authorization: `Bearer ${key} ${key}` }),
    'a key in another header': ({ key }) => ({ 'x-api-key': key }),
    'an empty header': () => ({ authorization: '' }),
  },
  weakKeys: [
    {
      title: 'a key without permissions',
      key: { scopes: [] },
      refused: ['list', 'get', 'create', 'change', 'remove'],
      allowed: ['eventTypes'],
    },
    {
      title: 'a key with other permissions of the product',
      key: { scopes: ['invoice.view', 'invoice.create', 'webhook.*'] },
      refused: ['list', 'get', 'create', 'change', 'remove'],
      allowed: ['eventTypes'],
    },
    {
      title: 'a key with webhook.view alone',
      key: { scopes: ['webhook.view'] },
      refused: ['create', 'change', 'remove'],
      allowed: ['list', 'get', 'eventTypes'],
    },
    {
      title: 'a key with webhook.manage alone',
      key: { scopes: ['webhook.manage'] },
      refused: ['list', 'get'],
      allowed: ['eventTypes', 'create', 'change', 'remove'],
    },
  ],
  operations: {
    create: {
      request: (caller, body) => ({ method: 'POST', path, body, headers: inCompany(caller) }),
      status: 201,
      schema: closed(webhookProperties(fullSecret)),
    },
    get: {
      request: (caller, id) => ({ method: 'GET', path: `${path}/${id}`, headers: inCompany(caller) }),
      status: 200,
      schema: detail,
    },
    list: {
      request: (caller) => ({ method: 'GET', path, headers: inCompany(caller) }),
      status: 200,
      schema: { type: 'array', items: masked },
    },
    change: {
      request: (caller, id, body) => ({ method: 'PATCH', path: `${path}/${id}`, body, headers: inCompany(caller) }),
      status: 200,
      schema: masked,
    },
    remove: {
      request: (caller, id) => ({ method: 'DELETE', path: `${path}/${id}`, headers: inCompany(caller) }),
      status: 204,
      schema: null,
    },
    eventTypes: {
      request: () => ({ method: 'GET', path: `${path}/events` }),
      status: 200,
      schema: {
        type: 'array',
        items: closed({
          name: { enum: events },
          description: { type: 'string', minLength: 1 },
          category: { enum: ['invoices', 'payments', 'clients', 'sync', 'proforma'] },
        }),
      },
    },
  },
  endpointIn: (_operation, body) => body as Fields,
  endpointsIn: (body) => body as Fields[],
  listOrder: 'newestFirst',
  nextPage: null,
  idField: 'uuid',
  urlField: 'url',
  idPattern: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  idAbsent: absent,
  idsMalformed: [
    '1',
    absent.slice(1),
    `${absent}0`,
    absent.replaceAll('-', ''),
    "' OR 1=1",
    'a/b',
    'é',
    'x'.repeat(500),
  ],
  sample: (url, index) => ({ url, events: [eventOf(index)] }),
  full: (url, index) => ({
    url,
    events: [eventOf(index)],
    description: 'Production invoice notifications',
    isActive: true,
  }),
  eventType: eventOf,
  onOff: { off: { isActive: false }, on: { isActive: true } },
  fields,
  unknownFields: 'ignored',
  secret: {
    field: 'secret',
    shown: { create: 'full', get: 'masked', list: 'masked', change: 'masked' },
    mask: new RegExp(maskedSecret),
  },
  inOperatorTerms: ({ uuid: id, url, events: eventTypes, description, isActive: enabled }) => ({
    id,
    url,
    eventTypes,
    description,
    enabled,
  }),
  refusalSchema,
  refusal,
  wrongMethods: [
    { method: 'PUT', path: `${path}/${absent}` },
    { method: 'POST', path: `${path}/${absent}` },
    { method: 'PATCH', path },
    { method: 'DELETE', path },
    { method: 'POST', path: `${path}/events` },
    { method: 'GET', path: `${path}/${absent}/test` },
    { method: 'POST', path: `${path}/${absent}/deliveries` },
    { method: 'DELETE', path: `${path}/${absent}/deliveries/${absent}` },
  ],
  unknownRoutes: [`${path}/`, `${path}/${absent}/`, `${path}/${absent}/secret`],
  quotaHeaders: null,
}

function eventOf(index: number): string {
  return events[index] ?? ''
}

const exactly = (text: string): RegExp => new RegExp(`^${text.replace(/[^\w-]/g, '\\$&')}$`)

const delivery: DeliveryProfile = {
  body: ({ delivery: id, type, data, occurredAt, tenant }) => {
    const createdAt = `${occurredAt.slice(0, 19)}Z`
    return `{"id":"${id}","type":"${type}","createdAt":"${createdAt}","company":"${tenant}","data":${data}}`
  },
  headers: ({ delivery: id, type }) => ({
    'content-type': /^application\/json$/,
    'user-agent': /^Storno-Webhooks\/1\.0$/,
    'x-storno-event': exactly(type),
    // All attempts share the id without its end.
    'x-storno-delivery': new RegExp(`^${id.slice(0, 32)}[0-9a-f]{4}$`),
    'x-storno-signature': /^sha256=[0-9a-f]{64}$/,
  }),
  freshHeaders: ['x-storno-delivery'],
  secretsOf: (created) => [String(created['secret'])],
  verify({ headers, body }, { secrets }) {
    const [secret = '', ...others] = secrets
    assert.equal(others.length, 0)
    const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
    assert.equal(headers['x-storno-signature'], expected)
  },
}

const wire: WireProfile = {
  apiKeyPattern: /^af_[0-9a-f]{64}$/,
  eventIdPattern: /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  secretPattern: new RegExp(fullSecret),
  waitsMs: [60_000, 300_000],
  exact: true,
  fates: retriesAllFailures,
}

export const stornoProfile: Profile = { dialect: storno, api, delivery, wire }
