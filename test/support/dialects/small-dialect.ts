// A dialect with one route, for tests of deliveries: endpoints are made by the operator.

import { auth, defineDialect, errors, webhooks, type DefinedDialect, type DialectDefinition } from 'posthorn/dialect'

export function smallDialect(
  name: string,
  deliveries: DialectDefinition['deliveries'],
  more: Partial<Pick<DialectDefinition, 'routes' | 'tenantSettings' | 'variants'>> = {},
): DefinedDialect {
  return defineDialect({
    name,
    title: name,
    api: { title: name, version: '1', prefixes: [`/${name}`] },
    ids: { tenant: 'ten_{base62:12}', endpoint: 'hook_{base62:12}', event: 'evt_{time:20}' },
    keys: { form: `${name}_{base62:40}` },
    authentication: auth.bearer(),
    events: { 'order.paid': 'An order was paid', 'order.lost': 'An order was lost' },
    testEvent: () => ({ type: 'order.paid', data: {} }),
    rules: { wildcards: 'prefix' },
    endpoint: {
      id: { is: 'id' },
      url: { is: 'url', on: 'create!' },
      events: { is: 'eventTypes', on: 'create!' },
    },
    errors: errors.own<object>({ otherwise: {}, body: ({ message }) => ({ message }) }),
    deliveries,
    ...more,
    routes: { [`GET /${name}/hooks/{id}`]: webhooks.get(), ...more.routes },
  })
}

/** The history that shows the body of a delivery. */
export const records = webhooks.history({
  times: 'unixSeconds',
  words: { succeeded: 'ok', failed: 'failed', pending: 'pending' },
  failures: { timedOut: 'timed out', rejected: 'HTTP {status}', unreachable: '{error}' },
  fields: { number: 'number', method: 'method', body: 'body', response: 'response' },
})
