// Examples of Stripe's pages. Sources: README.md.

import type { Examples } from 'posthorn/dialect'

export const examples: Examples = {
  requests: [
    {
      route: 'POST /v1/webhook_endpoints',
      body: { url: 'https://example.com/my/webhook/endpoint', enabled_events: ['charge.succeeded', 'charge.failed'] },
      answer: {
        status: 200,
        body: {
          id: 'we_1Mr5jULkdIwHu7ix1ibLTM0x',
          object: 'webhook_endpoint',
          api_version: null,
          application: null,
          created: 1680122196,
          description: null,
          enabled_events: ['charge.succeeded', 'charge.failed'],
          livemode: false,
          metadata: {},
          secret: 'whsec_wRNftLajMZNeslQOP6vEPm4iVx5NlZ6z',
          status: 'enabled',
          url: 'https://example.com/my/webhook/endpoint',
        },
      },
    },
    {
      route: 'GET /v1/webhook_endpoints',
      answer: {
        status: 200,
        body: {
          object: 'list',
          url: '/v1/webhook_endpoints',
          has_more: false,
          data: [
            {
              id: 'we_1Mr5jULkdIwHu7ix1ibLTM0x',
              object: 'webhook_endpoint',
              api_version: null,
              application: null,
              created: 1680122196,
              description: null,
              enabled_events: ['charge.succeeded', 'charge.failed'],
              livemode: false,
              metadata: {},
              status: 'enabled',
              url: 'https://example.com/my/webhook/endpoint',
            },
          ],
        },
      },
    },
    {
      route: 'GET /v1/webhook_endpoints/{id}',
      absentId: 'we_1',
      answer: {
        status: 404,
        body: {
          error: {
            code: 'resource_missing',
            message: "No such webhook endpoint: 'we_1'",
            param: 'id',
            type: 'invalid_request_error',
          },
        },
      },
    },
  ],
  deliveries: [
    {
      event: {
        id: 'evt_1MqqbKLt4dXK03v5qaIbiNCC',
        type: 'payment_intent.succeeded',
        data: '{"object":{"id":"pi_3MqqbKLt4dXK03v50OhC8QbB","object":"payment_intent","amount":2000,"currency":"usd"}}',
        occurredAt: '2023-03-29T04:27:08Z',
        attributes: { request: 'req_8mrIOjRUvcN7Kb' },
      },
      secret: 'whsec_wRNftLajMZNeslQOP6vEPm4iVx5NlZ6z',
      sentAt: '2023-03-29T04:27:10Z',
      body:
        '{"id":"evt_1MqqbKLt4dXK03v5qaIbiNCC","object":"event","api_version":"2024-06-20","created":1680064028,' +
        '"data":{"object":{"id":"pi_3MqqbKLt4dXK03v50OhC8QbB","object":"payment_intent","amount":2000,"currency":"usd"}},' +
        '"livemode":true,"pending_webhooks":1,"request":{"id":"req_8mrIOjRUvcN7Kb","idempotency_key":null},' +
        '"type":"payment_intent.succeeded"}',
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'Stripe-Signature': 't=1680064030,v1=cc131b576539279f693799b7e7fcae419930aec2b777bc3f6d8fdec03c41660a',
      },
    },
  ],
}
