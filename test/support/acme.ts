// A product that does not exist, with the examples of its pages. Tests plant faults in its definition.

import { createHmac } from 'node:crypto'
import {
  auth,
  body,
  type DialectDefinition,
  errors,
  event,
  type Examples,
  health,
  json,
  secrets,
  sentAt,
  sign,
  text,
  webhooks,
} from '../../src/dialect-kit/index.ts'

export const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
  },
}

export const sayings = {
  otherwise: { code: 'bad_request' },
  unauthenticated: { code: 'unauthorized', message: 'A good key is needed.' },
  notFound: { code: 'not_found', message: 'There is no such hook.' },
  schema: errorSchema,
} as const

/** The definition of a good dialect; its paths begin with its name. */
export function acme(name: string): DialectDefinition {
  const path = `/${name}/hooks`
  return {
    name,
    title: 'Acme',
    api: { title: 'Acme', version: '1', prefixes: [path] },
    ids: { tenant: 'acc_{base62:12}', endpoint: 'hook_{base62:12}', event: 'evt_{time:20}' },
    keys: { form: 'acme_{base62:40}', scopes: ['read', 'write'], needs: { read: 'read', write: 'write' } },
    authentication: auth.bearer(),
    events: { 'order.paid': 'An order was paid', 'order.refunded': 'An order was refunded' },
    testEvent: () => ({ type: 'order.paid', data: { test: true } }),
    endpoint: {
      id: { is: 'id' },
      target: { is: 'url', on: 'create! change' },
      topics: { is: 'eventTypes', on: 'create! change' },
      note: { is: 'description', nullable: true, on: 'create change' },
      paused: { is: 'enabled', inverted: true, on: 'create change' },
      secret: { is: 'secret', on: 'create change', shown: 'create rotate' },
      created: { is: 'createdAt', form: 'unixSeconds' },
    },
    routes: {
      [`GET ${path}/topics`]: webhooks.eventTypes({ wrap: 'topics' }),
      [`GET ${path}`]: webhooks.list({ wrap: 'hooks' }),
      [`POST ${path}`]: webhooks.create({ wrap: 'hook' }),
      [`GET ${path}/{id}`]: webhooks.get({ wrap: 'hook' }),
      [`PATCH ${path}/{id}`]: webhooks.change({ wrap: 'hook' }),
      [`DELETE ${path}/{id}`]: webhooks.remove(),
      [`POST ${path}/{id}/rotate`]: webhooks.rotate({ wrap: 'hook' }),
    },
    errors: errors.own<{ code: string }>({
      ...sayings,
      body: ({ code, message }) => ({ error: { code, message } }),
    }),
    deliveries: {
      body: json({ id: event.id, kind: event.type, at: event.occurredAt.unixSeconds, order: event.data }),
      headers: {
        'x-acme-time': sentAt.unixSeconds,
        'x-acme-signature': text('v1=', sign.newest(sign.hmac({ over: [sentAt.unixSeconds, '.', body] }))),
      },
      secrets: secrets.text({ form: 'sec_{base62:32}' }),
      timeout: '5s',
      waits: '1m 5m',
      health: health.streak('5d'),
    },
    examples: examplesOf(path),
  }
}

function examplesOf(path: string): Examples {
  const hook = {
    id: 'hook_2NfDKEm9sF8x',
    target: 'https://example.com/hooks/acme',
    topics: ['order.paid'],
    note: null,
    paused: false,
    created: 1_769_860_800,
  }
  const given = { target: hook.target, topics: hook.topics }
  const sent = '{"id":"evt_1","kind":"order.paid","at":1769860800,"order":{"total":1.0}}'
  const signature = createHmac('sha256', 'sec_of_the_example').update(`1769860801.${sent}`).digest('hex')
  return {
    requests: [
      {
        route: `POST ${path}`,
        body: given,
        answer: { status: 201, body: { hook: { ...hook, secret: 'sec_4fKq0mB2LrXtY8vN' } } },
      },
      { route: `GET ${path}/{id}`, answer: { status: 200, body: { hook } } },
      { route: `GET ${path}`, answer: { status: 200, body: { hooks: [hook] } } },
      {
        route: `GET ${path}/{id}`,
        absentId: hook.id,
        answer: { status: 404, body: { error: { code: 'not_found', message: 'There is no such hook.' } } },
      },
      {
        route: `GET ${path}`,
        key: 'none',
        answer: { status: 401, body: { error: { code: 'unauthorized', message: 'A good key is needed.' } } },
      },
    ],
    deliveries: [
      {
        event: { id: 'evt_1', type: 'order.paid', data: '{"total":1.0}', occurredAt: '2026-01-31T12:00:00.123Z' },
        secret: 'sec_of_the_example',
        sentAt: '2026-01-31T12:00:01.456Z',
        body: sent,
        headers: {
          'Content-Type': 'application/json',
          'X-Acme-Time': '1769860801',
          'X-Acme-Signature': `v1=${signature}`,
        },
      },
    ],
    retries: { attempts: 3, timeout: '5s' },
  }
}
