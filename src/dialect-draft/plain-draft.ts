// The draft of a product of which nothing is known: the commonest choices, each marked as a guess.

import type { Code, Draft } from './draft.ts'
import { quoted } from './draft.ts'

const common = 'the commonest choice'

export function guess(code: string, reason: string = common): Code {
  return { code, guess: reason }
}

export function plainDraft(name: string): Draft {
  const path = `/${name}/webhooks`
  const title = name.replace(/^./, (letter) => letter.toUpperCase())
  return {
    name,
    title: guess(quoted(title), 'the name of the product'),
    version: '1.0.0',
    prefix: guess(quoted(path), 'the path of your API'),
    ids: {
      tenant: guess(quoted('account_{base62:16}'), 'the form of the ids of your customers'),
      endpoint: guess(quoted('wh_{base62:20}'), 'the form of the ids of your webhooks'),
      event: guess(quoted('evt_{time:20}'), 'the form of the ids of your events'),
    },
    keyForm: guess(quoted(`${name}_{base62:40}`), 'the form of your API keys'),
    authentication: guess('auth.bearer()', 'the way in which your customers send their key'),
    requests: null,
    events: { types: { 'thing.happened': 'A thing happened' }, guess: 'the types of your events' },
    fields: {
      id: guess("{ is: 'id' }"),
      url: guess("{ is: 'url', on: 'create! change' }"),
      events: guess("{ is: 'eventTypes', on: 'create! change' }"),
      description: guess("{ is: 'description', nullable: true, on: 'create change' }"),
      enabled: guess("{ is: 'enabled', on: 'create change' }"),
      secret: guess("{ is: 'secret', shown: 'create' }", 'the secret may be shown elsewhere, or chosen by customers'),
      created_at: guess("{ is: 'createdAt', form: 'isoInSeconds' }"),
    },
    routes: {
      [`GET ${path}`]: guess("webhooks.list({ wrap: 'data' })", 'the list may have no envelope, or come in pages'),
      [`POST ${path}`]: guess('webhooks.create()'),
      [`GET ${path}/{id}`]: guess('webhooks.get()'),
      [`PATCH ${path}/{id}`]: guess('webhooks.change()'),
      [`DELETE ${path}/{id}`]: guess('webhooks.remove()'),
    },
    leftOut: [],
    errors: guess(
      "errors.own<{ code: string }>({ otherwise: { code: 'error' }, body: ({ code, message }) => ({ error: { code, message } }) })",
      'the form of your errors, and your codes',
    ),
    body: guess(
      'json({ id: event.id, type: event.type, created_at: event.occurredAt.iso, data: event.data })',
      'the body of your deliveries',
    ),
    headers: { 'user-agent': guess(quoted(`${title}-Webhooks/1.0`)) },
    signature: guess('...sign.standardWebhooks()', 'the scheme of your signature: Standard Webhooks'),
    secrets: guess('secrets.standard', 'the form of your secrets: that of Standard Webhooks'),
    timeout: guess(quoted('10s'), 'how long you wait for an answer'),
    waits: guess(quoted('5s 5m 30m 2h 5h 10h'), 'the waits between your attempts'),
  }
}
