// Stripe's webhook endpoints, as an example: Stripe did not make this file. README.md names the sources and the gaps.

import {
  auth,
  choose,
  computed,
  defineDialect,
  errors,
  event,
  health,
  json,
  pages,
  secrets,
  sign,
  webhooks,
} from 'posthorn/dialect'
import { examples } from './stripe.examples.ts'

const path = '/v1/webhook_endpoints'
const accountVersion = '2024-06-20'
const utf8 = { contentType: 'application/json; charset=utf-8' }

// The product posts `{ "object": …, "previous_attributes": … }` as the data of an event.
const envelope = {
  id: event.id,
  object: 'event',
  api_version: computed(({ endpoint: { details } }) => (details['api_version'] as string | null) ?? accountVersion),
  created: event.occurredAt.unixSeconds,
  data: event.data,
  livemode: true,
  pending_webhooks: 1,
  request: { id: event.attribute('request'), idempotency_key: event.attribute('idempotency_key') },
  type: event.type,
}

export default defineDialect({
  name: 'stripe',
  title: 'Stripe (example)',
  api: { title: 'Stripe API: webhook endpoints', version: '1.0.0', prefixes: [path] },
  ids: { tenant: 'acct_{base62:16}', endpoint: 'we_{base62:24}', event: 'evt_{time:24}' },
  keys: { form: 'sk_live_{base62:24}' },
  authentication: auth.anyOf(auth.bearer(), auth.basic({ key: 'user' })),
  requests: ['form'],
  idempotencyKeys: true,
  events: {
    'account.updated': 'An account status or property has changed',
    'charge.captured': 'A previously uncaptured charge is captured',
    'charge.dispute.closed': 'A dispute is closed',
    'charge.dispute.created': 'A customer disputes a charge with their bank',
    'charge.failed': 'A failed charge attempt occurs',
    'charge.refunded': 'A charge is refunded',
    'charge.succeeded': 'A charge is successful',
    'checkout.session.completed': 'A Checkout Session has been completed',
    'checkout.session.expired': 'A Checkout Session is expired',
    'customer.created': 'A new customer is created',
    'customer.deleted': 'A customer is deleted',
    'customer.subscription.created': 'A customer is signed up for a new plan',
    'customer.subscription.deleted': "A customer's subscription ends",
    'customer.subscription.updated': 'A subscription changes',
    'customer.updated': 'A property of a customer changes',
    'invoice.created': 'A new invoice is created',
    'invoice.finalized': 'A draft invoice is finalized',
    'invoice.paid': 'An invoice payment attempt succeeds or an invoice is marked as paid',
    'invoice.payment_failed': 'An invoice payment attempt fails',
    'payment_intent.created': 'A new PaymentIntent is created',
    'payment_intent.payment_failed': 'A PaymentIntent has failed to create a payment method or a payment',
    'payment_intent.succeeded': 'A PaymentIntent has successfully completed payment',
    'payout.failed': 'A payout attempt fails',
    'payout.paid': 'A payout is available in the destination account',
    'refund.created': 'A refund is created',
  },
  testEvent: ({ eventTypes: [type = '*'] }) => ({
    type: type === '*' ? 'charge.succeeded' : type,
    data: { object: { id: 'ch_test', object: 'charge' } },
  }),
  endpoint: {
    id: { is: 'id' },
    object: { is: 'computed', show: () => 'webhook_endpoint' },
    api_version: { is: 'detail', on: 'create', nullable: true },
    application: {
      is: 'computed',
      show: ({ tenant, details }) => (details['connect'] ? `ca_${tenant.slice(5)}` : null),
    },
    connect: { is: 'detail', on: 'create', shown: 'never', default: false, schema: { type: 'boolean' } },
    created: { is: 'createdAt', form: 'unixSeconds' },
    description: { is: 'description', on: 'create change', nullable: true },
    enabled_events: { is: 'eventTypes', on: 'create! change', schema: { minItems: 1 } },
    livemode: { is: 'computed', show: () => true },
    metadata: {
      is: 'detail',
      on: 'create change',
      default: {},
      schema: { type: 'object', maxProperties: 50, additionalProperties: { type: 'string', maxLength: 500 } },
    },
    secret: { is: 'secret', shown: 'create' },
    // Requests have `disabled`, and answers have `status`.
    disabled: { is: 'enabled', inverted: true, on: 'change', shown: 'never' },
    status: { is: 'computed', show: ({ enabled }) => (enabled ? 'enabled' : 'disabled') },
    url: { is: 'url', on: 'create! change' },
  },
  rules: { wildcards: 'all', endpointsMax: 16 },
  routes: {
    [`GET    ${path}`]: webhooks.list({
      pages: pages.cursor({
        after: 'starting_after',
        before: 'ending_before',
        cursors: 'ids',
        sizeDefault: 10,
        sizeMax: 100,
        answer: (data, { hasMore }) => ({ object: 'list', url: path, has_more: hasMore, data }),
      }),
    }),
    [`POST   ${path}`]: webhooks.create({ status: 200 }),
    [`GET    ${path}/{id}`]: webhooks.get(),
    [`POST   ${path}/{id}`]: webhooks.change(),
    [`DELETE ${path}/{id}`]: webhooks.remove({ answer: (id) => ({ id, object: 'webhook_endpoint', deleted: true }) }),
  },
  errors: errors.own<{ type: string; code?: string; param?: string }>({
    otherwise: { type: 'invalid_request_error' },
    'unauthenticated:missing': { message: 'You did not provide an API key.' },
    unauthenticated: { message: 'Invalid API Key provided.' },
    notFound: { code: 'resource_missing', message: "No such webhook endpoint: '{id}'", param: 'id' },
    invalid({ fields: [fault] }) {
      // `enabled_events.0` is `enabled_events[0]` in a form.
      const param = fault?.field.replaceAll(/\.(\w+)/g, '[$1]') ?? ''
      return fault?.rule === 'required'
        ? { code: 'parameter_missing', message: `Missing required param: ${param}.`, param }
        : { message: `Invalid ${param}: ${fault?.message}`, param }
    },
    'conflict:idempotency_key_reused': { status: 400, type: 'idempotency_error' },
    'conflict:idempotency_body_differs': { status: 400, type: 'idempotency_error' },
    conflict: { status: 400 },
    tooManyRequests: { code: 'rate_limit' },
    unavailable: { type: 'api_error' },
    internal: { type: 'api_error' },
    body: ({ type, code, param, message }) => ({ error: { code, message, param, type } }),
  }),
  deliveries: {
    // Events of connected accounts name the account.
    body: choose(({ details }) => (details['connect'] ? 'connect' : 'own'), {
      own: json(envelope, utf8),
      connect: json({ ...envelope, account: event.attribute('account') }, utf8),
    }),
    wants:
      ({ details: { connect = false } }) =>
      ({ attributes }) =>
        connect === (attributes?.['account'] !== undefined),
    headers: { 'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)', 'stripe-signature': sign.timestamped() },
    secrets: secrets.text({ form: 'whsec_{base62:32}' }),
    timeout: '20s',
    // Up to three days, with exponential waits.
    waits: '1h 2h 4h 8h 16h 16h 24h',
    health: health.streak('7d'),
  },
  examples,
})
