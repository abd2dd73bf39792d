// The requests that make endpoints, of the dialects that are shipped.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registry } from '../../dialects/registry.ts'

const forms = new Map(registry.map(({ dialect }) => [dialect.name, dialect.endpointForm]))

test('method, path, key and tenant are those of the vendor', () => {
  const of = (name: string) => {
    const { method, path, headers, query, member, isList } = forms.get(name) ?? {}
    return { method, path, headers, query, member, isList }
  }
  const plain = { method: 'POST', query: {}, member: null, isList: false }
  assert.deepEqual(of('allo'), { ...plain, path: '/v2/api/webhooks', headers: { authorization: 'Api-Key {key}' } })
  assert.deepEqual(of('storno'), {
    ...plain,
    path: '/api/v1/webhooks',
    headers: { authorization: 'Bearer {key}', 'X-Company': '{tenant}' },
  })
  assert.deepEqual(of('partoo'), {
    ...plain,
    path: '/v2/webhooks',
    headers: { 'x-apikey': '{key}' },
    query: { org_id: '{tenant}' },
    member: 'items',
    isList: true,
  })
  assert.equal(forms.get('standard'), null)
})

test('the fields are those that customers write, in the order of the vendor', () => {
  const names = (name: string) =>
    forms.get(name)?.fields.map((field) => `${field.name}=${field.of ?? field.is}${field.isRequired ? '!' : ''}`)
  assert.deepEqual(names('allo'), ['url=url!', 'topics=eventTypes!', 'description=description'])
  assert.deepEqual(names('partoo'), ['url=url!', 'event_type=eventType!', 'custom_headers=headers'])
  assert.deepEqual(names('ultravox'), ['agentId=agentId', 'url=url!', 'secrets=secrets', 'events=eventTypes!'])
  const isActive = forms.get('storno')?.fields.find(({ name }) => name === 'isActive')
  assert.deepEqual(isActive?.words, { on: true, off: false })
})
