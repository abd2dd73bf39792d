// Mailgun's webhooks of domains, as an example: Mailgun did not make this file. README.md names the sources and the gaps.

import {
  auth,
  defineDialect,
  delivery,
  errors,
  event,
  json,
  keys,
  secrets,
  sentAt,
  sign,
  text,
  webhooks,
} from 'posthorn/dialect'
import { examples } from './mailgun.examples.ts'

const path = '/v3/domains/{domain}/webhooks'
const signingKey = '/v5/accounts/http_signing_key'

type Webhook = Readonly<Record<string, unknown>>
const answer = (message: string) => ({
  status: 200 as const,
  wrap: ({ urls }: Webhook) => ({ message, webhook: { urls } }),
})
const byName = (all: readonly unknown[]) => ({
  webhooks: Object.fromEntries((all as readonly Webhook[]).map(({ id, urls }) => [id, { urls }])),
})
const shownKey = { answer: (key: string) => ({ message: 'success', http_signing_key: key }) }

const timestamp = text(sentAt.unixSeconds)
// 50 characters, another one for each attempt.
const token = text(delivery.attemptId, event.id)

export default defineDialect({
  name: 'mailgun',
  title: 'Mailgun (example)',
  api: { title: 'Mailgun API: domain webhooks', version: '3.0.0', prefixes: ['/v3/domains', '/v5/accounts'] },
  ids: { tenant: 'account-{base62:12}', endpoint: '{number:1}', event: '{time:14}' },
  keys: { form: '{hex:32}-{hex:8}-{hex:8}' },
  authentication: auth.basic({ key: 'password', user: 'api' }),
  requests: ['multipart', 'form'],
  events: {
    accepted: 'Mailgun accepted the request to send a message',
    delivered: "The recipient's server accepted the message",
    opened: 'The recipient opened the message',
    clicked: 'The recipient clicked on a link',
    unsubscribed: 'The recipient clicked on the link to unsubscribe',
    complained: 'The recipient reported the message as spam',
    temporary_fail: 'The message could not be delivered, and is tried again',
    permanent_fail: 'The message could not be delivered',
  },
  testEvent: ({ eventTypes: [type = 'delivered'] }) => ({ type, data: { event: type } }),
  endpoint: {
    // A webhook has the name of its event type, and each domain has one of each.
    id: { is: 'eventType', key: true, known: true, on: 'create!' },
    domain: { is: 'filter', attribute: 'domain', orInData: 'domain.name', from: 'path', on: 'create!', shown: 'never' },
    url: { is: 'url', on: 'create! change!', shown: 'never' },
    urls: { is: 'computed', show: ({ url }) => [url] },
  },
  rules: { schemes: ['https:', 'http:'] },
  routes: {
    [`GET    ${path}`]: webhooks.list({ wrap: byName }),
    [`POST   ${path}`]: webhooks.create(answer('Webhook has been created')),
    [`GET    ${path}/{webhook_name}`]: webhooks.get({ wrap: ({ urls }) => ({ webhook: { urls } }) }),
    [`PUT    ${path}/{webhook_name}`]: webhooks.change(answer('Webhook has been updated')),
    [`DELETE ${path}/{webhook_name}`]: webhooks.removeShown(answer('Webhook has been deleted')),
    [`GET    ${signingKey}`]: keys.tenantSecret(shownKey),
    [`POST   ${signingKey}`]: keys.rotateTenantSecret(shownKey),
  },
  errors: errors.own<object>({
    otherwise: {},
    unauthenticated: { message: 'Invalid private key' },
    notFound: { message: 'Webhook not found' },
    conflict: { status: 400, message: 'Webhook already exists' },
    body: ({ message }) => ({ message }),
  }),
  deliveries: {
    // The signature is in the body, so that each attempt has another body.
    body: json.perAttempt({
      signature: { token, timestamp, signature: sign.newest(sign.hmac({ over: [timestamp, token] })) },
      'event-data': event.data,
    }),
    headers: { 'user-agent': 'mailgun/treq-0.2.1' },
    secrets: secrets.ofTenant(secrets.text({ form: '{hex:32}' })),
    timeout: '30s',
    waits: '5m 10m 15m 1h 2h 4h',
    // The notification of a delivery is sent once.
    waitsFor: [{ events: ['delivered'], waits: '' }],
    // 406: the receiver rejects the event for good.
    outcomes: { success: '200', notRetried: '406' },
  },
  examples,
})
