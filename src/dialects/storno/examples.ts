// The examples of the vendor's pages. Sources: README.md in this folder.

import type { Examples } from 'posthorn/dialect'

const webhook = {
  uuid: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
  url: 'https://your-app.example.com/webhooks/storno',
  description: 'Production invoice notifications',
  events: ['invoice.created', 'invoice.validated', 'invoice.rejected', 'invoice.paid'],
  isActive: true,
  secret: `whsec_${'•'.repeat(24)}`,
  deliveriesCount: 142,
  lastDeliveryAt: '2026-02-18T09:45:00Z',
  lastDeliveryStatus: 'success',
  createdAt: '2026-02-10T09:00:00Z',
  updatedAt: '2026-02-15T14:30:00Z',
}
const delivery = 'c3d4e5f6-a7b8-9012-cdef-123456789012'
const company = '550e8400-e29b-41d4-a716-446655440000'
const data =
  '{"invoiceUuid":"7c9e6679-7425-40de-944b-e07fc1f90ae7","invoiceNumber":"FAC-2026-042","status":"validated",' +
  '"anafSubmissionId":"ANAF-2026-987654","validatedAt":"2026-02-18T09:44:00Z"}'

const secret = `whsec_${'0123456789abcdef'.repeat(4)}`
const {
  url,
  events,
  description,
  deliveriesCount: _,
  lastDeliveryAt: _at,
  lastDeliveryStatus: _status,
  ...rest
} = webhook
const masked = { ...rest, url, events, description }

const error = (code: number, title: string, message: string) => ({
  status: code,
  body: { error: title, message, code },
})
const unauthenticated = (message: string) => ({
  status: 401,
  body: { code: 401, message },
  headers: { 'WWW-Authenticate': 'Bearer' },
})

/** A create that is refused. */
function refused(code: 400 | 422, body: object, errors: Readonly<Record<string, string>>) {
  const said = { error: 'Validation failed', message: 'The request contains invalid data', code, errors }
  return {
    route: 'POST /api/v1/webhooks',
    body: { url, events, ...body },
    answer: { status: code, body: said },
  }
}

const blank = 'This value should not be blank.'
const ofType = (type: string) => `This value should be of type ${type}.`
const tooLong = (chars: number) => `This value is too long. It should have ${chars} characters or less.`

const noKey = { status: 401, body: { code: 401, message: 'JWT Token not found' } }

export const examples: Examples = {
  requests: [
    { route: 'GET /api/v1/webhooks/{uuid}', answer: { status: 200, body: webhook } },
    { route: 'GET /api/v1/webhooks', answer: { status: 200, body: [masked] } },
    {
      route: 'POST /api/v1/webhooks',
      headers: { Authorization: 'Bearer {key}', 'X-Company': '{tenant}' },
      body: { url, events, description },
      answer: { status: 201, body: { ...masked, secret } },
    },
    {
      route: 'POST /api/v1/webhooks',
      headers: { Authorization: '{key}', 'X-Company': '{tenant}' },
      body: { url, events: ['*'] },
      answer: { status: 201, body: { ...masked, secret, events: ['*'], description: null } },
    },
    {
      route: 'PATCH /api/v1/webhooks/{uuid}',
      body: { isActive: false },
      answer: { status: 200, body: { ...masked, isActive: false } },
    },
    { route: 'DELETE /api/v1/webhooks/{uuid}', answer: { status: 204 } },
    {
      route: 'GET /api/v1/webhooks',
      headers: { Authorization: 'Bearer {key}' },
      answer: error(403, 'Company context required', 'The X-Company header is required for this endpoint.'),
    },
    {
      route: 'GET /api/v1/webhooks',
      headers: { Authorization: 'Bearer {key}', 'X-Company': company },
      answer: error(403, 'Access denied', 'You do not have access to this company.'),
    },
    ...['Basic {key}', 'Api-Key {key}'].map((authorization) => ({
      route: 'GET /api/v1/webhooks',
      headers: { authorization, 'X-Company': '{tenant}' },
      answer: noKey,
    })),
    refused(400, { url: undefined, events: undefined }, { events: blank, url: blank }),
    refused(400, { url: 5 }, { url: ofType('string') }),
    refused(400, { url: '' }, { url: blank }),
    refused(400, { url: url.padEnd(2049, 'a') }, { url: tooLong(2048) }),
    refused(422, { url: 'ftp://example.com' }, { url: 'A valid HTTPS URL is required.' }),
    refused(400, { events: null }, { events: ofType('array') }),
    refused(400, { events: [] }, { events: 'At least one event type is required.' }),
    refused(400, { events: [5] }, { events: ofType('string') }),
    ...['invoice.lost', 'payment.received', 'webhook.test', 'invoice.*', ''].map((type) =>
      refused(422, { events: [type] }, { events: `Invalid event type: ${type}` }),
    ),
    refused(400, { description: 5 }, { description: ofType('string|null') }),
    refused(400, { description: 'd'.repeat(256) }, { description: tooLong(255) }),
    refused(400, { isActive: 1 }, { isActive: ofType('boolean') }),
  ],
  errors: {
    'unauthenticated:missing': unauthenticated('JWT Token not found'),
    'unauthenticated:expired': unauthenticated('Expired JWT Token'),
    'unauthenticated:revoked': unauthenticated('Invalid JWT Token'),
    'forbidden:webhook.view': error(
      403,
      'Access denied',
      'Insufficient permissions — requires webhook.view permission',
    ),
    'forbidden:plan': {
      status: 402,
      body: { error: 'Webhooks are not available on your plan.', code: 'PLAN_LIMIT' },
    },
    'notFound:endpoint': error(404, 'Not found', 'Webhook endpoint not found for this company'),
    'notFound:delivery': error(404, 'Not found', 'Webhook delivery not found for this endpoint'),
    mediaTypeUnsupported: error(415, 'Unsupported media type', 'The request body must be sent as application/json'),
    bodyMalformed: error(400, 'Invalid JSON', 'The request body could not be read: it is so'),
    bodyTooLarge: error(413, 'Payload too large', 'The request body must have at most 1000 bytes'),
    tooManyRequests: {
      status: 429,
      body: { error: 'Too many requests. Please try again later.' },
      headers: { 'Retry-After': '1' },
    },
    loopDetected: error(508, 'Loop detected', 'This request is a delivery of a webhook'),
  },
  deliveries: [
    {
      event: { type: 'invoice.validated', data, occurredAt: '2026-02-18T09:45:00.999Z' },
      tenant: company,
      delivery,
      // The second secret is an old one.
      secret: [secret, `whsec_${'f'.repeat(64)}`],
      body: `{"id":"${delivery}","type":"invoice.validated","createdAt":"2026-02-18T09:45:00Z","company":"${company}","data":${data}}`,
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Storno-Webhooks/1.0',
        'X-Storno-Event': 'invoice.validated',
        'X-Storno-Delivery': delivery,
        // openssl dgst -sha256 -hmac <secret>
        'X-Storno-Signature': 'sha256=26d37da704737739f71bb4477f298b2d6a6cae367f7d3cdc95f19e611114d56f',
      },
      isComplete: true,
    },
    {
      // No type of the catalogue: the data of this example is made up.
      event: { type: 'example.happened', data: '{"total":1.0}', occurredAt: '2026-02-18T09:45:00Z' },
      settings: { family: 'B' },
      delivery,
      secret,
      body: `{"id":"${delivery}","event":"example.happened","created_at":"2026-02-18T09:45:00+00:00","data":{"total":1.0}}`,
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Storno-Webhook/1.0',
        'X-Webhook-Event': 'example.happened',
        'X-Webhook-Id': delivery,
        'X-Webhook-Signature': 'd68fa3b96befd2498a2043ab93aa6f4862230244350fc5cad9b25c6695a9cf68',
      },
      isComplete: true,
    },
  ],
  retries: { attempts: 3, timeout: '10s', waits: 'exactly 1m 5m', ends: [] },
  forms: {
    tenant: company,
    event: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    key: `af_${'0123456789abcdef'.repeat(4)}`,
    secret,
  },
}
