// The examples of the vendor's pages. Sources: README.md in this folder.

import type { Examples } from 'posthorn/dialect'

const webhook = {
  id: 'whk_c9v3nz8rq4pm',
  url: 'https://yourapp.com/webhooks/dialnexa',
  events: ['call.completed', 'call.failed'],
  is_active: true,
  created_at: '2024-04-01T08:00:00.000Z',
}
const { url, events } = webhook
const secret = 'whsec_my_signing_secret'

function error(statusCode: number, name: string, message: string | readonly string[]) {
  return { status: statusCode, body: { statusCode, message, error: name } }
}

/** A create that is refused. */
function refused(body: object, ...messages: readonly string[]) {
  const message = messages.length === 1 ? String(messages[0]) : messages
  return {
    route: 'POST /v1/user-webhooks',
    body: { url, events, secret, ...body },
    answer: error(400, 'Bad Request', message),
  }
}

export const examples: Examples = {
  requests: [
    { route: 'GET /v1/user-webhooks/{id}', answer: { status: 200, body: webhook } },
    {
      route: 'POST /v1/user-webhooks',
      headers: { Authorization: 'Bearer {key}' },
      body: { url, events, secret },
      answer: { status: 201, body: { ...webhook, secret } },
    },
    {
      route: 'PATCH /v1/user-webhooks/{id}',
      body: { is_active: false },
      answer: { status: 200, body: { ...webhook, is_active: false } },
    },
    {
      route: 'GET /v1/user-webhooks',
      query: 'limit=20',
      answer: { status: 200, body: { data: [webhook], meta: { page: 1, limit: 20, total: 1, totalPages: 1 } } },
    },
    {
      route: 'DELETE /v1/user-webhooks/{id}',
      answer: { status: 200, body: { message: 'Webhook deleted.' } },
    },
    ...['{key}', 'Api-Key {key}', 'Basic {key}'].map((authorization) => ({
      route: 'GET /v1/user-webhooks',
      headers: { authorization },
      answer: error(401, 'Unauthorized', 'Unauthorized'),
    })),
    refused(
      { url: undefined, events: undefined, secret: undefined },
      'url should not be empty',
      'events should not be empty',
      'secret should not be empty',
    ),
    refused({ url: 5 }, 'url must be a valid URL'),
    refused({ url: 'https://example.com\\a' }, 'url must be a valid URL'),
    refused({ url: 'https://a:b@example.com/' }, 'url must not contain credentials'),
    refused({ url: 'https://example.com/#part' }, 'url must not contain a fragment'),
    refused({ url: url.padEnd(2049, 'a') }, 'url must be shorter than or equal to 2048 characters'),
    refused({ events: null }, 'events must be an array'),
    refused({ events: [] }, 'events should not be empty'),
    refused({ events: Array<string>(101).fill('a') }, 'events must contain no more than 100 elements'),
    refused({ events: ['', 5] }, 'each value in events should not be empty', 'each value in events must be a string'),
    refused({ events: ['e'.repeat(129)] }, 'each value in events must be shorter than or equal to 128 characters'),
    refused(
      { events: ['call.*'] },
      'each value in events must be an event name of no more than 128 characters, without wildcards',
    ),
    refused({ secret: 5 }, 'secret must be a string'),
    refused({ secret: '' }, 'secret should not be empty'),
    refused({ secret: 's'.repeat(257) }, 'secret must be shorter than or equal to 256 characters'),
    refused({ is_active: 1 }, 'is_active must be a boolean value'),
  ],
  errors: {
    'unauthenticated:missing': error(401, 'Unauthorized', 'Unauthorized'),
    'unauthenticated:expired': error(401, 'Unauthorized', 'Unauthorized'),
    'forbidden:webhooks.read': error(403, 'Forbidden', 'You do not have permission to access this resource'),
    notFound: error(404, 'Not Found', 'Webhook not found'),
    routeUnknown: error(404, 'Not Found', 'Cannot GET /x'),
    methodNotAllowed: error(404, 'Not Found', 'Cannot GET /x'),
    mediaTypeUnsupported: error(415, 'Unsupported Media Type', 'Unsupported Media Type'),
    bodyTooLarge: error(413, 'Payload Too Large', 'request entity too large'),
    'conflict:too_many_endpoints': error(409, 'Conflict', 'A workspace can have no more than 1000 webhooks'),
    'conflict:endpoints_too_large': error(409, 'Conflict', 'The webhooks of this workspace are too large in all'),
    'conflict:changed_meanwhile': error(409, 'Conflict', 'The webhook was changed meanwhile'),
    tooManyRequests: {
      ...error(429, 'Too Many Requests', 'Too many requests. Please slow down and retry after a moment.'),
      headers: { 'Retry-After': '1' },
    },
    loopDetected: error(508, 'Loop Detected', 'This request is a delivery of a webhook'),
    unavailable: { ...error(503, 'Service Unavailable', 'Service Unavailable'), headers: { 'Retry-After': '1' } },
    internal: error(500, 'Internal Server Error', 'Internal server error'),
  },
  deliveries: [
    {
      // No type of the catalogue: the data of this example is made up.
      event: { type: 'example.happened', data: '{"call":{"id":"call_abc123xyz"}}' },
      // The second secret is an old one.
      secret: [secret, 'whsec_old'],
      body: '{"event_type":"example.happened","payload":{"call":{"id":"call_abc123xyz"}}}',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'DialNexa-External-Webhook/1.0',
        // printf '%s' "$body" | openssl dgst -sha256 -hmac whsec_my_signing_secret
        'X-DialNexa-Signature': 'sha256=b831c0107fd877eae2a7a061bff70ff7d7ccc8c50cd862fbf9c95a0e5ad8aebd',
      },
      isComplete: true,
    },
  ],
  retries: { attempts: 4, timeout: '5s', waits: '1m 5m 15m', ends: [] },
  forms: {
    event: 'evt_01JZ8S7T5QWM2N4P6R8X',
    key: 'a1b2c3d4e5f6g7:0123456789abcdefghijklmnopqrstuv',
    secret: 'whsec_0123456789abcdefghijklmnopqrstuv',
  },
}
