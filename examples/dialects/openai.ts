// OpenAI's webhook endpoints, as an example: OpenAI did not make this file. README.md has the sources and the gaps.

import { auth, defineDialect, errors, event, json, pages, secrets, sign, webhooks } from 'posthorn/dialect'
import { examples } from './openai.examples.ts'

// Below the base URL of the clients, which is https://api.openai.com/v1.
const path = '/webhook_endpoints'

const hint = (secret: string): string => `${secret.slice(0, 8)}...${secret.slice(-4)}`

export default defineDialect({
  name: 'openai',
  title: 'OpenAI (example)',
  api: { title: 'OpenAI API: webhook endpoints', version: '2.3.0', prefixes: [path] },
  ids: { tenant: 'proj_{base62:24}', endpoint: 'whe_{hex:32}', event: 'evt_{time:32}' },
  keys: { form: 'sk-proj-{base62:48}' },
  authentication: auth.bearer(),
  events: {
    'batch.completed': 'A batch API request has been completed',
    'batch.failed': 'A batch API request has failed',
    'batch.expired': 'A batch API request has expired',
    'batch.cancelled': 'A batch API request has been cancelled',
    'response.completed': 'A background response has been completed',
    'response.failed': 'A background response has failed',
    'response.cancelled': 'A background response has been cancelled',
    'response.incomplete': 'A background response has been interrupted',
    'eval.run.succeeded': 'An eval run has succeeded',
    'eval.run.failed': 'An eval run has failed',
    'eval.run.canceled': 'An eval run has been canceled',
    'fine_tuning.job.succeeded': 'A fine-tuning job has succeeded',
    'fine_tuning.job.failed': 'A fine-tuning job has failed',
    'fine_tuning.job.cancelled': 'A fine-tuning job has been cancelled',
    'realtime.call.incoming': 'The Realtime API receives an incoming SIP call',
    'video.completed': 'A video generation has been completed',
    'video.failed': 'A video generation has failed',
    'safety.alert.created': 'A safety alert was created',
  },
  testEvent: ({ eventTypes: [type = 'response.completed'] }) => ({ type, data: { id: 'sample' } }),
  endpoint: {
    id: { is: 'id' },
    object: { is: 'computed', show: () => 'webhook_endpoint', schema: { const: 'webhook_endpoint' } },
    created_at: { is: 'createdAt', form: 'unixSeconds' },
    updated_at: { is: 'updatedAt', form: 'unixSeconds' },
    name: { is: 'detail', on: 'create! change', schema: { minLength: 1, maxLength: 256 } },
    url: { is: 'url', on: 'create! change', schema: { maxLength: 2048 } },
    event_types: { is: 'eventTypes', known: true, on: 'create! change', schema: { minItems: 1 } },
    signing_secret: { is: 'secret', shown: 'create rotate' },
    signing_secret_hint: { is: 'computed', show: ({ secrets: [newest] }) => newest && hint(newest.value) },
  },
  routes: {
    [`GET    ${path}`]: webhooks.list({
      pages: pages.cursor({
        after: 'after',
        cursors: 'ids',
        sizeDefault: 20,
        sizeMax: 100,
        answer: (data, { hasMore, firstId, lastId }) => ({
          object: 'list',
          data,
          first_id: firstId,
          last_id: lastId,
          has_more: hasMore,
        }),
      }),
    }),
    [`POST   ${path}`]: webhooks.create({ status: 200 }),
    [`GET    ${path}/{webhook_endpoint_id}`]: webhooks.get(),
    [`POST   ${path}/{webhook_endpoint_id}`]: webhooks.change(),
    [`DELETE ${path}/{webhook_endpoint_id}`]: webhooks.remove({
      answer: (id) => ({ object: 'webhook_endpoint.deleted', id, deleted: true }),
    }),
    [`POST   ${path}/{webhook_endpoint_id}/rotate_secret`]: webhooks.rotate({
      overlap: '1d',
      overlapIf: 'keep_old_secret_active_for_24_hours',
    }),
    [`POST   ${path}/{webhook_endpoint_id}/test`]: webhooks.ping({
      waits: true,
      type: { in: 'body', name: 'event_type' },
      answer: ({ endpointId, eventType, statusCode }) => ({
        object: 'webhook_endpoint.test',
        webhook_endpoint_id: endpointId,
        event_type: eventType,
        status_code: statusCode,
        success: true,
      }),
    }),
  },
  errors: errors.own<{ type: string; code: string | null; param?: string }>({
    otherwise: { type: 'invalid_request_error', code: null },
    'unauthenticated:missing': { message: "You didn't provide an API key." },
    unauthenticated: { code: 'invalid_api_key', message: 'Incorrect API key provided.' },
    notFound: { code: 'not_found', message: "No webhook endpoint found with id '{id}'." },
    routeUnknown: { code: 'unknown_url', message: 'Unknown request URL: {method} {path}.' },
    methodNotAllowed: { code: 'method_not_supported' },
    invalid: ({ fields: [fault] }) => ({
      code: fault?.rule === 'required' ? 'missing_required_parameter' : 'invalid_value',
      param: fault?.field ?? '',
    }),
    tooManyRequests: { type: 'requests', code: 'rate_limit_exceeded' },
    unavailable: { type: 'server_error' },
    internal: { type: 'server_error' },
    body: ({ message, type, param = null, code }) => ({ error: { message, type, param, code } }),
  }),
  deliveries: {
    body: json({
      id: event.id,
      object: 'event',
      created_at: event.occurredAt.unixSeconds,
      type: event.type,
      data: event.data,
    }),
    headers: { 'user-agent': 'OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)', ...sign.standardWebhooks() },
    secrets: secrets.standard,
    timeout: '20s',
    // Exponential, for up to 72 hours.
    waits: '10s 1m 10m 1h 2h 4h 8h 16h 20h 20h',
  },
  examples,
})
