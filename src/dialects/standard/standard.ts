// Posthorn's own dialect: the Standard Webhooks specification, and the choices of a product without existing customers.
// Sources: README.md in this folder.

import { defineDeliveries, event, health, json, secrets, sign } from 'posthorn/dialect'

export const standard = defineDeliveries({
  name: 'standard',
  title: 'Standard Webhooks',
  ids: { tenant: 'ten_{base62:20}', endpoint: 'ep_{base62:20}', event: 'msg_{time:24}' },
  keys: { form: 'phk_{base62:40}', tenantsMax: 1000, scopes: ['read', 'write', 'secrets'], scopesAreAll: true },
  events: {},
  openCatalogue: true,
  testEvent: () => ({ type: 'webhook.test', data: { test: true } }),
  rules: { wildcards: 'prefix', filters: 'any', customHeaders: true, writeOnlyHeaders: true, polling: true },
  deliveries: {
    body: json({ type: event.type, timestamp: event.occurredAt.iso, data: event.data }),
    headers: { 'user-agent': 'Posthorn/1.0', ...sign.standardWebhooks() },
    secrets: secrets.standard,
    timeout: '20s',
    // Ten attempts over 75 hours.
    waits: '5s 5m 30m 2h 5h 10h 14h 20h 24h',
    // 410 Gone: the specification asks the sender to stop, and to disable the endpoint.
    onFailure: (outcome) => (outcome.kind === 'rejected' && outcome.status === 410 ? { kind: 'gone' } : null),
    health: health.streak('5d'),
  },
})
