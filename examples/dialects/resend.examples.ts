// The examples of Resend's pages. Sources: README.md.

import type { Examples } from 'posthorn/dialect'

const id = '4dd369bc-aa82-4ff3-97de-514ae3000ee0'
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const webhook = {
  object: 'webhook',
  id,
  created_at: '2023-08-22T15:28:00.000Z',
  status: 'enabled',
  endpoint: 'https://example.com/handler',
  events: ['email.sent'],
  signing_secret: secret,
}

export const examples: Examples = {
  requests: [
    {
      route: 'POST /webhooks',
      body: { endpoint: 'https://example.com/handler', events: ['email.sent'] },
      answer: { status: 201, body: { object: 'webhook', id, signing_secret: secret } },
    },
    { route: 'GET /webhooks/{webhook_id}', answer: { status: 200, body: webhook } },
    {
      route: 'DELETE /webhooks/{webhook_id}',
      answer: { status: 200, body: { object: 'webhook', id, deleted: true } },
    },
    {
      route: 'GET /webhooks',
      key: 'none',
      answer: { status: 401, body: { statusCode: 401, name: 'missing_api_key', message: 'Missing API Key' } },
    },
  ],
  deliveries: [
    {
      event: {
        id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        type: 'email.delivered',
        data: '{"email_id":"56761188-7520-42d8-8898-ff6fc54ce618","subject":"Sending this example"}',
        occurredAt: '2024-02-22T23:41:12.126Z',
      },
      secret,
      sentAt: '2024-02-22T23:41:13Z',
      body:
        '{"type":"email.delivered","created_at":"2024-02-22T23:41:12.126Z",' +
        '"data":{"email_id":"56761188-7520-42d8-8898-ff6fc54ce618","subject":"Sending this example"}}',
      headers: {
        'svix-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'svix-timestamp': '1708645273',
        'svix-signature': 'v1,sWQ1MCnfb244Vy8oGehYel3//GONVGYGKj7EZoDn88A=',
      },
    },
  ],
  retries: { attempts: 8, timeout: '15s' },
}
