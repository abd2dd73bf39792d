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

export const examples: Examples = {
  requests: [{ route: 'GET /api/v1/webhooks/{uuid}', answer: { status: 200, body: webhook } }],
  deliveries: [
    {
      event: { type: 'invoice.validated', data, occurredAt: '2026-02-18T09:45:00Z' },
      tenant: company,
      delivery,
      body: `{"id":"${delivery}","type":"invoice.validated","createdAt":"2026-02-18T09:45:00Z","company":"${company}","data":${data}}`,
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Storno-Webhooks/1.0',
        'X-Storno-Event': 'invoice.validated',
        'X-Storno-Delivery': delivery,
      },
    },
  ],
  retries: { attempts: 3, timeout: '10s' },
}
