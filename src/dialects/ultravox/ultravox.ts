// Ultravox. Sources, and where this file departs from them: README.md in this folder.

import {
  auth,
  body,
  defineDialect,
  errors,
  event,
  health,
  isoMicroseconds,
  json,
  pages,
  secrets,
  sentAt,
  sign,
  Type,
  webhooks,
} from 'posthorn/dialect'
import { sampleCall } from './sample-call.ts'
import { examples } from './examples.ts'

const secretCharsMax = 120
const uuid = { format: 'uuid' }
const sentTime = sentAt.isoMicrosecondsWithOffset

export default defineDialect({
  name: 'ultravox',
  title: 'Ultravox',
  api: { title: 'Ultravox: webhooks', version: '0.1.0', prefixes: ['/api/webhooks'] },
  // Only the operator sees event ids: the vendor's deliveries have none.
  ids: { tenant: 'account-{base62:12}', endpoint: '{uuid4}', event: 'evt_{time:20}' },
  keys: { form: '{base62:8}.{base62:32}' },
  // Web pages may send only the second one.
  authentication: auth.anyOf(auth.header('X-API-Key'), auth.header('X-Unsafe-API-Key', { fromWebPages: true })),
  quotas: { tenant: { all: '500/1s' }, key: { all: '200/1s' } },
  events: {
    'call.started': 'A call was created',
    'call.joined': 'A client connected to a call',
    'call.ended': 'A call ended, or no client joined it in time',
    'call.billed': "A call's billing is final",
  },
  testEvent: (endpoint) => {
    const type = endpoint.eventTypes[0] ?? 'call.started'
    return { type, data: sampleCall(endpoint, type) }
  },
  endpoint: {
    webhookId: { is: 'id', schema: uuid },
    agentId: { is: 'filter', attribute: 'agentId', orInData: true, on: 'create change', nullable: true, schema: uuid },
    created: { is: 'createdAt', form: 'isoInMicroseconds' },
    url: { is: 'url', on: 'create! change', schema: { format: 'uri', maxLength: 200 } },
    secrets: {
      is: 'secrets',
      on: 'create change',
      shown: 'create get list change',
      items: { minLength: 1, maxLength: secretCharsMax },
      schema: { description: 'Each signs; none given: one is generated; an empty list: deliveries are not signed.' },
    },
    events: { is: 'eventTypes', on: 'create! change', known: true },
    status: { is: 'status', show: (status) => health.readExhaustion(status.health).status },
    lastStatusChange: { is: 'status', show: (status) => timeOrNull(health.readExhaustion(status.health).changedAt) },
    recentFailures: {
      is: 'status',
      show: (status) =>
        health
          .readExhaustion(status.health)
          .failures.map(({ at, text }) => ({ timestamp: timeOrNull(at), failure: text })),
    },
  },
  rules: { schemes: ['https:', 'http:'], urlCharsMax: 200, eventTypesAsWritten: true },
  routes: {
    'GET    /api/webhooks': webhooks.list({
      operationId: 'webhooks_list',
      where: {
        agentId: {
          schema: Type.Union([Type.String(uuid), Type.Literal('')]),
          test: ({ filters }, wanted: string) => wanted === '' || filters['agentId'] === wanted.toLowerCase(),
        },
      },
      pages: pages.django({ sizeName: 'pageSize', sizeDefault: 100, sizeMax: 1000 }),
    }),
    'POST   /api/webhooks': webhooks.create({ operationId: 'webhooks_create' }),
    'GET    /api/webhooks/{webhook_id}': webhooks.get({ operationId: 'webhooks_retrieve' }),
    'PUT    /api/webhooks/{webhook_id}': webhooks.replace({ operationId: 'webhooks_update' }),
    'PATCH  /api/webhooks/{webhook_id}': webhooks.change({ operationId: 'webhooks_partial_update' }),
    'DELETE /api/webhooks/{webhook_id}': webhooks.remove({ operationId: 'webhooks_destroy' }),
  },
  errors: errors.django({
    uuids: ['agentId'],
    lists: ['events', 'secrets'],
    unauthenticated: 403,
    keyUnknown: 'Invalid API key',
  }),
  deliveries: {
    body: json({ event: event.type, call: event.data }),
    headers: {
      'user-agent': 'Webhooks/1.0',
      'x-ultravox-webhook-timestamp': sentTime,
      // No space after the comma: the vendor's sample receivers split and do not trim.
      'x-ultravox-webhook-signature': sign.all(sign.hmac({ over: [body, sentTime] })),
    },
    secrets: secrets.text({ form: '{base62:40}', fault: secretFault }),
    timeout: '10s',
    // Ten retries over 8 h 31 min 30 s; each wait is twice the one before. The times are approximate.
    waits: '30s 1m 2m 4m 8m 16m 32m 64m 128m 256m',
    health: health.exhaustion,
  },
  examples,
})

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : `${isoMicroseconds(ms)}Z`
}

function secretFault(secret: string): string | null {
  if (secret === '') return 'may not be blank'
  // The vendor counts code points.
  if (Array.from(secret).length > secretCharsMax) return `must have at most ${secretCharsMax} characters`
  return secret.isWellFormed() ? null : 'must be well-formed Unicode text'
}
