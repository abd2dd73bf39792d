// The examples of OpenAI's pages. Sources: README.md.

import type { Examples } from 'posthorn/dialect'

const webhook = {
  id: 'whe_00000000000000000000000000000123',
  object: 'webhook_endpoint',
  created_at: 1719168000,
  updated_at: 1719168000,
  name: 'Example endpoint',
  url: 'https://example.com/webhooks/openai',
  event_types: ['response.completed'],
  signing_secret_hint: 'whsec_MfKQ9r8G...LaSw',
}
const { name, url, event_types } = webhook

export const examples: Examples = {
  requests: [
    {
      route: 'POST /webhook_endpoints',
      body: { name, url, event_types },
      answer: {
        status: 200,
        body: { ...webhook, signing_secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
        varies: ['signing_secret_hint'],
      },
    },
    {
      route: 'GET /webhook_endpoints/{webhook_endpoint_id}',
      answer: { status: 200, body: webhook, varies: ['signing_secret_hint'] },
    },
    {
      route: 'DELETE /webhook_endpoints/{webhook_endpoint_id}',
      answer: { status: 200, body: { id: webhook.id, deleted: true, object: 'webhook_endpoint.deleted' } },
    },
    {
      route: 'GET /webhook_endpoints',
      answer: { status: 200, body: { object: 'list', data: [], first_id: null, last_id: null, has_more: false } },
    },
  ],
  deliveries: [
    {
      event: {
        id: 'evt_685343a1381c819085d44c354e1b330e',
        type: 'response.completed',
        data: '{"id":"resp_abc123"}',
        occurredAt: '2025-06-18T22:54:57Z',
      },
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      sentAt: '2025-06-18T22:54:58Z',
      body:
        '{"id":"evt_685343a1381c819085d44c354e1b330e","object":"event","created_at":1750287297,' +
        '"type":"response.completed","data":{"id":"resp_abc123"}}',
      headers: {
        'user-agent': 'OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)',
        'webhook-id': 'evt_685343a1381c819085d44c354e1b330e',
        'webhook-timestamp': '1750287298',
        'webhook-signature': 'v1,/yuppSyHGhRIaGzC0l7VBo0xvNW1qfPeaQcFE3yQW8k=',
      },
    },
  ],
}
