// The examples in the OpenAPI document. `node test/support/recorded-examples.ts` wrote this file, from the answers of a
// real server.

export const recordedExamples = {
  createWebhook: {
    parameters: {},
    request: { url: 'https://example.com/hook-3/', topics: ['call.triggered'] },
    status: 201,
    answer: {
      data: {
        id: 'ep_bkriK518fcoRMwrM58Nq',
        url: 'https://example.com/hook-3/',
        topics: ['call.triggered'],
        description: null,
        enabled: true,
        signing_secret: 'whsec_cEh8aemKwLu2uy49uAEyK3lNH7ryadLt',
        created_at: '2026-01-31T09:00:00Z',
      },
    },
  },
  listWebhookEventTypes: {
    parameters: {},
    status: 200,
    answer: {
      data: [
        { name: 'call.received', description: 'Inbound call received' },
        { name: 'call.triggered', description: 'Outbound call triggered' },
        { name: 'call.answered', description: 'Call answered' },
        { name: 'call.completed', description: 'Call completed' },
        { name: 'tag.added', description: 'Tag added to a call' },
      ],
    },
  },
  listWebhooks: {
    parameters: {},
    status: 200,
    answer: {
      data: [
        {
          id: 'ep_bkriK518fcoRMwrM58Nq',
          url: 'https://example.com/hook-3/',
          topics: ['call.triggered'],
          description: null,
          enabled: true,
          created_at: '2026-01-31T09:00:00Z',
        },
        {
          id: 'ep_9wGi955TjM8SuQOF67yd',
          url: 'https://example.com/hook-2/',
          topics: ['call.received'],
          description: null,
          enabled: true,
          created_at: '2026-01-31T09:00:00Z',
        },
      ],
    },
  },
  getWebhook: {
    parameters: { webhook_id: 'ep_9wGi955TjM8SuQOF67yd' },
    status: 200,
    answer: {
      data: {
        id: 'ep_9wGi955TjM8SuQOF67yd',
        url: 'https://example.com/hook-2/',
        topics: ['call.received'],
        description: null,
        enabled: true,
        signing_secret: 'whsec_Sl5cNC7832grzvrqr8iMzJwHRP2kyD92',
        created_at: '2026-01-31T09:00:00Z',
      },
    },
  },
  updateWebhook: {
    parameters: { webhook_id: 'ep_9wGi955TjM8SuQOF67yd' },
    request: { url: 'https://example.com/hook-4/' },
    status: 200,
    answer: {
      data: {
        id: 'ep_9wGi955TjM8SuQOF67yd',
        url: 'https://example.com/hook-4/',
        topics: ['call.received'],
        description: null,
        enabled: true,
        created_at: '2026-01-31T09:00:00Z',
      },
    },
  },
  deleteWebhook: { parameters: { webhook_id: 'ep_9wGi955TjM8SuQOF67yd' }, status: 204 },
}
