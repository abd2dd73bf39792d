// Calendly's webhook subscriptions, as an example: Calendly did not make this file. README.md has the sources and the gaps.

import {
  auth,
  computed,
  defineDialect,
  errors,
  event,
  health,
  isoMicroseconds,
  json,
  pages,
  secrets,
  sign,
  webhooks,
} from 'posthorn/dialect'
import { examples } from './calendly.examples.ts'

const path = '/webhook_subscriptions'
const uri = { schema: { format: 'uri' } } as const
const micros = (ms: number): string => `${isoMicroseconds(ms)}Z`

export default defineDialect({
  name: 'calendly',
  title: 'Calendly (example)',
  api: { title: 'Calendly API: webhook subscriptions', version: '2.0.0', prefixes: [path] },
  ids: { tenant: '{uuid4}', endpoint: '{uuid4}', event: '{uuid4}' },
  keys: { form: '{base62:64}', needs: { read: 'webhooks:read', write: 'webhooks:write' } },
  authentication: auth.bearer(),
  events: {
    'invitee.created': 'An invitee scheduled an event',
    'invitee.canceled': 'An invitee canceled an event',
    'invitee_no_show.created': 'An invitee was marked as a no-show',
    'invitee_no_show.deleted': 'The mark of a no-show was removed',
    'event_type.created': 'An event type was created',
    'event_type.updated': 'An event type was updated',
    'event_type.deleted': 'An event type was deleted',
    'routing_form_submission.created': 'A routing form was submitted',
  },
  testEvent: ({ eventTypes: [type = 'invitee.created'] }) => ({ type, data: { test: true } }),
  endpoint: {
    uri: { is: 'link', path: `${path}/{id}` },
    url: { is: 'url', on: 'create!', shown: 'never' },
    callback_url: { is: 'computed', show: ({ url }) => url, schema: { type: 'string' } },
    created_at: { is: 'createdAt', form: 'isoInMicroseconds' },
    updated_at: { is: 'updatedAt', form: 'isoInMicroseconds' },
    retry_started_at: {
      is: 'status',
      show({ health: memory }) {
        const since = health.readStreak(memory)
        return since === null ? null : micros(since)
      },
      schema: { type: ['string', 'null'] },
    },
    state: { is: 'enabled', words: ['active', 'disabled'] },
    events: { is: 'eventTypes', known: true, on: 'create!', schema: { minItems: 1 } },
    scope: { is: 'detail', on: 'create!', schema: { enum: ['user', 'organization', 'group'] } },
    organization: { is: 'detail', on: 'create!', ...uri },
    user: { is: 'filter', attribute: 'user', on: 'create', nullable: true, ...uri },
    group: { is: 'filter', attribute: 'group', on: 'create', nullable: true, ...uri },
    creator: {
      is: 'computed',
      show: ({ tenant }) => `https://api.calendly.com/users/${tenant}`,
      schema: { type: 'string' },
    },
    signing_key: { is: 'secret', on: 'create', shown: 'never' },
  },
  rules: {
    uniqueKey: ({ url, details, filters }) =>
      JSON.stringify([url, details['scope'], details['organization'], filters['user'], filters['group']]),
  },
  routes: {
    [`GET    ${path}`]: webhooks.list({
      pages: pages.cursor({
        after: 'page_token',
        size: 'count',
        sizeDefault: 20,
        sizeMax: 100,
        answer: (collection, { size, next, previous, nextUrl, previousUrl }) => ({
          collection,
          pagination: {
            count: size,
            next_page: nextUrl,
            previous_page: previousUrl,
            next_page_token: next,
            previous_page_token: previous,
          },
        }),
      }),
    }),
    [`POST   ${path}`]: webhooks.create({ wrap: 'resource' }),
    [`GET    ${path}/{webhook_uuid}`]: webhooks.get({ wrap: 'resource' }),
    [`DELETE ${path}/{webhook_uuid}`]: webhooks.remove(),
  },
  errors: errors.own<{ title: string }>({
    otherwise: { title: 'Invalid Argument' },
    unauthenticated: { title: 'Unauthenticated', message: 'The access token is invalid' },
    forbidden: { title: 'Permission Denied', message: 'You do not have permission' },
    notFound: { title: 'Resource Not Found', message: 'The server could not find the requested resource.' },
    routeUnknown: { title: 'Resource Not Found', message: 'The server could not find the requested resource.' },
    invalid: { message: 'The supplied parameters are invalid.' },
    'conflict:endpoint_exists': { title: 'Already Exists', message: 'Hook with this url already exists' },
    tooManyRequests: { title: 'Too Many Requests' },
    unavailable: { title: 'Service Unavailable' },
    internal: { title: 'Internal Server Error', message: 'The server encountered an unexpected condition.' },
    body: ({ title, message, faults }) => ({
      title,
      message,
      ...(faults.length > 0 && { details: faults.map((one) => ({ parameter: one.field, message: one.message })) }),
    }),
  }),
  deliveries: {
    body: json({
      event: event.type,
      created_at: computed(({ event: { occurredAt } }) => micros(occurredAt)),
      created_by: computed(({ endpoint: { tenant } }) => `https://api.calendly.com/users/${tenant}`),
      payload: event.data,
    }),
    headers: { 'Calendly-Webhook-Signature': sign.timestamped() },
    secrets: secrets.text({ form: '{base62:43}' }),
    timeout: '15s',
    // Exponential, for up to 24 hours. Then the subscription is disabled.
    waits: '1m 2m 4m 8m 16m 32m 1h 2h 4h 8h 7h',
    outcomes: { gone: '410' },
    deletesGone: true,
    health: health.streak('1d'),
  },
  examples,
})
