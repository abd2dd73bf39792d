// Partoo. Sources, and where this file departs from them: README.md in this folder.

import {
  auth,
  defineDialect,
  errors,
  event,
  json,
  pages,
  secrets,
  sign,
  unsendableFault,
  webhooks,
  when,
  type Fault,
} from 'posthorn/dialect'
import { samples } from './samples.ts'

// The role that acts for several organizations. Each of its requests must name one.
const reseller = 'PROVIDER'
const withAccess = ['ORG_ADMIN', reseller, 'ORG_MANAGER']

// Header names that begin with `X-`, but not with `X-Partoo`. HTTP has no letters beyond ASCII in them.
const headerNames = "^[Xx]-(?![Pp][Aa][Rr][Tt][Oo][Oo])[!#$%&'*+.^_`|~0-9A-Za-z-]*$"
// Any text without control characters other than tabs.
const headerValues = '^[^\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f]*$'
const headerNameFault = 'must begin with X-, must not begin with X-Partoo, and must be a header name'

const partoo = defineDialect({
  name: 'partoo',
  title: 'Partoo',
  api: { title: 'Partoo Rest API: webhooks', version: 'v2', prefixes: ['/v2/webhooks'] },
  // At most 15 digits, so that a JSON number holds every id exactly.
  ids: { tenant: '{integer:9}', tenantPattern: /^[1-9]\d{0,14}$/, endpoint: '{number}', event: 'evt_{time:20}' },
  keys: {
    form: '{base62:40}',
    tenantsMax: 1000,
    roles: [...withAccess, 'GROUP_MANAGER', 'BUSINESS_MANAGER', 'PUBLISHER'],
    rolesWithAccess: withAccess,
  },
  authentication: auth.header('x-APIKey'),
  tenantOf: auth.namedTenant({
    query: 'org_id',
    isRequired: ({ role }) => role === reseller,
    missing: {
      kind: 'invalid',
      where: 'query',
      fields: [{ field: 'org_id', rule: 'required', message: 'is required' }],
    },
    denied: { kind: 'forbidden', needs: 'org_id' },
  }),
  quotas: { tenant: { all: '300/60s' } },
  events: {
    business_created: 'A business was created',
    business_updated: 'A business was changed',
    business_deleted: 'A business was deleted',
    message_updated: 'A message of a conversation was changed, its status for one',
    message_created: 'A message was added to a conversation',
    lead_received: 'A visitor left contact details',
  },
  testEvent: ({ eventTypes: [type = 'business_created'] }) => ({ type, data: samples[type] ?? {} }),
  endpoint: {
    id: { is: 'id', as: 'number' },
    url: {
      is: 'url',
      on: 'create! change',
      schema: { format: 'url', maxLength: 2048, description: "The URL receiving the webhook's data: HTTPS." },
    },
    event_type: { is: 'eventType', known: true, on: 'create!' },
    created_at: { is: 'createdAt', form: 'isoInMicroseconds' },
    updated_at: { is: 'updatedAt', form: 'isoInMicroseconds' },
    org_id: { is: 'tenant', as: 'number' },
    custom_headers: {
      is: 'headers',
      on: 'create change',
      schema: {
        maxProperties: 5,
        propertyNames: { type: 'string', maxLength: 128, pattern: headerNames },
        additionalProperties: { type: 'string', maxLength: 512, pattern: headerValues },
      },
    },
  },
  rules: {
    headerNameFault: (name) => (isHeaderName(name) ? null : headerNameFault),
    headerValueFault: unsendableFault,
    uniqueKey: ({ eventTypes: [type] }) => type ?? null,
  },
  routes: {
    'GET    /v2/webhooks': webhooks.list({
      operationId: 'getWebhookList',
      pages: pages.numbered({
        names: ['page', 'per_page'],
        sizeDefault: 30,
        sizeMax: 100,
        answer: (items, { page, pageCount, total }) => ({
          page,
          max_page: Math.max(1, pageCount),
          count: total,
          items,
        }),
      }),
    }),
    'POST   /v2/webhooks': webhooks.createMany({ operationId: 'Webhook', itemsMax: 6 }),
    'GET    /v2/webhooks/events': webhooks.eventTypes({ operationId: 'getWebhookEvents', each: ({ name }) => name }),
    'POST   /v2/webhooks/tryout': webhooks.tryOut({
      operationId: 'tryoutWebhook',
      answer: ({ url, event_type }, { succeeded, status }) => ({
        url,
        event_type,
        success: succeeded,
        status_code: status,
      }),
    }),
    'GET    /v2/webhooks/{webhook_id}': webhooks.get(),
    'PUT    /v2/webhooks/{webhook_id}': webhooks.change(),
    'PATCH  /v2/webhooks/{webhook_id}': webhooks.change({ operationId: 'patchWebhook' }),
    'DELETE /v2/webhooks/{webhook_id}': webhooks.remove({ answer: (id) => ({ id: Number(id), status: 'success' }) }),
  },
  errors: errors.own({
    otherwise: {},
    unauthenticated: { body: { errors: { authentication: 'User not authenticated' } } },
    forbidden: { body: { errors: { authorization: 'Operation not allowed' } } },
    notFound: { message: 'Resource not found' },
    routeUnknown: { message: 'Resource not found' },
    bodyMalformed: { message: 'Invalid JSON body: {detail}' },
    bodyTooLarge: { message: 'Request body is larger than {bytesMax} bytes' },
    methodNotAllowed: { message: 'Method not allowed' },
    mediaTypeUnsupported: { message: 'Unsupported media type. Please use application/json' },
    'conflict:endpoint_exists': { status: 400, body: { errors: { json: { event_type: 'already exists' } } } },
    conflict: { message: '{detail}' },
    tooManyRequests: { message: 'Too many requests' },
    loopDetected: { message: 'Loop detected: this request is a delivery of a webhook' },
    unavailable: { message: 'Service unavailable' },
    requestUnreadable: { message: '{detail}' },
    internal: { message: 'Internal server error' },
    body: ({ faults, message }) => ({
      errors: { json: faults.length === 0 ? message : errors.nestedFaults(faults, wordsOf, pathOf) },
    }),
  }),
  deliveries: {
    body: json({ type: event.type, payload: event.data }),
    headers: {
      'user-agent': 'Partoo-Webhooks/1.0',
      'x-partoo-signature-v1': sign.newest(sign.ed25519(), { required: true }),
      'x-partoo-webhook-tryout': when(({ trial }) => trial === true, 'true'),
    },
    secrets: secrets.ed25519KeyPair,
    timeout: '10s',
    // Up to five retries with growing waits. The vendor gives no times, so waits may have jitter.
    waits: '1m 2m 4m 8m 16m',
    // A 5xx answer and a missing answer are retried. Any other failure ends the delivery.
    onFailure: (outcome) => (outcome.kind === 'rejected' && outcome.status < 500 ? { kind: 'notRetried' } : null),
  },
})

export default partoo

function isHeaderName(name: string): boolean {
  return new RegExp(headerNames).test(name)
}

function wordsOf({ rule, message, expected, value }: Fault, path: readonly string[]): unknown {
  if (rule === 'type' && expected !== undefined) return `must be ${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`
  if (rule === 'choice' && path.at(-1) === 'event_type') {
    return {
      explanation: `${String(value)} is an incorrect value`,
      choices: partoo.dialect.eventTypes.map(({ name }) => name),
    }
  }
  if (rule === 'format' && message.startsWith('must match pattern')) {
    return isHeaderName(path.at(-1) ?? '') ? 'must not have control characters' : headerNameFault
  }
  return message.replace('URL', 'url')
}

// `items.0.custom_headers.X-A.B` is the header `X-A.B`: header names may contain full stops.
function pathOf(field: string): readonly string[] {
  const [, before = field, header] = /^(.*?custom_headers)\.(.*)$/s.exec(field) ?? []
  return [...before.split('.'), ...(header === undefined ? [] : [header])]
}
