import { auth, defineDialect, errors, event, json, secrets, sign, webhooks } from 'posthorn/dialect'

export default defineDialect({
  name: 'acme',
  title: 'Acme',
  api: { title: 'Acme API: hooks', version: '1.0.0', prefixes: ['/api/hooks'] },
  ids: { tenant: 'shop_{base62:12}', endpoint: 'hook_{base62:16}', event: 'evt_{time:20}' },
  keys: { form: 'acme_{base62:32}' },
  authentication: auth.bearer(),
  events: {
    'order.paid': 'An order was paid',
    'order.refunded': 'An order was refunded',
  },
  testEvent: ({ eventTypes: [type = 'order.paid'] }) => ({ type, data: { id: 'order_0', total: 0 } }),
  endpoint: {
    id: { is: 'id' },
    target: { is: 'url', on: 'create! change' },
    topics: { is: 'eventTypes', known: true, on: 'create! change', schema: { minItems: 1 } },
    label: { is: 'detail', on: 'create change', nullable: true, schema: { maxLength: 50 } },
    active: { is: 'enabled', on: 'create change' },
    secret: { is: 'secret', shown: 'create' },
    created: { is: 'createdAt', form: 'unixSeconds' },
  },
  routes: {
    'POST   /api/hooks': webhooks.create({ wrap: 'hook' }),
    'GET    /api/hooks': webhooks.list({ wrap: 'hooks' }),
    'GET    /api/hooks/{id}': webhooks.get({ wrap: 'hook' }),
    'PATCH  /api/hooks/{id}': webhooks.change({ wrap: 'hook' }),
    'DELETE /api/hooks/{id}': webhooks.remove(),
    'POST   /api/hooks/{id}/ping': webhooks.ping(),
  },
  errors: errors.own<{ code: string }>({
    otherwise: { code: 'bad_request' },
    unauthenticated: { code: 'unauthorized', message: 'Send a good API key.' },
    notFound: { code: 'not_found', message: 'There is no hook {id}.' },
    invalid: { status: 422, code: 'invalid' },
    body: ({ code, message }) => ({ error: { code, message } }),
  }),
  deliveries: {
    body: json({ id: event.id, topic: event.type, at: event.occurredAt.unixSeconds, order: event.data }),
    headers: {
      'x-acme-topic': event.type,
      'x-acme-signature': sign.newest(sign.hmac(), { prefix: 'sha256=' }),
    },
    secrets: secrets.text({ form: 'acs_{base62:32}' }),
    timeout: '10s',
    waits: '10s 1m 10m 1h 6h',
  },
  examples: {
    requests: [
      {
        route: 'GET /api/hooks',
        key: 'none',
        answer: { status: 401, body: { error: { code: 'unauthorized', message: 'Send a good API key.' } } },
      },
    ],
  },
})
