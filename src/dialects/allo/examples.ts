// The examples of the vendor's pages. Sources: README.md in this folder.

import type { Examples } from 'posthorn/dialect'

const webhook = {
  id: 'ep_2NfDKEm9sF8xK3pQr1Zt',
  url: 'https://example.com/webhooks/allo',
  topics: ['call.received', 'sms.received'],
  description: 'Production event stream',
  enabled: true,
  signing_secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  created_at: '2026-04-21T14:30:00Z',
}
const { url, topics, description, signing_secret: secret, ...rest } = webhook
const shown = { url, topics, description, ...rest }

const topicNames = `call.received call.triggered call.answered call.completed tag.added tag.removed sms.received sms.sent
  contact.created contact.updated summary.updated`

const docs = 'https://help.withallo.com/en/v2/api-reference/guides/error-handling'

function error(status: number, type: string, code: string, message: string, retryAfter?: number, retryable = false) {
  const doc = { retryable, request_id: 'x', doc_url: `${docs}#${code}` }
  const wait = retryAfter === undefined ? {} : { retry_after_seconds: retryAfter }
  return {
    status,
    body: { error: { type, code, message, ...doc, ...wait } },
    ...(retryAfter !== undefined && { headers: { 'Retry-After': String(retryAfter) } }),
  }
}

/** A create that is refused, with the codes of its faults by field. */
function refused(body: object, code: string, param: string, faults: Readonly<Record<string, string>>) {
  const errors = Object.entries(faults).map(([field, fault]) => ({ field, code: fault, message: '' }))
  const { body: expected } = error(400, 'validation_error', code, '')
  const varies = ['error.message', 'error.request_id', 'error.errors.message']
  return {
    route: 'POST /v2/api/webhooks',
    body: { url, topics, ...body },
    answer: { status: 400, body: { error: { ...expected.error, param, errors } }, varies },
  }
}

const badBody = 'INVALID_REQUEST_BODY'
const unknownTopic = 'INVALID_EVENT_TYPE'

export const examples: Examples = {
  requests: [
    { route: 'GET /v2/api/webhooks/{webhook_id}', answer: { status: 200, body: { data: webhook } } },
    { route: 'GET /v2/api/webhooks', answer: { status: 200, body: { data: [shown] } } },
    {
      route: 'POST /v2/api/webhooks',
      headers: { Authorization: 'Api-Key {key}' },
      body: { url, topics, description },
      answer: { status: 201, body: { data: webhook } },
    },
    {
      route: 'POST /v2/api/webhooks',
      headers: { Authorization: '{key}' },
      body: { url, topics },
      answer: { status: 201, body: { data: { ...webhook, description: null } } },
    },
    {
      route: 'PUT /v2/api/webhooks/{webhook_id}',
      body: { enabled: false },
      answer: { status: 200, body: { data: { ...shown, enabled: false } } },
    },
    { route: 'DELETE /v2/api/webhooks/{webhook_id}', answer: { status: 204 } },
    {
      route: 'GET /v2/api/webhooks/event_types',
      answer: {
        status: 200,
        body: { data: topicNames.split(/\s+/).map((name) => ({ name, description: '' })) },
        varies: ['data.description'],
      },
    },
    {
      route: 'GET /v2/api/webhooks',
      headers: { Authorization: 'Bearer {key}' },
      answer: {
        ...error(401, 'authentication_error', 'UNAUTHORIZED', ''),
        varies: ['error.message', 'error.request_id'],
      },
    },
    refused({ url: undefined }, badBody, 'url', { url: 'REQUIRED' }),
    refused({ topics: undefined }, badBody, 'topics', { topics: 'REQUIRED' }),
    refused({ url: 'ftp://example.com' }, badBody, 'url', { url: 'INVALID_VALUE' }),
    refused({ url: 'https://example.com/#part' }, badBody, 'url', { url: 'INVALID_VALUE' }),
    refused({ topics: [] }, badBody, 'topics', { topics: 'INVALID_VALUE' }),
    refused({ topics: ['sms.sent', 5] }, badBody, 'topics', { 'topics.1': 'INVALID_VALUE' }),
    refused({ topics: ['sms.sent', 'x'] }, unknownTopic, 'topics', { 'topics.1': unknownTopic }),
    refused({ description: 'd'.repeat(1025) }, badBody, 'description', { description: 'INVALID_VALUE' }),
  ],
  errors: {
    'unauthenticated:missing': error(
      401,
      'authentication_error',
      'UNAUTHORIZED',
      'Provide an API key: Authorization: Api-Key <your-key>.',
    ),
    'unauthenticated:unknown': error(
      401,
      'authentication_error',
      'API_KEY_INVALID',
      'The API key is invalid or does not exist.',
    ),
    'unauthenticated:revoked': error(401, 'authentication_error', 'API_KEY_REVOKED', 'The API key was revoked.'),
    'forbidden:WEBHOOKS_READ_WRITE': error(
      403,
      'permission_error',
      'API_KEY_INSUFFICIENT_SCOPE',
      'This API key does not have the WEBHOOKS_READ_WRITE scope. Create a key that has it.',
    ),
    routeUnknown: error(
      404,
      'not_found_error',
      'ENDPOINT_NOT_FOUND',
      'There is no GET /x. Check the URL and the method.',
    ),
    methodNotAllowed: error(405, 'validation_error', 'METHOD_NOT_ALLOWED', 'GET is not allowed here. Allowed: .'),
    mediaTypeUnsupported: error(415, 'validation_error', 'UNSUPPORTED_MEDIA_TYPE', 'Send the request body as .'),
    bodyTooLarge: error(413, 'validation_error', badBody, 'The request body is larger than 1000 bytes.'),
    'conflict:idempotency_key_reused': error(409, 'conflict_error', 'IDEMPOTENCY_KEY_REUSE', 'It is so.'),
    'conflict:idempotency_body_differs': error(422, 'validation_error', 'IDEMPOTENCY_KEY_REUSE', 'It is so.'),
    'conflict:too_many_endpoints': error(400, 'validation_error', badBody, 'It is so.'),
    'conflict:changed_meanwhile': error(
      409,
      'conflict_error',
      'OTHER_TRANSACTION_IN_PROGRESS',
      'It is so.',
      undefined,
      true,
    ),
    tooManyRequests: error(
      429,
      'rate_limit_error',
      'RATE_LIMIT_EXCEEDED',
      'You have exceeded the rate limit of 20 requests per second.',
      1,
      true,
    ),
    internal: error(500, 'server_error', 'INTERNAL_SERVER_ERROR', 'Something went wrong on our side.', undefined, true),
  },
  deliveries: [
    {
      event: {
        // No type of the catalogue: the data of this example is made up.
        type: 'example.happened',
        data: '{"id":"cll_1","price":1.0}',
        id: 'msg_2NfDKEm9sF8xK3pQr1Zt',
        occurredAt: '2026-04-21T14:30:00.089Z',
      },
      secret,
      sentAt: '2026-04-21T14:30:01Z',
      body: '{"topic":"example.happened","version":"2.0","timestamp":"2026-04-21T14:30:00.089Z","data":{"id":"cll_1","price":1.0}}',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Allo-Webhooks/2.0',
        'webhook-id': 'msg_2NfDKEm9sF8xK3pQr1Zt',
        'webhook-timestamp': '1776781801',
        'webhook-signature': 'v1,oVRCE4hDMVI8jfSTgfdoqa2+8A9oFJvHgglh1KxkXDQ=',
      },
      isComplete: true,
    },
  ],
  retries: { attempts: 8, timeout: '20s', waits: '5s 5m 30m 2h 5h 10h 10h', ends: [] },
  forms: {
    event: 'msg_2NfDKEm9sF8xK3pQr1Zt',
    key: 'ak_live_0123456789012345678901234567890123456789',
    secret,
  },
}
