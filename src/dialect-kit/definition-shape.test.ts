// Definitions that no compiler of types has read. Each is refused when it is loaded, with the name of the member.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme } from '../../test/support/acme.ts'
import { defineDialect } from './define-dialect.ts'
import { auth, errors, webhooks } from './index.ts'

const good = acme('acme')
const { url: _url, ...withoutUrl } = Object.fromEntries(
  Object.entries(good.endpoint).map(([name, field]) => [field.is === 'url' ? 'url' : name, field]),
)
const idField = { is: 'id' } as const

const refused: Readonly<Record<string, readonly [changed: object, message: RegExp]>> = {
  'a member that is misspelt': [{ kees: {} }, /^kees: is not known; known are name, title, ids, keys/],
  'a member that is missing': [{ testEvent: undefined }, /^testEvent: is missing$/],
  'a name that is missing': [{ name: undefined }, /^name: is missing$/],
  'no API': [{ api: undefined }, /^api: is missing$/],
  'no deliveries': [{ deliveries: undefined }, /^deliveries: is missing$/],
  'no body': [{ deliveries: { ...good.deliveries, body: undefined } }, /^deliveries\.body: is missing$/],
  'no secrets': [{ deliveries: { ...good.deliveries, secrets: undefined } }, /^deliveries\.secrets: is missing$/],
  'an option of deliveries that is misspelt': [
    { deliveries: { ...good.deliveries, retires: 3 } },
    /^deliveries\.retires: is not known; known are method, body/,
  ],
  'a member of another kind': [{ events: 'order.paid' }, /^events: must be an object$/],
  'a function that is none': [{ testEvent: {} }, /^testEvent: must be a function$/],
  'a kind of field that does not exist': [
    { endpoint: { ...good.endpoint, id: { is: 'ulr' } } },
    /^endpoint\.id\.is: ulr: is not known; known are attempts, computed/,
  ],
  'a field without its kind': [
    { endpoint: { ...good.endpoint, id: { iz: 'id' } } },
    /^endpoint\.id\.is: is missing; known are attempts, computed/,
  ],
  'an option of a field that is misspelt': [
    { endpoint: { ...good.endpoint, id: { ...idField, nulable: true } } },
    /^endpoint\.id\.nulable: is not known; known are schema, nullable, key, as$/,
  ],
  'a form of a time that does not exist': [
    { endpoint: { ...good.endpoint, created: { is: 'createdAt', form: 'unix' } } },
    /^endpoint\.created\.form: "unix": is not known; known are iso, isoInSeconds/,
  ],
  'a field without an option that it needs': [
    { endpoint: { ...good.endpoint, created: { is: 'createdAt' } } },
    /^endpoint\.created\.form: is missing$/,
  ],
  'an option of another kind of field': [
    { endpoint: { ...good.endpoint, id: { ...idField, words: ['on', 'off'] } } },
    /^endpoint\.id\.words: is not known/,
  ],
  'a field that is a text': [{ endpoint: { ...good.endpoint, id: 'id' } }, /^endpoint\.id: must be an object such as/],
  'requests that are no text': [
    { endpoint: { ...good.endpoint, note: { is: 'detail', on: true } } },
    /^endpoint\.note\.on: must be a string$/,
  ],
  'a rule that is misspelt': [{ rules: { endpointMax: 5 } }, /^rules\.endpointMax: is not known; known are schemes/],
  'a quota that is misspelt': [{ quotas: { key: { read: '1/1s' } } }, /^quotas\.key\.read: is not known/],
  'an outcome that is misspelt': [
    { deliveries: { ...good.deliveries, outcomes: { sucess: '2xx' } } },
    /^deliveries\.outcomes\.sucess: is not known; known are success/,
  ],
  'a wait of some failures that is misspelt': [
    { deliveries: { ...good.deliveries, waitsFor: [{ outcome: '429', waits: '1m' }] } },
    /^deliveries\.waitsFor\.0\.outcome: is not known/,
  ],
  'a chosen timeout without its choice': [
    { deliveries: { ...good.deliveries, timeout: { max: '5s' } } },
    /^deliveries\.timeout\.of: is missing$/,
  ],
  'a claim that is misspelt': [{ tokens: { tenant: 'a', scopes: 'b' } }, /^tokens\.tenant: is not known/],
  'an example that is misspelt': [
    { examples: { requests: [{ route: 'GET /a', answr: { status: 200 } }] } },
    /^examples\.requests\.0\.answr: is not known; known are route, query/,
  ],
  'an object in place of a list': [{ api: { ...good.api, prefixes: '/a' } }, /^api\.prefixes: must be a list$/],
  'a list in place of an object': [{ events: ['order.paid'] }, /^events: must be an object$/],
  'two paths that differ in the names of parameters': [
    { routes: { 'GET /a/{id}': webhooks.get(), 'DELETE /a/{hook}': webhooks.remove() } },
    /^routes\["DELETE \/a\/\{hook\}"\]: is the path \/a\/\{id\} too: give its parameters the same names$/,
  ],
  'a parameter that a path has twice': [
    { routes: { 'GET /a/{id}/{id}': webhooks.get() } },
    /^routes\["GET \/a\/\{id\}\/\{id\}"\]: has the parameter \{id\} twice$/,
  ],
  'a function that makes an authentication': [
    { authentication: auth.bearer },
    /^authentication: is a function that was not called; call it, as in auth\.bearer\(\)$/,
  ],
  'an operation that was not called': [
    { routes: { 'GET /acme/hooks/{id}': webhooks.get } },
    /^routes\["GET \/acme\/hooks\/\{id\}"\]: is a function that was not called; call it, as in webhooks\.list\(\)$/,
  ],
  'an authentication that was not called': [{ authentication: {} }, /^authentication: must be made by the kit/],
  'errors that are not compiled': [
    { errors: { notFound: {} } },
    /^errors: must be made by the kit, such as errors\.own/,
  ],
  'a body that is none': [
    { deliveries: { ...good.deliveries, body: { id: 1 } } },
    /^deliveries\.body: must be made by the kit, such as json/,
  ],
  'a header without its part': [
    { deliveries: { ...good.deliveries, headers: { 'X-Id': undefined } } },
    /^deliveries\.headers\["X-Id"\]: is undefined; it must be a part such as event\.id, or a text$/,
  ],
  'a header that HTTP cannot have': [
    { deliveries: { ...good.deliveries, headers: { 'X Id': 'a' } } },
    /^deliveries\.headers\["X Id"\]: must be letters, digits and hyphens, as in X-Acme-Signature$/,
  ],
  'a header that the sender sets': [
    { deliveries: { ...good.deliveries, headers: { 'Content-Length': '5' } } },
    /^deliveries\.headers\["Content-Length"\]: is set by the sender and cannot be replaced$/,
  ],
  'a header with a constant of several lines': [
    { deliveries: { ...good.deliveries, headers: { 'X-Id': 'a\nb' } } },
    /^deliveries\.headers\["X-Id"\]: must not have control characters$/,
  ],
  'a header of a variant without its part': [
    { tenantSettings: { form: ['A', 'B'] }, variants: { 'form: B': { headers: { 'X-Id': 5 } } } },
    /^variants\["form: B"\]\.headers\["X-Id"\]: is a number; it must be a part/,
  ],
  'a pattern that is none': [
    { endpoint: { ...good.endpoint, note: { is: 'detail', schema: { pattern: '[' } } } },
    /^endpoint\.note\.schema\.pattern: Invalid regular expression: /,
  ],
  'a pattern that is no text': [
    { endpoint: { ...good.endpoint, note: { is: 'detail', schema: { pattern: /^a/ } } } },
    /^endpoint\.note\.schema\.pattern: must be a string/,
  ],
  'a request that does not exist': [
    { endpoint: { ...good.endpoint, note: { is: 'detail', on: 'creat! change' } } },
    /^endpoint\.note\.on: "creat!": is not known; known are create, create!, change, change!$/,
  ],
  'an answer that does not exist': [
    { endpoint: { ...good.endpoint, note: { is: 'detail', shown: 'gets' } } },
    /^endpoint\.note\.shown: "gets": is not known/,
  ],
  'an event without a description': [
    { events: { 'order.paid': 5 } },
    /^events\["order\.paid"\]: must be a description, or an object with one$/,
  ],
  'a test event that is async': [{ testEvent: async () => ({}) }, /^testEvent: must not be async$/],
  'a pattern that is a text': [
    { ids: { ...good.ids, tenantPattern: '^acc' } },
    /^ids\.tenantPattern: must be a pattern$/,
  ],
  'an id that cannot stand in a path': [
    { ids: { ...good.ids, endpoint: 'hook/{base62:16}' } },
    /^ids\.endpoint: makes ids such as "hook\/\w{16}", which cannot stand in a path$/,
  ],
  'an id that is too long': [
    { ids: { ...good.ids, event: 'evt_{base62:200}' } },
    /^ids\.event: makes ids of more than 128 characters$/,
  ],
  'tenants that have the number of an endpoint': [
    { ids: { ...good.ids, tenant: 'acc_{number:100}' } },
    /^ids\.tenant: \{number\} is the number of an endpoint: only ids\.endpoint can have it$/,
  ],
  'an authentication that does not read the keys': [
    { authentication: auth.header('X-Key', { begins: 'pk_' }) },
    /^authentication: does not read the keys of keys\.form, such as acme_/,
  ],
  'a timeout that is too short': [
    { deliveries: { ...good.deliveries, timeout: '1ms' } },
    /^deliveries\.timeout: "1ms" must be from 1s to 60s$/,
  ],
  'a quota of nothing': [{ quotas: { key: { reads: '0/1s' } } }, /^quotas\.key\.reads: "0\/1s" is not a rate/],
  'the same header twice': [
    { deliveries: { ...good.deliveries, headers: { 'X-Id': 'a', 'x-id': 'b' } } },
    /^deliveries\.headers\["x-id"\]: is a header that is there twice$/,
  ],
  'no URL': [{ endpoint: withoutUrl }, /^endpoint: needs a field that is the url/],
  'several URLs': [
    { endpoint: { ...good.endpoint, second: { is: 'url', on: 'create' } } },
    /^endpoint\.second: an endpoint has one URL, and endpoint\.target is it$/,
  ],
  'a list of URLs': [
    { endpoint: { ...withoutUrl, urls: { is: 'urls', on: 'create' } } },
    /^endpoint\.urls\.is: urls: cannot be expressed: an endpoint has one URL$/,
  ],
  'ids of deliveries': [
    { ids: { ...good.ids, delivery: '{number}' } },
    /^ids\.delivery: cannot be expressed: the id of a delivery is a UUID$/,
  ],
  'redirects that are followed': [
    { deliveries: { ...good.deliveries, redirects: 2 } },
    /^deliveries\.redirects: cannot be expressed: redirects are never followed$/,
  ],
}

for (const [title, [changed, message]] of Object.entries(refused)) {
  test(`${title} is refused`, () => {
    assert.throws(() => defineDialect({ ...good, ...changed }), {
      name: 'DefinitionError',
      message,
    })
  })
}

test('the definition without these faults is good', () => {
  assert.equal(defineDialect(good).dialect.name, 'acme')
})

test('errors without a body and kinds of problems that do not exist are refused', () => {
  const wrong = (form: object) => () => errors.own(form as Parameters<typeof errors.own>[0])
  assert.throws(wrong({ otherwise: {} }), /^DefinitionError: errors\.body: must be a function$/)
  assert.throws(
    wrong({ otherwise: {}, body: () => ({}), notfound: {} }),
    /^DefinitionError: errors\.notfound: is no kind/,
  )
})

test('errors are refused whose body throws, is async or returns nothing', () => {
  const wrong = (form: object) => () => errors.own({ otherwise: {}, ...form } as never)
  const body = (facts: { faults: { field: string }[] }) => ({ field: facts.faults[0]?.field.length })
  assert.doesNotThrow(wrong({ body }))
  assert.throws(wrong({ body: (facts: { faults: { field: string }[] }) => facts.faults[0]!.field }), TypeError)
  assert.throws(wrong({ body: async () => ({}) }), /^DefinitionError: errors\.body: must not be async$/)
  assert.throws(wrong({ body: () => undefined }), /^DefinitionError: errors\.body: must return the body of the error/)
  assert.throws(
    wrong({ body: () => ({}), otherwise: undefined }),
    /^DefinitionError: errors\.otherwise: must be an object/,
  )
})

test('a fact of an error that the body does not show is refused', () => {
  const own = (facts: object) => () =>
    errors.own<{ code?: string; param?: string }>({
      otherwise: { code: 'x' },
      notFound: facts,
      body: ({ code, param, message }) => ({ code, param, message }),
    })
  assert.doesNotThrow(own({ code: 'y', param: 'id', status: 410, headers: { 'x-a': 'b' } }))
  assert.throws(
    own({ codee: 'y' }),
    /^DefinitionError: errors\.notFound\.codee: is not known; known are status, message, body, headers, code, param/,
  )
  for (const none of [null, 'not found', 404]) {
    assert.throws(own(none as never), /^DefinitionError: errors\.notFound: must be an object such as/)
  }
  assert.throws(own({ mesage: 'y' }), /^DefinitionError: errors\.notFound\.mesage: is not known/)
})

test('a message of an error that quotes what its problem does not have is refused', () => {
  const wrong = (form: object) => () => errors.own({ otherwise: {}, body: () => ({}), ...form })
  assert.throws(
    wrong({ 'notFound:endpoint': { message: 'no webhook {idd}' } }),
    /^DefinitionError: errors\.notFound:endpoint\.message: \{idd\}: is not known; known are \{what\}, \{id\}$/,
  )
  assert.throws(
    wrong({ internal: { message: 'request {id}' } }),
    /^DefinitionError: errors\.internal\.message: \{id\}: is not known; known are none$/,
  )
  assert.throws(wrong({ notFound: { message: 404 } }), /^DefinitionError: errors\.notFound\.message: must be a string$/)
})
