// The examples of the vendor's pages. Sources: README.md in this folder.

import type { Examples } from 'posthorn/dialect'

export const examples: Examples = {
  requests: [
    {
      route: 'POST /api/webhooks',
      body: {
        url: 'https://your-server.com/webhook',
        events: ['call.started', 'call.ended'],
        secrets: ['your-webhook-secret'],
      },
      answer: {
        status: 201,
        body: {
          webhookId: '3c90c3cc-8d44-4b50-8888-8dd25736052a',
          agentId: null,
          created: '2023-11-07T05:31:56.123456Z',
          url: 'https://your-server.com/webhook',
          secrets: ['your-webhook-secret'],
          events: ['call.started', 'call.ended'],
          status: 'normal',
          lastStatusChange: null,
          recentFailures: [],
        },
      },
    },
  ],
}
