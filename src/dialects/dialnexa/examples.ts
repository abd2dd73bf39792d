// The examples of the vendor's pages. Sources: README.md in this folder.

import type { Examples } from 'posthorn/dialect'

const webhook = {
  id: 'whk_c9v3nz8rq4pm',
  url: 'https://yourapp.com/webhooks/dialnexa',
  events: ['call.completed', 'call.failed'],
  is_active: true,
  created_at: '2024-04-01T08:00:00.000Z',
}

export const examples: Examples = {
  requests: [
    { route: 'GET /v1/user-webhooks/{id}', answer: { status: 200, body: webhook } },
    {
      route: 'DELETE /v1/user-webhooks/{id}',
      answer: { status: 200, body: { message: 'Webhook deleted.' } },
    },
  ],
}
