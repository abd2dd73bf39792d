// Definitions that cannot be used, and the parts of an API that follow from a definition.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Problem } from '../domain/problem.ts'
import type { AskedRequest } from '../http/front.ts'
import { keyHeader } from './access/authentication.ts'
import { json } from './deliveries/body.ts'
import { compileFields } from './fields/compile-fields.ts'
import { defineDialect } from './define-dialect.ts'
import type { DialectDefinition } from './definition.ts'
import { errors } from './errors/errors.ts'
import type { FieldMap } from './fields/fields.ts'
import { patch } from './operations/json-patch.ts'
import { get } from './operations/operations.ts'
import { event } from './deliveries/parts.ts'
import { textSecrets } from './deliveries/secrets.ts'

const acme: DialectDefinition = {
  name: 'acme',
  title: 'Acme',
  api: { title: 'Acme', version: '1', prefixes: ['/hooks'] },
  ids: { tenant: 'acc_{base62:12}', endpoint: 'hook_{base62:12}', event: 'evt_{time:20}' },
  keys: { form: 'acme_{base62:40}' },
  authentication: keyHeader('X-Key'),
  events: { 'order.paid': 'An order was paid' },
  testEvent: () => ({ type: 'order.paid', data: {} }),
  endpoint: { id: { is: 'id' }, url: { is: 'url', on: 'create!' } },
  routes: { 'GET /hooks/{id}': get() },
  errors: errors<{ code?: string }>({ otherwise: {}, body: ({ message, code }) => ({ message, code }) }),
  deliveries: {
    body: json({ type: event.type }),
    headers: {},
    secrets: textSecrets({ form: '{hex:32}' }),
    timeout: '5s',
    waits: '1m',
  },
}

suite('a definition is refused with its place and the expectation there:', () => {
  const wrong: Readonly<Record<string, readonly [more: Partial<DialectDefinition>, message: RegExp]>> = {
    'a name with capitals': [{ name: 'Acme' }, /^name: must have 1 to 32 lower-case letters/],
    'an id without a random part': [{ ids: { ...acme.ids, endpoint: 'hook' } }, /^ids\.endpoint: /],
    'endpoints without an id': [{ endpoint: { url: { is: 'url', on: 'create!' } } }, /^endpoint: needs a field/],
    'a time that customers write': [
      { endpoint: { id: { is: 'id' }, at: { is: 'createdAt', form: 'iso', on: 'create' } } },
      /^endpoint\.at: a field of the kind createdAt cannot be taken/,
    ],
    'a timeout without a unit': [
      { deliveries: { ...acme.deliveries, timeout: '5' as '5s' } },
      /^deliveries\.timeout: "5" is not a time/,
    ],
    'a route without a method': [
      { routes: { '/hooks': get() } },
      /^routes\["\/hooks"\]: must be GET, POST, PUT, PATCH or DELETE and a path/,
    ],
    'a webhook without an id in the path': [
      { routes: { 'GET /hooks': get() } },
      /^routes\["GET \/hooks"\]: needs the id of a webhook/,
    ],
    'an id in a parameter that the path does not have': [
      { routes: { 'GET /hooks/{hook}': get({ id: { in: 'path', name: 'id' } }) } },
      /^routes\["GET \/hooks\/\{hook\}"\]: has no parameter \{id\}/,
    ],
    'an id in the body of a GET': [
      { routes: { 'GET /hooks': get({ id: { in: 'body', name: 'id' } }) } },
      /^routes\["GET \/hooks"\]: has no body/,
    ],
    'a link with a part that no request has': [
      { endpoint: { id: { is: 'id' }, self: { is: 'link', path: '/{owner}/hooks/{id}' } } },
      /^endpoint\.self\.path: \{owner\} is a parameter of no route/,
    ],
    'a patch, and requests that are no JSON': [
      { requests: ['form'], routes: { 'PATCH /hooks/{id}': patch() } },
      /^requests: needs "json": PATCH/,
    ],
    'requests in a form that is not served': [
      { requests: ['json', 'graphql' as 'json'] },
      /^requests: "graphql" is not served/,
    ],
    'a wait that is no time': [{ deliveries: { ...acme.deliveries, waits: '1m soon' } }, /^deliveries\.waits: "soon"/],
  }
  for (const [title, [more, message]] of Object.entries(wrong)) {
    test(title, () => assert.throws(() => defineDialect({ ...acme, ...more }), { name: 'DefinitionError', message }))
  }

  test('a status of errors that is none, and a kind of problem that is none', () => {
    const form = { otherwise: {}, body: () => ({}) }
    for (const status of [0, 999, 400.5]) {
      const message = 'errors.invalid.status: must be a status from 200 to 599'
      assert.throws(() => errors({ ...form, invalid: { status } }), { name: 'DefinitionError', message })
    }
    assert.throws(
      () => errors({ ...form, notFond: {} } as typeof form),
      /^DefinitionError: errors\.notFond: is no kind/,
    )
  })
})

test('the fields of a request become the input of an operation, and the answer shows them in their order', () => {
  const map: FieldMap = {
    id: { is: 'id', as: 'number' },
    topic: { is: 'eventType', on: 'create!' },
    paused: { is: 'enabled', inverted: true, on: 'create change' },
    state: { is: 'enabled', words: ['active', 'off'] },
    region: { is: 'filter', attribute: 'region', on: 'create change', nullable: true },
    key: { is: 'secret', on: 'create', shown: 'create', masked: '***' },
  }
  const fields = compileFields(map)
  const given = { topic: 'a', paused: true, region: 'eu', key: 'k', other: 1 }
  assert.deepEqual(fields.input('create', given), {
    eventTypes: ['a'],
    enabled: false,
    filterChanges: { region: 'eu' },
    secrets: ['k'],
  })
  assert.deepEqual(fields.input('change', { ...given, region: null }), {
    enabled: false,
    filterChanges: { region: null },
  })
  const endpoint = { id: '7', eventTypes: ['a'], enabled: false, filters: {}, secrets: [{ value: 'k' }] }
  const show = (view: 'create' | 'get'): unknown =>
    fields.shape(view)({ endpoint: endpoint as never, secrets: [], asked: { request: { publicUrl: '' }, params: {} } })
  const shown = { id: 7, topic: 'a', paused: true, state: 'off', region: null }
  assert.deepEqual(Object.entries(show('create') as object), Object.entries({ ...shown, key: 'k' }))
  assert.deepEqual(show('get'), { ...shown, key: '***' })
  for (const [path, name] of [
    ['eventTypes.0', 'topic'],
    ['secrets.0', 'key'],
    ['filters.region', 'region'],
    ['items.3.eventTypes', 'items.3.topic'],
    ['description', 'description'],
  ] as const) {
    assert.equal(fields.vendorName(path), name)
  }
})

suite('an error', () => {
  const request = { id: 'req_1', method: 'GET', url: '/hooks/1', headers: {}, body: undefined } as AskedRequest
  const form = errors<{ code?: string }>({
    otherwise: { code: 'OTHER' },
    forbidden: { code: 'SCOPE', message: 'needs {needs}' },
    'conflict:endpoint_exists': { status: 400, code: 'EXISTS' },
    'notFound:page': (problem) => ({ message: `no page ${problem.id}`, headers: { 'x-a': 'b' } }),
    invalid: ({ fields }) => ({ code: fields.map(({ field }) => field).join() }),
    contentType: 'application/problem+json',
    body: ({ status, code, message, retryAfterSeconds }) => ({ status, code, message, retryAfterSeconds }),
  })
  const answerOf = (problem: Problem) => form.answerWith((field) => field.toUpperCase())(problem, request)
  const type = { 'content-type': 'application/problem+json' }

  test('takes the facts of its kind, and those of its detail before them', () => {
    assert.deepEqual(answerOf({ kind: 'forbidden', needs: '{status}' }).body, {
      status: 403,
      code: 'SCOPE',
      message: 'needs {status}',
      retryAfterSeconds: null,
    })
    const exists = answerOf({ kind: 'conflict', code: 'endpoint_exists', detail: 'it is there' })
    assert.deepEqual([exists.status, exists.headers], [400, type])
    assert.partialDeepStrictEqual(exists.body, { status: 400, code: 'EXISTS', message: 'It is there.' })
    const page = answerOf({ kind: 'notFound', what: 'page', id: '{kind}' })
    assert.deepEqual(page.headers, { ...type, 'x-a': 'b' })
    assert.partialDeepStrictEqual(page.body, { code: 'OTHER', message: 'no page {kind}' })
  })

  test('names fields as the vendor does, and tells how long to wait', () => {
    const fields = [{ field: 'url', rule: 'required', message: 'is required' }] as const
    assert.partialDeepStrictEqual(answerOf({ kind: 'invalid', where: 'body', fields }).body, {
      code: 'URL',
      message: 'URL is required.',
    })
    assert.deepEqual(answerOf({ kind: 'unavailable', retryAfterSeconds: 3 }).headers, { ...type, 'retry-after': '3' })
  })
})
