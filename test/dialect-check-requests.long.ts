// The check of dialects with forms, verbs, logs, a key in the query, and basic authentication.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openSite } from '../src/testing/site.ts'
import { checkDialect } from '../src/dialect-check/check-dialect.ts'
import { auth, defineDialect, type DialectDefinition, webhooks } from '../src/dialect-kit/index.ts'
import { registry } from '../src/dialects/registry.ts'
import { acme } from './support/acme.ts'

function dialect(name: string, parts: Partial<DialectDefinition>) {
  const { examples: _, ...good } = acme(name)
  return defineDialect({ ...good, api: { ...good.api, prefixes: [`/${name}`] }, ...parts })
}

const forms = (name: string, change: DialectDefinition['endpoint'] = {}) =>
  dialect(name, {
    requests: ['form'],
    authentication: auth.basic({ key: 'user' }),
    endpoint: {
      id: { is: 'id' },
      Url: { is: 'url', on: 'create! change' },
      enabled_events: { is: 'eventTypes', on: 'create! change', known: true },
      'options.active': { is: 'enabled', on: 'create change' },
      description: { is: 'description', on: 'create change', nullable: true },
      secret: { is: 'secret', shown: 'create' },
      ...change,
    },
    routes: {
      [`GET /${name}/hooks`]: webhooks.list({ wrap: 'data' }),
      [`POST /${name}/hooks`]: webhooks.create(),
      [`POST /${name}/hooks/{id}`]: webhooks.change(),
      [`GET /${name}/hooks/{id}`]: webhooks.get(),
      [`DELETE /${name}/hooks/{id}`]: webhooks.remove({ answer: (id) => ({ id, deleted: true }) }),
    },
  })

const events = webhooks.eventLog({ each: ({ id, type, data }) => ({ id, type, data: { object: data } }) })
const log = webhooks.deliveryLog({
  list: ({ id, status }) => ({ id, status }),
  get: ({ id, status, body }) => ({ id, status, payload: body }),
})
const sizes = { sizeDefault: 10, sizeMax: 100 }
const verbs = dialect('verbs', {
  api: { title: 'Verbs', version: '1', prefixes: ['/verbs'], bodyMember: 'webhook' },
  authentication: auth.query('access_token'),
  routes: {
    'GET /verbs/hooks': webhooks.list({ wrap: 'hooks' }),
    'POST /verbs/hooks': webhooks.create({ wrap: 'webhook' }),
    'GET /verbs/hooks/count': webhooks.count(),
    'GET /verbs/events': events.list({ ...sizes, answer: (data) => ({ data }) }),
    'GET /verbs/events/{event}': events.get(),
    'GET /verbs/hooks/{id}': webhooks.get({ wrap: 'webhook' }),
    'PUT /verbs/hooks/{id}': webhooks.change({ wrap: 'webhook' }),
    'PATCH /verbs/hooks/{id}': webhooks.patch({ wrap: 'webhook' }),
    'DELETE /verbs/hooks/{id}': webhooks.remove(),
    'POST /verbs/hooks/{id}/disable': webhooks.disable({ wrap: 'webhook' }),
    'POST /verbs/hooks/{id}/enable': webhooks.enable({ wrap: 'webhook' }),
    'GET /verbs/hooks/{id}/secret': webhooks.secret({ answer: (key) => ({ key }) }),
    'POST /verbs/hooks/{id}/pings': webhooks.ping(),
    'GET /verbs/hooks/{id}/deliveries': log.list({ ...sizes, answer: (rows) => rows }),
    'GET /verbs/hooks/{id}/deliveries/{delivery}': log.get(),
  },
})

const good = forms('forms')
const leaky = forms('leaky', { hint: { is: 'computed', show: ({ secrets: [secret] }) => secret?.value } })
const site = await openSite([...registry, good, leaky, verbs])
after(() => site.close())

const faultsOf = async (defined: typeof good): Promise<string> =>
  (await checkDialect(defined, site)).flatMap(({ faults }) => faults).join('\n')

test('a good dialect with forms has no faults', async () => assert.equal(await faultsOf(good), ''))

test('a good dialect with verbs and logs has no faults', async () => assert.equal(await faultsOf(verbs), ''))

test('a fault of a dialect with forms is found', async () => {
  assert.match(await faultsOf(leaky), /POST \/leaky\/hooks\/\{id\} shows the secret, and no field says so in "shown"/)
})
