// The examples in the OpenAPI document. `node test/support/recorded-examples.ts` wrote this file, from the answers of a
// real server.

export const recordedExamples = {
  createWebhook: {
    parameters: {},
    request: {
      url: 'https://example.com/hook-6/',
      events: ['call.failed'],
      secret: 'whsec_Z0tsl1mGWipw5F6DxpUdwFA6ej6YfI95',
    },
    status: 201,
    answer: {
      id: 'whk_e71g1e2304eh',
      url: 'https://example.com/hook-6/',
      events: ['call.failed'],
      is_active: true,
      created_at: '2026-01-31T09:00:00.000Z',
      secret: 'whsec_Z0tsl1mGWipw5F6DxpUdwFA6ej6YfI95',
    },
  },
  listWebhooks: {
    parameters: { is_active: true, page: 1, limit: 20 },
    status: 200,
    answer: {
      data: [
        {
          id: 'whk_e71g1e2304eh',
          url: 'https://example.com/hook-6/',
          events: ['call.failed'],
          is_active: true,
          created_at: '2026-01-31T09:00:00.000Z',
        },
        {
          id: 'whk_qlyiddelxyyw',
          url: 'https://example.com/hook-5/',
          events: ['call.completed'],
          is_active: true,
          created_at: '2026-01-31T09:00:00.000Z',
        },
      ],
      meta: { page: 1, limit: 20, total: 2, totalPages: 1 },
    },
  },
  getWebhook: {
    parameters: { id: 'whk_qlyiddelxyyw' },
    status: 200,
    answer: {
      id: 'whk_qlyiddelxyyw',
      url: 'https://example.com/hook-5/',
      events: ['call.completed'],
      is_active: true,
      created_at: '2026-01-31T09:00:00.000Z',
    },
  },
  updateWebhook: {
    parameters: { id: 'whk_qlyiddelxyyw' },
    request: { url: 'https://example.com/hook-7/' },
    status: 200,
    answer: {
      id: 'whk_qlyiddelxyyw',
      url: 'https://example.com/hook-7/',
      events: ['call.completed'],
      is_active: true,
      created_at: '2026-01-31T09:00:00.000Z',
    },
  },
  deleteWebhook: { parameters: { id: 'whk_qlyiddelxyyw' }, status: 200, answer: { message: 'Webhook deleted.' } },
}
