// The examples of the vendor's pages. Sources: README.md in this folder.

import type { Examples } from 'posthorn/dialect'

const webhook = {
  webhookId: '3c90c3cc-8d44-4b50-8888-8dd25736052a',
  agentId: null,
  created: '2023-11-07T05:31:56.123456Z',
  url: 'https://your-server.com/webhook',
  secrets: ['your-webhook-secret'],
  events: ['call.started', 'call.ended'],
  status: 'normal',
  lastStatusChange: null,
  recentFailures: [],
}
const { url, secrets, events } = webhook
const agentId = '3c90c3cc-0d44-4b50-8888-8dd25736052a'

const error = (status: number, detail: string) => ({ status, body: { detail } })
const none = error(403, 'Authentication credentials were not provided.')

/** A create that is refused. */
function refused(body: object, answer: object) {
  return { route: 'POST /api/webhooks', body: { url, events, ...body }, answer: { status: 400, body: answer } }
}

const required = ['This field is required.']
const nullRefused = ['This field may not be null.']
const invalidUrl = ['Enter a valid URL.']
const noText = ['Not a valid string.']
const noUuid = ['Must be a valid UUID.']
const noList = (type: string) => [`Expected a list of items but got type "${type}".`]
const noChoice = (text: string) => [`"${text}" is not a valid choice.`]
const tooMany = (count: number, what: string) => [`Ensure this field has no more than ${count} ${what}.`]

export const examples: Examples = {
  requests: [
    {
      route: 'POST /api/webhooks',
      headers: { 'X-API-Key': '{key}' },
      body: { url, events, secrets },
      answer: { status: 201, body: webhook },
    },
    { route: 'GET /api/webhooks/{webhook_id}', answer: { status: 200, body: webhook } },
    {
      route: 'GET /api/webhooks',
      query: 'pageSize=1',
      answer: { status: 200, body: { next: null, previous: null, results: [webhook], total: 1 } },
    },
    {
      route: 'PATCH /api/webhooks/{webhook_id}',
      body: { agentId },
      answer: { status: 200, body: { ...webhook, agentId } },
    },
    { route: 'DELETE /api/webhooks/{webhook_id}', answer: { status: 204 } },
    { route: 'GET /api/webhooks/{webhook_id}', absentId: 'x', answer: error(404, 'Not found.') },
    { route: 'GET /api/webhooks', key: 'unknown', answer: error(403, 'Invalid API key') },
    { route: 'GET /api/webhooks', headers: { Authorization: 'Bearer {key}' }, answer: none },
    { route: 'GET /api/webhooks', headers: { Authorization: 'Api-Key {key}' }, answer: none },
    refused({ url: undefined, events: undefined }, { url: required, events: required }),
    refused({ url: null }, { url: nullRefused }),
    refused({ url: 5 }, { url: invalidUrl }),
    refused({ url: true }, { url: noText }),
    refused({ url: '' }, { url: ['This field may not be blank.'] }),
    refused({ url: url.padEnd(201, 'a') }, { url: tooMany(200, 'characters') }),
    refused({ url: 'https://example.com/straße' }, { url: invalidUrl }),
    refused({ url: 'https://a:b@example.com/' }, { url: ['Must not contain credentials.'] }),
    refused({ events: 'call.started' }, { events: noList('str') }),
    refused({ events: 1.5 }, { events: noList('float') }),
    refused({ events: { 0: 'call.started' } }, { events: noList('dict') }),
    refused({ events: Array<string>(101).fill('call.started') }, { events: tooMany(100, 'elements') }),
    refused({ events: ['a', 'call.ended', false] }, { events: { 0: noChoice('a'), 2: noChoice('False') } }),
    refused({ events: [null] }, { events: { 0: nullRefused } }),
    refused({ secrets: ['s', '🎺'.repeat(121)] }, { secrets: { 1: tooMany(120, 'characters') } }),
    refused({ secrets: [''] }, { secrets: { 0: ['This field may not be blank.'] } }),
    refused({ secrets: ['\ud83d'] }, { secrets: { 0: ['Must be well-formed Unicode text.'] } }),
    refused({ secrets: Array<string>(11).fill('secret') }, { secrets: tooMany(10, 'elements') }),
    refused({ agentId: 'agent-1' }, { agentId: noUuid }),
    refused({ agentId: 5 }, { agentId: noUuid }),
  ],
  errors: {
    'unauthenticated:missing': none,
    'unauthenticated:revoked': error(403, 'Invalid API key'),
    forbidden: error(403, 'You do not have permission to perform this action.'),
    routeUnknown: error(404, 'Not found.'),
    methodNotAllowed: error(405, 'Method "GET" not allowed.'),
    mediaTypeUnsupported: error(415, 'Unsupported media type "" in request.'),
    bodyTooLarge: error(413, 'Request body is larger than 1000 bytes.'),
    tooManyRequests: {
      ...error(429, 'Request was throttled. Expected available in 1 second.'),
      headers: { 'Retry-After': '1' },
    },
    loopDetected: error(508, 'Loop detected: this request is a delivery of a webhook.'),
  },
  deliveries: [
    {
      // No type of the catalogue: the data of this example is made up.
      event: { type: 'example.happened', data: '{"callId":"3c90c3cc-0d44-4b50-8888-8dd25736052a"}' },
      secret: ['your-webhook-secret', 'second-secret'],
      sentAt: '2026-01-02T03:04:05.678Z',
      body: '{"event":"example.happened","call":{"callId":"3c90c3cc-0d44-4b50-8888-8dd25736052a"}}',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Webhooks/1.0',
        'X-Ultravox-Webhook-Timestamp': '2026-01-02T03:04:05.678000+00:00',
        'X-Ultravox-Webhook-Signature':
          'ce0b6610d3f53fb8cd9115f06b32a1d4a18b01f3fe54f869bf349142800baef7,' +
          'e442d75deb9f33613abf6b4343f3c0088cc9ce12fb653bd3cc82e83bc4990664',
      },
      isComplete: true,
    },
  ],
  retries: { attempts: 11, timeout: '10s', waits: '30s 1m 2m 4m 8m 16m 32m 64m 128m 256m', ends: [] },
  forms: {
    event: 'evt_01JZ8S7T5QWM2N4P6R8X',
    key: 'Zk9Ht7Lm.wX7pN9fM3kLj6tRq2bGhA8yE5cZvD4sT',
    secret: '0123456789abcdefghijABCDEFGHIJ0123456789',
  },
}
