// Storno.ro. Sources, and where this file departs from them: README.md in this folder.

import {
  auth,
  defineDialect,
  delivery,
  errors,
  event,
  history,
  isoSeconds,
  json,
  secrets,
  sign,
  tenant,
  text,
  webhooks,
  type Fault,
  type AttemptFacts,
} from 'posthorn/dialect'
import { eventsOfA, eventsOfB } from './events.ts'

const scopes = { read: 'webhook.view', write: 'webhook.manage' }
const companyMissing = 'X-Company'
const companyDenied = 'access to the company'
const planWithWebhooks = 'a plan with webhooks'
const words = ['success', 'failed'] as const
const signed = sign.newest(sign.hmac())
const testData = (webhookUuid: string) => ({ message: 'This is a test delivery from Storno.ro', webhookUuid })
const timeOf = (ms: number | null): string | null => (ms === null ? null : isoSeconds(ms))
const statusOf = ({ status }: Pick<AttemptFacts, 'status'>): string => (status === 'succeeded' ? 'success' : status)

export default defineDialect({
  name: 'storno',
  title: 'Storno.ro',
  api: { title: 'Storno.ro API: webhooks', version: '1.0.0', prefixes: ['/api/v1/webhooks'] },
  ids: { tenant: '{uuid4}', endpoint: '{uuid4}', event: '{uuid7}' },
  keys: { form: 'af_{hex:64}', tenantsMax: 1000, scopes: Object.values(scopes), needs: scopes },
  authentication: auth.anyOf(auth.bearer(), auth.header('Authorization', { begins: 'af_' })),
  tokens: { tenants: 'companies', scopes: 'permissions' },
  tenantOf: auth.namedTenant({
    header: 'X-Company',
    missing: { kind: 'forbidden', needs: companyMissing },
    denied: { kind: 'forbidden', needs: companyDenied },
  }),
  // A bucket of 50,000 that refills with 500 every two minutes.
  quotas: { key: { all: '500/120s+49500' } },
  events: eventsOfA,
  testEvent: ({ id }) => ({ type: 'webhook.test', data: testData(id) }),
  // `plan: none`: the company's plan has no webhooks.
  tenantSettings: { family: ['A', 'B'], plan: ['enabled', 'none'] },
  // Family A is that of the reference pages, family B that of the concepts page.
  variants: {
    family: {
      B: {
        events: eventsOfB,
        body: json({
          id: delivery.id,
          event: event.type,
          created_at: event.occurredAt.isoSecondsOffset,
          data: event.data,
        }),
        headers: {
          'user-agent': 'Storno-Webhook/1.0',
          'x-webhook-event': event.type,
          'x-webhook-id': delivery.id,
          'x-webhook-signature': signed,
        },
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
    deliveriesCount: { is: 'status', shown: 'get', show: (status) => status.attempts },
    lastDeliveryAt: { is: 'status', shown: 'get', show: (status) => timeOf(status.lastAttemptAt) },
    lastDeliveryStatus: {
      is: 'newestDelivery',
      shown: 'get',
      words: { succeeded: 'success', failed: 'failed', pending: 'pending' },
    },
    createdAt: { is: 'createdAt', form: 'isoInSeconds' },
    updatedAt: { is: 'updatedAt', form: 'isoInSeconds' },
  },
  rules: { urlCharsMax: 2048, descriptionCharsMax: 255, wildcards: 'all', deletesHistory: true },
  routes: {
    'GET    /api/v1/webhooks/events': webhooks.eventTypes({
      operationId: 'listWebhookEvents',
      tenantless: true,
      needs: null,
      each: ({ name, description, category }) => ({ name, description, category }),
    }),
    'GET    /api/v1/webhooks': webhooks.list(),
    'POST   /api/v1/webhooks': webhooks.create({
      refusedStatus: 402,
      refuse: ({ settings }) => (settings['plan'] === 'none' ? { kind: 'forbidden', needs: planWithWebhooks } : null),
    }),
    'GET    /api/v1/webhooks/{uuid}': webhooks.get(),
    'PATCH  /api/v1/webhooks/{uuid}': webhooks.change({
      empty: 'must have at least one of url, events, description and isActive',
    }),
    'DELETE /api/v1/webhooks/{uuid}': webhooks.remove(),
    'POST   /api/v1/webhooks/{uuid}/regenerate-secret': webhooks.rotate({ operationId: 'regenerateWebhookSecret' }),
    'POST   /api/v1/webhooks/{uuid}/test': history.test({
      data: testData,
      each: (one) => ({
        deliveryUuid: one.id,
        status: statusOf(one),
        eventType: one.eventType,
        requestPayload: one.body,
        requestHeaders: history.withCapitals(one.requestHeaders),
        responseCode: one.statusCode,
        responseBody: one.response?.slice(0, 1024) ?? null,
        durationMs: one.durationMs,
        deliveredAt: timeOf(one.startedAt),
      }),
    }),
    'GET    /api/v1/webhooks/{uuid}/deliveries': history.list({
      sizeDefault: 20,
      sizeMax: 100,
      words,
      each: (one) => ({
        uuid: one.id,
        eventType: one.eventType,
        status: statusOf(one),
        responseCode: one.statusCode,
        durationMs: one.durationMs,
        deliveredAt: timeOf(one.startedAt),
        attempt: one.number,
      }),
      answer: (data, { total, page, size, pageCount }) => ({ data, total, page, limit: size, pages: pageCount }),
    }),
    'GET    /api/v1/webhooks/{uuid}/deliveries/{deliveryUuid}': history.get({
      each: (one) => ({
        uuid: one.id,
        webhookUuid: one.endpointId,
        eventType: one.eventType,
        status: statusOf(one),
        attempt: one.number,
        requestUrl: one.url,
        requestMethod: 'POST',
        requestHeaders: history.withCapitals(one.requestHeaders),
        requestPayload: one.body,
        responseCode: one.statusCode,
        responseHeaders: history.withCapitals(one.responseHeaders),
        responseBody: one.response,
        durationMs: one.durationMs,
        errorMessage: errorOf(one),
        deliveredAt: timeOf(one.startedAt),
        nextRetryAt: timeOf(one.nextAt),
      }),
    }),
  },
  errors: errors.own<{ error: string }>({
    otherwise: { error: 'Bad request' },
    'unauthenticated:missing': unauthenticated('JWT Token not found'),
    'unauthenticated:expired': unauthenticated('Expired JWT Token'),
    unauthenticated: unauthenticated('Invalid JWT Token'),
    [`forbidden:${companyMissing}`]: said(
      'Company context required',
      'The X-Company header is required for this endpoint.',
    ),
    [`forbidden:${companyDenied}`]: said('Access denied', 'You do not have access to this company.'),
    [`forbidden:${planWithWebhooks}`]: {
      status: 402,
      body: { error: 'Webhooks are not available on your plan.', code: 'PLAN_LIMIT' },
    },
    forbidden: said('Access denied', 'Insufficient permissions — requires {needs} permission'),
    // A token may name a company that does not exist. The answer is the same as for another customer's company.
    'notFound:tenant': { status: 403, ...said('Access denied', 'You do not have access to this company.') },
    'notFound:delivery': said('Not found', 'Webhook delivery not found for this endpoint'),
    notFound: said('Not found', 'Webhook endpoint not found for this company'),
    routeUnknown: said('Not found', 'No route found for "{method} {path}"'),
    methodNotAllowed: ({ method, allowed }) =>
      said('Method not allowed', `Method ${method} is not allowed here (allowed: ${allowed.join(', ')})`),
    mediaTypeUnsupported: said('Unsupported media type', 'The request body must be sent as application/json'),
    bodyMalformed: said('Invalid JSON', 'The request body could not be read: {detail}'),
    bodyTooLarge: said('Payload too large', 'The request body must have at most {bytesMax} bytes'),
    invalid: ({ where, fields }) => {
      const status = where === 'query' || fields.every(breaksBusinessRule) ? 422 : 400
      const messages = fields.toReversed().map((fault) => [fault.field.split('.')[0], messageOf(fault)])
      const message = 'The request contains invalid data'
      return {
        status,
        body: { error: 'Validation failed', message, code: status, errors: Object.fromEntries(messages) as object },
      }
    },
    'conflict:endpoint_disabled': {
      status: 422,
      ...said('Webhook is inactive', 'Activate the webhook before sending a test delivery'),
    },
    conflict: said('Conflict', '{detail}'),
    tooManyRequests: { body: { error: 'Too many requests. Please try again later.' } },
    loopDetected: said('Loop detected', 'This request is a delivery of a webhook'),
    unavailable: { error: 'Service unavailable' },
    requestUnreadable: said('Unreadable request', 'The request could not be read: {detail}'),
    internal: said('Internal server error', 'Something went wrong on our side'),
    body: ({ status, error, message }) => ({ error, message, code: status }),
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
      'x-storno-signature': text('sha256=', signed),
    },
    secrets: secrets.text({
      form: 'whsec_{hex:64}',
      // The prefix is optional: the vendor's server generates secrets without it.
      fault: (secret) => (/^(?:whsec_)?[0-9a-f]{64}$/.test(secret) ? null : 'must be whsec_ and 64 hex digits'),
    }),
    timeout: '10s',
    // Three attempts in six minutes. The vendor's table gives exact times.
    waits: '1m 5m',
    exactWaits: true,
    retriesTests: false,
  },
})

function said(error: string, message: string) {
  return { error, message }
}

function unauthenticated(message: string) {
  return { headers: { 'www-authenticate': 'Bearer' }, body: { code: 401, message } }
}

function errorOf({ outcome, reason }: AttemptFacts): string | null {
  if (outcome === null) return reason
  if (outcome.kind === 'timedOut') return 'Endpoint did not respond within 10 seconds'
  if ('status' in outcome) return `Endpoint returned non-2xx status: ${outcome.status}`
  return `Endpoint could not be reached: ${outcome.error}`
}

// The vendor answers 422 to a well-formed value that it does not accept, and 400 to a malformed value.
function breaksBusinessRule(fault: Fault): boolean {
  return isSchemeFault(fault) || isUnknownEvent(fault)
}

function isSchemeFault({ field, rule, expected }: Fault): boolean {
  return field === 'url' && rule === 'format' && expected !== undefined
}

function isUnknownEvent({ field, rule }: Fault): boolean {
  return field.startsWith('events.') && rule === 'choice'
}

// The messages of faults are in the style of the framework that the vendor's example shows.
function messageOf(fault: Fault): string {
  if (isSchemeFault(fault)) return 'A valid HTTPS URL is required.'
  if (isUnknownEvent(fault)) return `Invalid event type: ${String(fault.value)}`
  if (Array.isArray(fault.value) && fault.value.length === 0) return 'At least one event type is required.'
  return errors.symfonyText(fault)
}
