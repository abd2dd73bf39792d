// Storno.ro. Sources, and where this file departs from them: README.md in this folder.

import { auth, defineDialect, delivery, errors, event, json, secrets, sign, tenant, webhooks } from 'posthorn/dialect'
import { eventsOfA, eventsOfB } from './events.ts'
import { examples } from './examples.ts'

const testMessage = 'This is a test delivery from Storno.ro'

// One record per attempt.
const deliveries = webhooks.history({
  times: 'isoInSeconds',
  words: { succeeded: 'success', failed: 'failed', pending: 'pending' },
  failures: {
    timedOut: 'Endpoint did not respond within 10 seconds',
    rejected: 'Endpoint returned non-2xx status: {status}',
    unreachable: 'Endpoint could not be reached: {error}',
  },
  fields: {
    uuid: 'id',
    webhookUuid: 'endpointId',
    eventType: 'eventType',
    status: 'status',
    attempt: 'number',
    requestUrl: 'url',
    requestMethod: 'method',
    requestHeaders: 'requestHeaders',
    requestPayload: 'body',
    responseCode: 'statusCode',
    responseHeaders: 'responseHeaders',
    responseBody: 'response',
    durationMs: 'durationMs',
    errorMessage: 'failure',
    deliveredAt: 'startedAt',
    nextRetryAt: 'nextAt',
  },
})

export default defineDialect({
  name: 'storno',
  title: 'Storno.ro',
  api: { title: 'Storno.ro API: webhooks', version: '1.0.0', prefixes: ['/api/v1/webhooks'] },
  ids: { tenant: '{uuid4}', endpoint: '{uuid4}', event: '{uuid7}' },
  keys: { form: 'af_{hex:64}', tenantsMax: 1000, needs: { read: 'webhook.view', write: 'webhook.manage' } },
  authentication: auth.anyOf(auth.bearer(), auth.header('Authorization', { begins: 'af_' })),
  tokens: { tenants: 'companies', scopes: 'permissions' },
  tenantOf: auth.namedTenant({ header: 'X-Company' }),
  // A bucket of 50,000 that refills with 500 every two minutes.
  quotas: { key: { all: '500/120s+49500' } },
  events: eventsOfA,
  testEvent: ({ id }) => ({ type: 'webhook.test', data: { message: testMessage, webhookUuid: id } }),
  // `plan: none`: the company's plan has no webhooks.
  tenantSettings: { family: ['A', 'B'], plan: ['enabled', 'none'] },
  // Family A is that of the reference pages, family B that of the concepts page.
  variants: {
    'family: B': {
      events: eventsOfB,
      body: json({ id: delivery.id, event: event.type, created_at: event.occurredAt.isoWithOffset, data: event.data }),
      headers: {
        'user-agent': 'Storno-Webhook/1.0',
        'x-webhook-event': event.type,
        'x-webhook-id': delivery.id,
        'x-webhook-signature': sign.newest(sign.hmac()),
      },
    },
  },
  endpoint: {
    uuid: { is: 'id', schema: { format: 'uuid' } },
    url: { is: 'url', on: 'create! change', schema: { format: 'url', minLength: 1, maxLength: 2048 } },
    description: { is: 'description', on: 'create change', nullable: true, schema: { maxLength: 255 } },
    // Any string is accepted here: the answer to an unknown event is 422, not 400.
    events: { is: 'eventTypes', on: 'create! change', schema: { minItems: 1 } },
    isActive: { is: 'enabled', on: 'create change' },
    secret: { is: 'secret', shown: 'create rotate', masked: `whsec_${'•'.repeat(24)}` },
    deliveriesCount: { is: 'attempts', shown: 'get' },
    lastDeliveryAt: { is: 'lastAttemptAt', shown: 'get', form: 'isoInSeconds' },
    lastDeliveryStatus: { is: 'newestDelivery', shown: 'get', words: ['success', 'failed', 'pending'] },
    createdAt: { is: 'createdAt', form: 'isoInSeconds' },
    updatedAt: { is: 'updatedAt', form: 'isoInSeconds' },
  },
  rules: { urlCharsMax: 2048, descriptionCharsMax: 255, wildcards: 'all', deletesHistory: true },
  routes: {
    'GET    /api/v1/webhooks/events': webhooks.eventTypes({ operationId: 'listWebhookEvents', tenantless: true }),
    'GET    /api/v1/webhooks': webhooks.list(),
    'POST   /api/v1/webhooks': webhooks.create({ refusals: { plan: ({ plan }) => plan === 'none' } }),
    'GET    /api/v1/webhooks/{uuid}': webhooks.get(),
    'PATCH  /api/v1/webhooks/{uuid}': webhooks.change({ neverEmpty: true }),
    'DELETE /api/v1/webhooks/{uuid}': webhooks.remove(),
    'POST   /api/v1/webhooks/{uuid}/regenerate-secret': webhooks.rotate({ operationId: 'regenerateWebhookSecret' }),
    'POST   /api/v1/webhooks/{uuid}/test': deliveries.test({
      shows: `deliveryUuid=uuid status eventType requestPayload requestHeaders responseCode responseBody:1024
        durationMs deliveredAt`,
    }),
    'GET    /api/v1/webhooks/{uuid}/deliveries': deliveries.list({
      shows: 'uuid eventType status responseCode durationMs deliveredAt attempt',
      answer: (data, { total, page, size, pageCount }) => ({ data, total, page, limit: size, pages: pageCount }),
    }),
    'GET    /api/v1/webhooks/{uuid}/deliveries/{deliveryUuid}': deliveries.get(),
  },
  errors: errors.symfony({
    'forbidden:X-Company': ['Company context required', 'The X-Company header is required for this endpoint.'],
    'forbidden:access to X-Company': ['Access denied', 'You do not have access to this company.'],
    // A token may name a company that does not exist. The answer is the same as for another customer's company.
    'notFound:tenant': ['Access denied', 'You do not have access to this company.', 403],
    'forbidden:plan': { status: 402, body: { error: 'Webhooks are not available on your plan.', code: 'PLAN_LIMIT' } },
    forbidden: ['Access denied', 'Insufficient permissions — requires {needs} permission'],
    'notFound:delivery': ['Not found', 'Webhook delivery not found for this endpoint'],
    notFound: ['Not found', 'Webhook endpoint not found for this company'],
    'conflict:endpoint_disabled': ['Webhook is inactive', 'Activate the webhook before sending a test delivery', 422],
    tooManyRequests: { body: { error: 'Too many requests. Please try again later.' } },
    // The vendor answers 422 to a well-formed value that it does not accept, and 400 to a malformed value.
    words({ field, rule, expected, value }) {
      if (field === 'url' && rule === 'format' && expected !== undefined) return [422, 'A valid HTTPS URL is required.']
      if (/^events\.\d/.test(field) && rule === 'choice') return [422, `Invalid event type: ${String(value)}`]
      return Array.isArray(value) && value.length === 0 ? [400, 'At least one event type is required.'] : null
    },
  }),
  deliveries: {
    body: json({
      id: delivery.id,
      type: event.type,
      createdAt: event.occurredAt.isoSeconds,
      company: tenant.id,
      data: event.data,
    }),
    headers: {
      'user-agent': 'Storno-Webhooks/1.0',
      'x-storno-event': event.type,
      'x-storno-delivery': delivery.attemptId,
      'x-storno-signature': sign.newest(sign.hmac(), { prefix: 'sha256=' }),
    },
    // The prefix is optional: the vendor's server generates secrets without it.
    secrets: secrets.text({ form: 'whsec_{hex:64}', accepts: /^(?:whsec_)?[0-9a-f]{64}$/ }),
    timeout: '10s',
    // Three attempts in six minutes. The vendor's table gives exact times.
    waits: 'exactly 1m 5m',
    retriesTests: false,
  },
  examples,
})
