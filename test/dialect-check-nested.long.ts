// The check of a dialect whose webhooks have parents in the path, a parameter of the query, and fields inside fields.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openSite } from '../src/testing/site.ts'
import { checkDialect } from '../src/dialect-check/check-dialect.ts'
import { defineDialect, type DialectDefinition, webhooks } from '../src/dialect-kit/index.ts'
import { registry } from '../src/dialects/registry.ts'
import { acme } from './support/acme.ts'

const url = 'https://example.com/in'
const shown = {
  id: 'hook_2NfDKEm9sF8x',
  repo: 'a text',
  name: 'first',
  config: { url, rate: 5 },
  events: ['order.paid'],
}

function nested(name: string, change: DialectDefinition['endpoint'] = {}) {
  const path = `/${name}/{owner}/{repo}/hooks`
  return defineDialect({
    ...acme(name),
    api: { title: 'Nested', version: '1', prefixes: [`/${name}`] },
    endpoint: {
      id: { is: 'id' },
      owner: { is: 'filter', attribute: 'owner', from: 'path', on: 'create!', shown: 'never' },
      repo: { is: 'detail', from: 'path', on: 'create!' },
      region: { is: 'detail', from: 'query', on: 'create', shown: 'never', schema: { enum: ['eu', 'us'] } },
      name: { is: 'detail', on: 'create! change', schema: { minLength: 1, maxLength: 10 } },
      'config.url': { is: 'url', on: 'create! change' },
      'config.rate': { is: 'detail', on: 'create change', default: 5, schema: { type: 'integer', maximum: 9 } },
      'config.secret': { is: 'secret', on: 'create change', shown: 'never' },
      events: { is: 'eventTypes', on: 'create! change' },
      ...change,
    },
    routes: {
      [`GET ${path}`]: webhooks.list({ wrap: 'hooks' }),
      [`POST ${path}`]: webhooks.create(),
      [`GET ${path}/{id}`]: webhooks.get(),
      [`PATCH ${path}/{id}`]: webhooks.change(),
      [`PUT ${path}/{id}`]: webhooks.replace(),
      [`DELETE ${path}/{id}`]: webhooks.remove(),
    },
    examples: { requests: [{ route: `GET ${path}/{id}`, answer: { status: 200, body: shown } }] },
  })
}

const good = nested('nested')
const leaky = nested('leaky', { 'config.secret': { is: 'secret', on: 'create change' } })
const other = nested('other', {
  'config.rate': { is: 'detail', on: 'create change', shown: 'never', schema: { type: 'integer' } },
})
const site = await openSite([...registry, good, leaky, other])
after(() => site.close())

const faultsOf = async (defined: typeof good): Promise<string> =>
  (await checkDialect(defined, site)).flatMap(({ faults }) => faults).join('\n')

test('a good one has no faults', async () => assert.equal(await faultsOf(good), ''))

test('a secret inside a field is found', async () => {
  assert.match(await faultsOf(leaky), /endpoint\.config\.secret: say in "shown"/)
})

test('a field inside another that an example has is missed', async () => {
  assert.match(await faultsOf(other), /at config\.rate the example has it, and the answer has nothing/)
})
