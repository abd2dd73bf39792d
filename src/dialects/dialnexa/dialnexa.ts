// DialNexa. Sources, and where this file departs from them: README.md in this folder.

import { auth, defineDialect, errors, event, json, pages, secrets, sign, text, Type, webhooks } from 'posthorn/dialect'
import { examples } from './examples.ts'

const scopes = { read: 'webhooks.read', write: 'webhooks.manage' }

export default defineDialect({
  name: 'dialnexa',
  title: 'DialNexa',
  api: { title: 'DialNexa API: webhooks', version: '1.0.0', prefixes: ['/v1/user-webhooks'] },
  ids: { tenant: 'ws_{base36:12}', endpoint: 'whk_{base36:12}', event: 'evt_{time:20}' },
  // The whole `key_id:secret` is the token.
  keys: { form: '{base36:14}:{base36:32}', scopes: Object.values(scopes), needs: scopes },
  authentication: auth.bearer(),
  quotas: { key: { all: '150/60s' } },
  quotaHeaders: 'x-ratelimit',
  events: {
    'call.completed': 'A call ended successfully',
    'call.failed': 'A call failed',
    'call.no_answer': 'A call rang and was not answered',
    'campaign.completed': 'All leads of a campaign were called',
    'campaign.paused': 'A campaign was paused',
    'workflow.lead.completed': 'A lead went through a workflow',
  },
  openCatalogue: true,
  testEvent: ({ eventTypes: [type = 'call.completed'] }) => ({ type, data: { test: true } }),
  endpoint: {
    id: { is: 'id', schema: { description: 'The webhook ID, for example whk_c9v3nz8rq4pm.' } },
    url: {
      is: 'url',
      on: 'create! change',
      schema: { format: 'url', maxLength: 2048, description: 'HTTPS URL, publicly reachable.' },
    },
    events: {
      is: 'eventTypes',
      on: 'create! change',
      items: { minLength: 1, maxLength: 128 },
      schema: {
        minItems: 1,
        maxItems: 100,
        description: 'Names of events; one that is not in the catalogue is taken too.',
      },
    },
    is_active: { is: 'enabled', on: 'create change', schema: { description: 'Whether the webhook receives events.' } },
    created_at: { is: 'createdAt', form: 'iso' },
    // A new secret replaces the old one at once: the vendor has no overlap.
    secret: {
      is: 'secret',
      on: 'create! change',
      shown: 'create',
      schema: { minLength: 1, maxLength: 256, description: 'Deliveries are signed with it.' },
    },
  },
  routes: {
    'POST   /v1/user-webhooks': webhooks.create(),
    'GET    /v1/user-webhooks': webhooks.list({
      where: { is_active: { schema: Type.Boolean(), test: ({ enabled }, wanted: boolean) => enabled === wanted } },
      pages: pages.numbered({
        sizeDefault: 20,
        sizeMax: 100,
        answer: (data, { page, size, total, pageCount }) => ({
          data,
          meta: { page, limit: size, total, totalPages: pageCount },
        }),
      }),
    }),
    'GET    /v1/user-webhooks/{id}': webhooks.get(),
    'PATCH  /v1/user-webhooks/{id}': webhooks.change(),
    'DELETE /v1/user-webhooks/{id}': webhooks.remove({ answer: () => ({ message: 'Webhook deleted.' }) }),
  },
  errors: errors.nest({
    notFound: 'Webhook not found',
    forbidden: 'You do not have permission to access this resource',
    tooManyRequests: 'Too many requests. Please slow down and retry after a moment.',
    owner: 'workspace',
    order: ['url', 'events', 'secret', 'is_active', 'page', 'limit'],
  }),
  deliveries: {
    body: json({ event_type: event.type, payload: event.data }),
    // Only the newest secret signs: the header holds one signature.
    headers: {
      'user-agent': 'DialNexa-External-Webhook/1.0',
      'x-dialnexa-signature': text('sha256=', sign.newest(sign.hmac())),
    },
    secrets: secrets.text({ form: 'whsec_{base62:32}' }),
    timeout: '5s',
    // Four attempts over 21 min. The vendor promises no times, so waits may have jitter.
    waits: '1m 5m 15m',
  },
  examples,
})
