// The examples of the vendor's pages. Sources: README.md in this folder.

import type { Examples } from 'posthorn/dialect'

const webhook = {
  id: 'ep_2NfDKEm9sF8xK3pQr1Zt',
  url: 'https://example.com/webhooks/allo',
  topics: ['call.received', 'sms.received'],
  description: 'Production event stream',
  enabled: true,
  signing_secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  created_at: '2026-04-21T14:30:00Z',
}
const { url, topics, description } = webhook

export const examples: Examples = {
  requests: [
    { route: 'GET /v2/api/webhooks/{webhook_id}', answer: { status: 200, body: { data: webhook } } },
    {
      route: 'POST /v2/api/webhooks',
      body: { url, topics, description },
      answer: { status: 201, body: { data: webhook } },
    },
  ],
  retries: { attempts: 8, timeout: '20s' },
}
