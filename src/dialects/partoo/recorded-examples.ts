// The examples in the OpenAPI document. `node test/support/recorded-examples.ts` wrote this file, from the answers of a
// real server.

export const recordedExamples = {
  Webhook: {
    parameters: { org_id: 123456789 },
    request: { items: [{ url: 'https://example.com/hook-9/', event_type: 'business_updated' }] },
    status: 200,
    answer: {
      items: [
        {
          id: 11,
          url: 'https://example.com/hook-9/',
          event_type: 'business_updated',
          created_at: '2026-01-31T09:00:00.000000Z',
          updated_at: '2026-01-31T09:00:00.000000Z',
          org_id: 123456789,
        },
      ],
    },
  },
  tryoutWebhook: {
    parameters: { org_id: 123456789 },
    request: { items: [{ url: 'https://example.com/hook-10/', event_type: 'business_updated' }] },
    status: 200,
    answer: {
      items: [{ url: 'https://example.com/hook-10/', event_type: 'business_updated', success: true, status_code: 200 }],
    },
  },
  getWebhookList: {
    parameters: { page: 1, per_page: 20, org_id: 123456789 },
    status: 200,
    answer: {
      page: 1,
      max_page: 1,
      count: 2,
      items: [
        {
          id: 11,
          url: 'https://example.com/hook-9/',
          event_type: 'business_updated',
          created_at: '2026-01-31T09:00:00.000000Z',
          updated_at: '2026-01-31T09:00:00.000000Z',
          org_id: 123456789,
        },
        {
          id: 10,
          url: 'https://example.com/hook-8/',
          event_type: 'business_created',
          created_at: '2026-01-31T09:00:00.000000Z',
          updated_at: '2026-01-31T09:00:00.000000Z',
          org_id: 123456789,
        },
      ],
    },
  },
  getWebhookEvents: {
    parameters: { org_id: 123456789 },
    status: 200,
    answer: [
      'business_created',
      'business_updated',
      'business_deleted',
      'message_updated',
      'message_created',
      'lead_received',
    ],
  },
  getWebhook: {
    parameters: { org_id: 123456789, webhook_id: '10' },
    status: 200,
    answer: {
      id: 10,
      url: 'https://example.com/hook-8/',
      event_type: 'business_created',
      created_at: '2026-01-31T09:00:00.000000Z',
      updated_at: '2026-01-31T09:00:00.000000Z',
      org_id: 123456789,
    },
  },
  updateWebhook: {
    parameters: { org_id: 123456789, webhook_id: '10' },
    request: { url: 'https://example.com/hook-11/' },
    status: 200,
    answer: {
      id: 10,
      url: 'https://example.com/hook-11/',
      event_type: 'business_created',
      created_at: '2026-01-31T09:00:00.000000Z',
      updated_at: '2026-01-31T09:00:00.000000Z',
      org_id: 123456789,
    },
  },
  patchWebhook: {
    parameters: { org_id: 123456789, webhook_id: '10' },
    request: { url: 'https://example.com/hook-12/' },
    status: 200,
    answer: {
      id: 10,
      url: 'https://example.com/hook-12/',
      event_type: 'business_created',
      created_at: '2026-01-31T09:00:00.000000Z',
      updated_at: '2026-01-31T09:00:00.000000Z',
      org_id: 123456789,
    },
  },
  deleteWebhook: {
    parameters: { org_id: 123456789, webhook_id: '10' },
    status: 200,
    answer: { id: 10, status: 'success' },
  },
}
