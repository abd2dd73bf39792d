// How a customer of each vendor registers an endpoint and verifies a delivery, as the vendor's docs describe. This file
// does not use Posthorn's code: it verifies signatures as a receiver does.

import { createHmac, verify } from 'node:crypto'
import { Webhook } from 'standardwebhooks'

export interface Registered {
  readonly id: string
  /** The signing secret. Empty if the vendor signs with its own private key: then its public key verifies. */
  readonly secret: string
}

export interface Vendor {
  readonly dialect: string
  /** The tenant id, in the vendor's form. */
  readonly tenant: string
  readonly prefix: string
  authenticate(key: string): Record<string, string>
  /** The body that registers `url` for all `types`. */
  registration(url: string, types: readonly string[]): unknown
  /** The id and, if the vendor gives one, the secret of the response to a registration. */
  registered(response: unknown): Registered
  eventType(body: unknown): string
  isGenuine(headers: Record<string, string>, body: string, secret: string): boolean
}

const companyId = '550e8400-e29b-41d4-a716-446655440000'

const hmacHex = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('hex')

export const vendors: readonly Vendor[] = [
  {
    dialect: 'allo',
    tenant: 'team-demo',
    prefix: '/v2/api/webhooks',
    authenticate: (key) => ({ authorization: `Api-Key ${key}` }),
    registration: (url, topics) => ({ url, topics, description: 'Demo' }),
    registered: ({ data }: { data: { id: string; signing_secret: string } }) => ({
      id: data.id,
      secret: data.signing_secret,
    }),
    eventType: ({ topic }: { topic: string }) => topic,
    isGenuine(headers, body, secret) {
      try {
        new Webhook(secret).verify(body, headers)
        return true
      } catch {
        return false
      }
    },
  },
  {
    dialect: 'ultravox',
    tenant: 'account-demo',
    prefix: '/api/webhooks',
    authenticate: (key) => ({ 'x-api-key': key }),
    registration: (url, events) => ({ url, events }),
    registered: ({ webhookId, secrets }: { webhookId: string; secrets: string[] }) => ({
      id: webhookId,
      secret: secrets[0] ?? '',
    }),
    eventType: ({ event }: { event: string }) => event,
    isGenuine: (headers, body, secret) =>
      headers['x-ultravox-webhook-signature'] === hmacHex(secret, body + headers['x-ultravox-webhook-timestamp']),
  },
  {
    dialect: 'partoo',
    tenant: '42',
    prefix: '/v2/webhooks',
    authenticate: (key) => ({ 'x-apikey': key }),
    registration: (url, types) => ({
      items: types.map((type) => ({ url, event_type: type, custom_headers: { 'X-Demo': 'yes' } })),
    }),
    registered: ({ items }: { items: { id: number }[] }) => ({ id: String(items[0]?.id), secret: '' }),
    eventType: ({ type }: { type: string }) => type,
    isGenuine: (headers, body, publicKey) =>
      verify(null, Buffer.from(body), publicKey, Buffer.from(headers['x-partoo-signature-v1'] ?? '', 'base64')),
  },
  {
    dialect: 'storno',
    tenant: companyId,
    prefix: '/api/v1/webhooks',
    authenticate: (key) => ({ authorization: `Bearer ${key}`, 'x-company': companyId }),
    registration: (url, events) => ({ url, events, description: 'Demo' }),
    registered: ({ uuid, secret }: { uuid: string; secret: string }) => ({ id: uuid, secret }),
    eventType: ({ type }: { type: string }) => type,
    isGenuine: (headers, body, secret) => headers['x-storno-signature'] === `sha256=${hmacHex(secret, body)}`,
  },
  {
    dialect: 'dialnexa',
    tenant: 'workspace-demo',
    prefix: '/v1/user-webhooks',
    authenticate: (key) => ({ authorization: `Bearer ${key}` }),
    registration: (url, events) => ({ url, events, secret: 'whsec_demo', is_active: true }),
    registered: ({ id, secret }: { id: string; secret: string }) => ({ id, secret }),
    eventType: (body: { event_type: string }) => body.event_type,
    isGenuine: (headers, body, secret) => headers['x-dialnexa-signature'] === `sha256=${hmacHex(secret, body)}`,
  },
]
