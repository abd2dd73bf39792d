// The examples of the vendor's pages. Sources: README.md in this folder.

import type { Examples } from 'posthorn/dialect'

const webhook = {
  id: 1,
  url: 'https://example.com/webhook',
  event_type: 'business_created',
  created_at: '2024-11-27T16:10:44.929678Z',
  updated_at: '2024-11-27T16:10:44.929678Z',
  org_id: 1,
  custom_headers: { 'X-My-Header': 'my-value', 'X-Auth-Token': 'secret-token' },
}
const { url, event_type, custom_headers } = webhook
const events = [
  'business_created',
  'business_updated',
  'business_deleted',
  'message_updated',
  'message_created',
  'lead_received',
]

const error = (status: number, json: unknown) => ({ status, body: { errors: { json } } })
const unauthenticated = { status: 401, body: { errors: { authentication: 'User not authenticated' } } }

/** A create that is refused. */
function refused(body: object, words: object) {
  return {
    route: 'POST /v2/webhooks',
    body: { items: [{ url, event_type, ...body }] },
    answer: error(400, { items: { 0: words } }),
  }
}

const noText = 'must be a string'
const badName = 'must begin with X-, must not begin with X-Partoo, and must be a header name'
const header = (name: string, value: unknown, words: string) =>
  refused({ custom_headers: { [name]: value } }, { custom_headers: { [name]: words } })
const six = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`X-${index}`, 'v']))

export const examples: Examples = {
  requests: [
    { route: 'GET /v2/webhooks/{webhook_id}', answer: { status: 200, body: webhook } },
    {
      route: 'GET /v2/webhooks',
      query: 'page=1&per_page=30',
      answer: { status: 200, body: { page: 1, max_page: 1, count: 1, items: [webhook] } },
    },
    {
      route: 'GET /v2/webhooks',
      query: 'page=2&per_page=1',
      answer: { status: 200, body: { page: 2, max_page: 1, count: 0, items: [] }, varies: ['count'] },
    },
    { route: 'GET /v2/webhooks/events', answer: { status: 200, body: events } },
    {
      route: 'POST /v2/webhooks',
      headers: { 'x-APIKey': '{key}' },
      body: { items: [{ url, event_type, custom_headers }] },
      answer: { status: 200, body: { items: [webhook] } },
    },
    {
      route: 'PUT /v2/webhooks/{webhook_id}',
      body: { custom_headers: { 'X-A': 'b' } },
      answer: { status: 200, body: { ...webhook, custom_headers: { 'X-A': 'b' } } },
    },
    {
      route: 'DELETE /v2/webhooks/{webhook_id}',
      answer: { status: 200, body: { id: 1, status: 'success' }, varies: ['id'] },
    },
    { route: 'GET /v2/webhooks/{webhook_id}', absentId: '1', answer: error(404, 'Resource not found') },
    { route: 'GET /v2/webhooks/{webhook_id}', absentId: '1', key: 'none', answer: unauthenticated },
    { route: 'GET /v2/webhooks', headers: { Authorization: 'Bearer {key}' }, answer: unauthenticated },
    refused({ url: undefined, event_type: undefined }, { url: 'is required', event_type: 'is required' }),
    refused({ url: 5 }, { url: noText }),
    refused({ url: '' }, { url: 'must be a valid url' }),
    refused({ url: url.padEnd(2049, 'a') }, { url: 'must not have more than 2048 characters' }),
    refused({ url: 'https://a:b@example.com/' }, { url: 'must not contain credentials' }),
    refused({ url: 'https://example.com/#part' }, { url: 'must not contain a fragment' }),
    refused({ url: 'https://10.0.0.1/' }, { url: 'must be publicly reachable: 10.0.0.1 is a private address' }),
    refused({ event_type: ['business_created'] }, { event_type: noText }),
    refused({ event_type: 'x' }, { event_type: { explanation: 'x is an incorrect value', choices: events } }),
    refused({ custom_headers: 'X-A: b' }, { custom_headers: 'must be an object' }),
    refused({ custom_headers: six }, { custom_headers: 'must not have more than 5 properties' }),
    ...['A', 'Authorization', 'x-partoofoo', 'X-a b', 'X-é'].map((name) => header(name, 'v', badName)),
    header('X-'.padEnd(129, 'a'), 'v', 'must not have more than 128 characters'),
    header('X-A.B', 'v'.repeat(513), 'must not have more than 512 characters'),
    header('X-A', 5, noText),
    header('X-A', 'line\r\nbreak', 'must not have control characters'),
    refused({ custom_headers: { 'X-A': '1', 'x-a': '2' } }, { custom_headers: { 'x-a': 'is given twice' } }),
  ],
  errors: {
    'unauthenticated:revoked': unauthenticated,
    'forbidden:a role with access': { status: 403, body: { errors: { authorization: 'Operation not allowed' } } },
    'notFound:tenant': error(404, 'Resource not found'),
    routeUnknown: error(404, 'Resource not found'),
    methodNotAllowed: error(405, 'Method not allowed'),
    mediaTypeUnsupported: error(415, 'Unsupported media type. Please use application/json'),
    bodyMalformed: error(400, 'Invalid JSON body: it is so'),
    bodyTooLarge: error(413, 'Request body is larger than 1000 bytes'),
    'conflict:changed_meanwhile': error(409, 'it is so'),
    'conflict:endpoint_exists': error(400, { event_type: 'already exists' }),
    tooManyRequests: { ...error(429, 'Too many requests'), headers: { 'Retry-After': '1' } },
    loopDetected: error(508, 'Loop detected: this request is a delivery of a webhook'),
    unavailable: { ...error(503, 'Service unavailable'), headers: { 'Retry-After': '1' } },
    internal: error(500, 'Internal server error'),
  },
  deliveries: [
    {
      // No type of the catalogue: the data of this example is made up.
      event: { type: 'example.happened', data: '{"id":1,"score":1.0}' },
      // The key of the first test of RFC 8032.
      secret:
        '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n',
      body: '{"type":"example.happened","payload":{"id":1,"score":1.0}}',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Partoo-Webhooks/1.0',
        // openssl pkeyutl -sign -rawin
        'x-partoo-signature-v1':
          'O6thTl8vt4jOVVFf0kQ02f7GjD5d8pgKFRI7L0n3yYludSDqoFzB9vy3z+dCdV28D/f7BBuxRbJQSWQmmCM1Dg==',
      },
      isComplete: true,
    },
  ],
  retries: {
    attempts: 6,
    timeout: '10s',
    waits: '1m 2m 4m 8m 16m',
    ends: [300, 301, 400, 401, 403, 404, 408, 410, 422, 429, 499],
  },
  forms: { tenant: '1', event: 'evt_01JZ8S7T5QWM2N4P6R8X', key: '0123456789abcdefghijABCDEFGHIJ0123456789' },
}
