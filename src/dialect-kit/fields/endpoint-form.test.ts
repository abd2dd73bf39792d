// The requests that make endpoints, of the dialects that are shipped.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme } from '../../../test/support/dialect-rig.ts'
import { registry } from '../../dialects/registry.ts'
import { change, create, get } from '../operations/operations.ts'
import { disable } from '../operations/verbs.ts'

const forms = new Map(registry.map(({ dialect }) => [dialect.name, dialect.endpointForm]))
const operations = new Map(registry.map(({ dialect }) => [dialect.name, dialect.endpointOperations]))

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

test('the requests that change an endpoint are those of the vendor', () => {
  const of = (name: string) =>
    Object.entries(operations.get(name) ?? {}).map(([operation, form]) => [
      operation,
      form && `${form.method} ${form.path} ${form.fields.map((field) => field.name).join(' ')}`.trim(),
    ])
  assert.deepEqual(of('allo'), [
    ['change', 'PUT /v2/api/webhooks/{endpoint} url topics description enabled'],
    ['enable', 'PUT /v2/api/webhooks/{endpoint} enabled'],
    ['disable', 'PUT /v2/api/webhooks/{endpoint} enabled'],
    ['rotate', null],
    ['delete', 'DELETE /v2/api/webhooks/{endpoint}'],
  ])
  assert.deepEqual(of('storno')[3], ['rotate', 'POST /api/v1/webhooks/{endpoint}/regenerate-secret'])
  assert.deepEqual(of('partoo'), [
    ['change', 'PUT /v2/webhooks/{endpoint} url custom_headers'],
    ['enable', null],
    ['disable', null],
    ['rotate', null],
    ['delete', 'DELETE /v2/webhooks/{endpoint}'],
  ])
  assert.deepEqual(
    of('standard').map(([, form]) => form),
    Array(5).fill(null),
  )
  // `PATCH` keeps the fields that it does not give, `PUT` of this vendor does not.
  assert.equal(operations.get('ultravox')?.change?.method, 'PATCH')
})

test('a webhook that a field names has the field in the path, and so have its parents', () => {
  const { dialect } = acme({
    endpoint: {
      repo: { is: 'filter', attribute: 'repo', on: 'create!', from: 'path' },
      name: { is: 'detail', on: 'create!', key: true },
      url: { is: 'url', on: 'create! change' },
      events: { is: 'eventTypes', on: 'create!' },
      state: { is: 'enabled', words: ['on', 'off'] },
    },
    routes: {
      'POST /acme/{repo}/hooks': create(),
      'GET /acme/{repo}/hooks/{name}': get(),
      'PUT /acme/{repo}/hooks/{name}': change(),
      'POST /acme/{repo}/hooks/{name}/off': disable(),
    },
  })
  const { change: form, enable: on, disable: off } = dialect.endpointOperations
  assert.equal(form?.path, '/acme/{repo}/hooks/{name}')
  assert.deepEqual(
    form?.fields.map(({ name, in: place, is, of }) => [name, place, is, of]),
    [
      ['repo', 'path', 'filter', 'repo'],
      ['name', 'path', 'detail', 'name'],
      ['url', 'body', 'url', null],
    ],
  )
  assert.equal(off?.path, '/acme/{repo}/hooks/{name}/off')
  assert.equal(on, null)
  const { create: taken, change: changed, required, shown } = dialect.customerFields ?? {}
  assert.deepEqual([...(taken ?? [])], ['filters.repo', 'details.name', 'url', 'eventTypes'])
  assert.deepEqual([...(required ?? [])], ['filters.repo', 'details.name', 'url', 'eventTypes'])
  assert.deepEqual([...(changed ?? [])], ['url', 'enabled'])
  assert.ok(shown?.has('enabled') && !shown.has('description') && !shown.has('headers'))
})
