// The examples of Mailgun's pages. Sources: README.md.

import type { Examples } from 'posthorn/dialect'

export const examples: Examples = {
  requests: [
    {
      route: 'POST /v3/domains/{domain}/webhooks',
      body: { id: 'delivered', url: 'https://example.com/webhooks' },
      answer: {
        status: 200,
        body: { message: 'Webhook has been created', webhook: { urls: ['https://example.com/webhooks'] } },
      },
    },
    {
      route: 'GET /v3/domains/{domain}/webhooks/{webhook_name}',
      absentId: 'opened',
      answer: { status: 404, body: { message: 'Webhook not found' } },
    },
  ],
  deliveries: [
    {
      event: {
        id: '0ABCDEFGHIJKLM',
        type: 'delivered',
        data:
          '{"id":"CPgfbmQMTCKtHW6uIWtuVe","timestamp":1521472262.908181,' +
          '"log-level":"info","event":"delivered","recipient":"alice@example.com"}',
        attributes: { domain: 'example.com' },
      },
      delivery: '019cb6d0-6711-7d68-991e-fc6b9f89f0a1',
      secret: '55d1f4ba1d6c3f0c8a8ec1a9a0d3c2be',
      sentAt: '2018-03-19T15:11:03Z',
      body:
        '{"signature":{"token":"019cb6d0-6711-7d68-991e-fc6b9f89f0a10ABCDEFGHIJKLM","timestamp":"1521472263",' +
        '"signature":"1876a280c3d7766429f9e72bd7375d130e66ba1377ad70fd9d57b8a7bb5fc877"},' +
        '"event-data":{"id":"CPgfbmQMTCKtHW6uIWtuVe","timestamp":1521472262.908181,' +
        '"log-level":"info","event":"delivered","recipient":"alice@example.com"}}',
      headers: { 'Content-Type': 'application/json' },
    },
  ],
  retries: { attempts: 7 },
}
