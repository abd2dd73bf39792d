// Resend's webhooks, as an example: Resend did not make this file. README.md has the sources and the gaps.

import { auth, defineDialect, errors, event, json, pages, secrets, sign, webhooks } from 'posthorn/dialect'
import { examples } from './resend.examples.ts'

const path = '/webhooks'

const deleted = (id: string) => ({ object: 'webhook', id, deleted: true })

export default defineDialect({
  name: 'resend',
  title: 'Resend (example)',
  api: { title: 'Resend API: webhooks', version: '1.5.0', prefixes: [path] },
  ids: { tenant: 'team_{base62:12}', endpoint: '{uuid4}', event: 'msg_{time:27}' },
  keys: { form: 're_{base62:32}' },
  authentication: auth.bearer(),
  quotas: { tenant: { all: '5/1s' } },
  quotaHeaders: 'ratelimit',
  events: {
    'email.sent': 'The API request was successful',
    'email.delivered': "The email reached the recipient's mail server",
    'email.delivery_delayed': 'The email could not be delivered because of a temporary issue',
    'email.complained': 'The recipient marked the email as spam',
    'email.bounced': "The recipient's mail server rejected the email for good",
    'email.opened': 'The recipient opened the email',
    'email.clicked': 'The recipient clicked a link of the email',
    'email.received': 'An email was received',
    'email.failed': 'The email could not be sent because of an error',
    'email.scheduled': 'The email is scheduled',
    'email.suppressed': 'The email was not sent, because the recipient is suppressed',
    'contact.created': 'A contact was created',
    'contact.updated': 'A contact was updated',
    'contact.deleted': 'A contact was deleted',
    'domain.created': 'A domain was created',
    'domain.updated': 'A domain was updated',
    'domain.deleted': 'A domain was deleted',
  },
  testEvent: ({ eventTypes: [type = 'email.sent'] }) => ({ type, data: { test: true } }),
  endpoint: {
    object: { is: 'computed', show: () => 'webhook', shown: 'create get change', schema: { const: 'webhook' } },
    id: { is: 'id' },
    created_at: { is: 'createdAt', form: 'iso', shown: 'get list' },
    status: { is: 'enabled', words: ['enabled', 'disabled'], on: 'change', shown: 'get list' },
    endpoint: { is: 'url', on: 'create! change', shown: 'get list' },
    events: { is: 'eventTypes', known: true, on: 'create! change', shown: 'get list', schema: { minItems: 1 } },
    signing_secret: { is: 'secret', shown: 'create get' },
  },
  routes: {
    [`POST   ${path}`]: webhooks.create(),
    [`GET    ${path}`]: webhooks.list({
      pages: pages.cursor({
        after: 'after',
        before: 'before',
        cursors: 'ids',
        sizeDefault: 20,
        sizeMax: 100,
        answer: (data, { hasMore }) => ({ object: 'list', has_more: hasMore, data }),
      }),
    }),
    [`GET    ${path}/{webhook_id}`]: webhooks.get(),
    [`PATCH  ${path}/{webhook_id}`]: webhooks.change(),
    [`DELETE ${path}/{webhook_id}`]: webhooks.remove({ answer: deleted }),
  },
  errors: errors.own<{ name: string }>({
    otherwise: { name: 'validation_error' },
    'unauthenticated:missing': { name: 'missing_api_key', message: 'Missing API Key' },
    unauthenticated: { status: 400, message: 'API key is invalid' },
    notFound: { name: 'not_found', message: 'Webhook not found' },
    routeUnknown: { name: 'not_found', message: 'The requested endpoint does not exist.' },
    methodNotAllowed: { name: 'method_not_allowed', message: 'Method is not allowed for the requested path.' },
    invalid: ({ fields }) =>
      fields.some(({ rule }) => rule === 'required') ? { status: 422, name: 'missing_required_field' } : {},
    tooManyRequests: {
      name: 'rate_limit_exceeded',
      message: 'Too many requests. You can only make {limit} requests per second.',
    },
    internal: { name: 'internal_server_error', message: 'An unexpected error occurred.' },
    body: ({ status, name, message }) => ({ statusCode: status, name, message }),
  }),
  deliveries: {
    body: json({ type: event.type, created_at: event.occurredAt.iso, data: event.data }),
    headers: sign.standardWebhooks('svix'),
    secrets: secrets.standard,
    timeout: '15s',
    waits: '5s 5m 30m 2h 5h 10h 10h',
  },
  examples,
})
