// Allo. Sources, and where this file departs from them: README.md in this folder.

import { auth, defineDialect, errors, event, health, json, secrets, sign, webhooks, type Fault } from 'posthorn/dialect'
import { examples } from './examples.ts'

const scope = 'WEBHOOKS_READ_WRITE'
const docs = 'https://help.withallo.com/en/v2/api-reference/guides/error-handling'

const errorTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  429: 'rate_limit_error',
}
const badBody = { code: 'INVALID_REQUEST_BODY' }

const isUnknownTopic = ({ field, rule }: Fault): boolean => field.startsWith('topics.') && rule === 'choice'

export default defineDialect({
  name: 'allo',
  title: 'Allo',
  api: { title: 'Allo API: webhooks', version: '1.0.0', prefixes: ['/v2/api'] },
  ids: { tenant: 'team-{base62:12}', endpoint: 'ep_{base62:20}', event: 'msg_{time:20}' },
  keys: {
    form: 'ak_live_{base62:40}',
    scopes: `CONVERSATIONS_READ CONTACTS_READ CONTACTS_READ_WRITE SMS_SEND ${scope} PHONE_NUMBERS_READ USERS_READ
      TAGS_READ TAGS_WRITE BILLING DIALING_QUEUE_READ_WRITE PARTNER`.split(/\s+/),
    defaultScopes: [scope],
    needs: { read: scope, write: scope },
  },
  // `Api-Key <key>` or the bare key. A header with another scheme has no API key.
  authentication: auth.header('Authorization', { scheme: 'Api-Key', bare: true }),
  quotas: { key: { reads: '20/1s', writes: '5/1s' } },
  quotaHeaders: 'x-ratelimit',
  idempotencyKeys: true,
  events: {
    'call.received': 'Inbound call received',
    'call.triggered': 'Outbound call triggered',
    'call.answered': 'Call answered',
    'call.completed': 'Call completed',
    'tag.added': 'Tag added to a call',
    'tag.removed': 'Tag removed from a call',
    'sms.received': 'Inbound sms received',
    'sms.sent': 'Outbound sms sent',
    'contact.created': 'Contact created',
    'contact.updated': 'Contact updated',
    'summary.updated': 'Call summary updated',
  },
  testEvent: ({ eventTypes: [type = 'call.received'] }) => ({ type, data: { test: true } }),
  endpoint: {
    id: { is: 'id', schema: { description: 'Unique id of the webhook endpoint.' } },
    url: { is: 'url', on: 'create! change', schema: { format: 'uri', description: 'HTTPS URL, publicly reachable.' } },
    topics: { is: 'eventTypes', known: true, on: 'create! change', schema: { minItems: 1 } },
    description: { is: 'description', on: 'create change', nullable: true },
    enabled: { is: 'enabled', on: 'change' },
    signing_secret: { is: 'secret', shown: 'create get' },
    created_at: { is: 'createdAt', form: 'isoInSeconds' },
  },
  rules: { deletesHistory: true },
  routes: {
    'GET    /v2/api/webhooks/event_types': webhooks.eventTypes({ wrap: 'data' }),
    'GET    /v2/api/webhooks': webhooks.list({ wrap: 'data' }),
    'POST   /v2/api/webhooks': webhooks.create({ wrap: 'data' }),
    'GET    /v2/api/webhooks/{webhook_id}': webhooks.get({ wrap: 'data' }),
    'PUT    /v2/api/webhooks/{webhook_id}': webhooks.change({ wrap: 'data' }),
    'DELETE /v2/api/webhooks/{webhook_id}': webhooks.remove(),
  },
  errors: errors.own<{ code: string; retryable?: boolean; param?: string }>({
    otherwise: { code: 'INVALID_REQUEST' },
    'unauthenticated:missing': {
      code: 'UNAUTHORIZED',
      message: 'Provide an API key: Authorization: Api-Key <your-key>.',
    },
    'unauthenticated:revoked': { code: 'API_KEY_REVOKED', message: 'The API key was revoked.' },
    unauthenticated: { code: 'API_KEY_INVALID', message: 'The API key is invalid or does not exist.' },
    forbidden: {
      code: 'API_KEY_INSUFFICIENT_SCOPE',
      message: 'This API key does not have the {needs} scope. Create a key that has it.',
    },
    notFound: { code: 'WEBHOOK_NOT_FOUND', message: "No webhook found with ID '{id}'.", param: 'webhook_id' },
    routeUnknown: { code: 'ENDPOINT_NOT_FOUND', message: 'There is no {method} {path}. Check the URL and the method.' },
    methodNotAllowed: { code: 'METHOD_NOT_ALLOWED' },
    mediaTypeUnsupported: { code: 'UNSUPPORTED_MEDIA_TYPE' },
    bodyMalformed: badBody,
    bodyTooLarge: badBody,
    invalid({ fields }) {
      const unknown = fields.find(isUnknownTopic)
      const texts = fields.map(({ field, message }) => `${field}: ${message}`)
      return {
        code: unknown === undefined ? 'INVALID_REQUEST_BODY' : 'INVALID_EVENT_TYPE',
        message: `Invalid request. ${texts.join('; ')}.`,
        param: (unknown ?? fields[0])?.field.split('.')[0] ?? '',
      }
    },
    // These are our own limits. A retry would hit them again, so the error is not a retryable conflict.
    'conflict:too_many_endpoints': { ...badBody, status: 400 },
    'conflict:endpoints_too_large': { ...badBody, status: 400 },
    'conflict:idempotency_key_reused': { code: 'IDEMPOTENCY_KEY_REUSE' },
    'conflict:idempotency_body_differs': { status: 422, code: 'IDEMPOTENCY_KEY_REUSE' },
    conflict: { code: 'OTHER_TRANSACTION_IN_PROGRESS', retryable: true },
    tooManyRequests: {
      code: 'RATE_LIMIT_EXCEEDED',
      message: 'You have exceeded the rate limit of {limit} requests per second.',
      retryable: true,
    },
    loopDetected: { code: 'LOOP_DETECTED' },
    unavailable: { code: 'INTERNAL_SERVER_ERROR', retryable: true },
    internal: { code: 'INTERNAL_SERVER_ERROR', retryable: true },
    body: ({ status, code, message, retryable = false, request, param, faults, retryAfterSeconds }) => ({
      error: {
        type: errorTypes[status] ?? (status < 500 ? 'validation_error' : 'server_error'),
        code,
        message,
        retryable,
        request_id: request.id,
        doc_url: `${docs}#${code}`,
        ...(param !== undefined && { param }),
        ...(faults.length > 0 && {
          errors: faults.map((fault) => ({ field: fault.field, code: faultCode(fault), message: fault.message })),
        }),
        ...(retryAfterSeconds !== null && { retry_after_seconds: retryAfterSeconds }),
      },
    }),
  }),
  deliveries: {
    // The timestamp is the event's time, not the time of sending: the body must be the same on every attempt.
    body: json({ topic: event.type, version: '2.0', timestamp: event.occurredAt.iso, data: event.data }),
    headers: { 'user-agent': 'Allo-Webhooks/2.0', ...sign.standardWebhooks() },
    secrets: secrets.standard,
    timeout: '20s',
    // Eight attempts over 27 h 35 min. The vendor gives approximate times, so waits may have jitter.
    waits: '5s 5m 30m 2h 5h 10h 10h',
    // Several deliveries fail within 24 h, and then every attempt fails for five days.
    health: health.armedStreak({ span: '12h', within: '1d', disableAfter: '5d' }),
  },
  examples,
})

function faultCode(fault: Fault): string {
  if (fault.rule === 'required') return 'REQUIRED'
  return isUnknownTopic(fault) ? 'INVALID_EVENT_TYPE' : 'INVALID_VALUE'
}
