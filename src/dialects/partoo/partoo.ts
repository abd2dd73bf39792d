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
} from 'posthorn/dialect'
import { samples } from './samples.ts'
import { examples } from './examples.ts'

// The role that acts for several organizations. Each of its requests must name one.
const reseller = 'PROVIDER'
const withAccess = ['ORG_ADMIN', reseller, 'ORG_MANAGER']

// Header names that begin with `X-`, but not with `X-Partoo`. HTTP has no letters beyond ASCII in them.
const headerNames = "^[Xx]-(?![Pp][Aa][Rr][Tt][Oo][Oo])[!#$%&'*+.^_`|~0-9A-Za-z-]*$"
// Any text without control characters other than tabs.
const headerValues = '^[^\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f]*$'
const headerValueFault = 'must not have control characters'
const headerNameFault = 'must begin with X-, must not begin with X-Partoo, and must be a header name'

const events = {
  business_created: 'A business was created',
  business_updated: 'A business was changed',
  business_deleted: 'A business was deleted',
  message_updated: 'A message of a conversation was changed, its status for one',
  message_created: 'A message was added to a conversation',
  lead_received: 'A visitor left contact details',
}

export default defineDialect({
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
  tenantOf: auth.namedTenant({ query: 'org_id', isRequired: ({ role }) => role === reseller }),
  quotas: { tenant: { all: '300/60s' } },
  events,
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
        propertyNames: { type: 'string', maxLength: 128, pattern: headerNames, errorMessage: headerNameFault },
        additionalProperties: { type: 'string', maxLength: 512, pattern: headerValues, errorMessage: headerValueFault },
      },
    },
  },
  rules: {
    headerNameFault: (name) => (new RegExp(headerNames).test(name) ? null : headerNameFault),
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
  errors: errors.webargs({
    unauthenticated: { authentication: 'User not authenticated' },
    forbidden: { authorization: 'Operation not allowed' },
    notFound: 'Resource not found',
    exists: { event_type: 'already exists' },
    words: ({ rule, value }, name) =>
      rule === 'choice' && name === 'event_type'
        ? { explanation: `${String(value)} is an incorrect value`, choices: Object.keys(events) }
        : null,
    headersField: 'custom_headers',
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
  examples,
})
