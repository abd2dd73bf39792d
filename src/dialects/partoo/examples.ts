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

export const examples: Examples = {
  requests: [
    { route: 'GET /v2/webhooks/{webhook_id}', answer: { status: 200, body: webhook } },
    {
      route: 'GET /v2/webhooks/{webhook_id}',
      absentId: '1',
      answer: { status: 404, body: { errors: { json: 'Resource not found' } } },
    },
    {
      route: 'GET /v2/webhooks/{webhook_id}',
      absentId: '1',
      key: 'none',
      answer: { status: 401, body: { errors: { authentication: 'User not authenticated' } } },
    },
  ],
}
