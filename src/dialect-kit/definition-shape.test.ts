// Definitions that no compiler of types has read. Each is refused when it is loaded, with the name of the member.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme } from '../../test/support/acme.ts'
import { defineDialect } from './define-dialect.ts'
import { errors } from './errors/errors.ts'
import { hmac } from './deliveries/signers.ts'

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
  'an option of a field that is misspelt': [
    { endpoint: { ...good.endpoint, id: { ...idField, nulable: true } } },
    /^endpoint\.id\.nulable: is not known; known are all, as/,
  ],
  'a request that does not exist': [
    { endpoint: { ...good.endpoint, note: { is: 'detail', on: 'creat! change' } } },
    /^endpoint\.note\.on: "creat!": is not known; known are create, create!, change, change!$/,
  ],
  'an answer that does not exist': [
    { endpoint: { ...good.endpoint, note: { is: 'detail', shown: 'gets' } } },
    /^endpoint\.note\.shown: "gets": is not known/,
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

test('errors without a body, kinds of problems and hashes that do not exist are refused', () => {
  const wrong = (form: object) => () => errors(form as Parameters<typeof errors>[0])
  assert.throws(wrong({ otherwise: {} }), /^DefinitionError: errors\.body: must be a function$/)
  assert.throws(
    wrong({ otherwise: {}, body: () => ({}), notfound: {} }),
    /^DefinitionError: errors\.notfound: is no kind/,
  )
  assert.throws(() => hmac({ hash: 'md5' as 'sha1' }), /^DefinitionError: sign\.hmac\.hash: "md5" is not sha1/)
})
