// The forms in which people paste headers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { pastedHeaders } from '../../packages/verify/src/headers.ts'

const headers = { 'webhook-id': 'msg_1', 'webhook-signature': 'v1,a\'b/c= v1,"d"', host: 'example.com' }

for (const [form, text] of Object.entries({
  'an object as Node prints it': inspect(headers),
  'an object in one line': inspect(headers, { breakLength: Infinity }),
  'an object with a trailing comma': inspect(headers).replace(/ ?\}$/, ',}'),
  'an object without a prototype': inspect(Object.assign(Object.create(null), headers)),
  'Headers of fetch': inspect(new Headers(headers)),
  'a member of a request': `headers: ${inspect(headers)}`,
  rawHeaders: inspect(Object.entries(headers).flat()),
  'rawHeaders as JSON': JSON.stringify(Object.entries(headers).flat()),
  pairs: inspect([...new Headers(headers)]),
  JSON: JSON.stringify(headers),
  lines: Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n'),
  'a command of curl in one line': `curl -X POST ${Object.entries(headers)
    .map(([name, value]) => `-H "${name}: ${value.replaceAll('"', '\\"')}"`)
    .join(' ')} --data-raw '{}' https://example.com`,
})) {
  test(`${form} is read`, () => {
    assert.deepEqual({ ...pastedHeaders(text).headers }, headers)
    assert.deepEqual(pastedHeaders(text).odd, [])
  })
}

test('repeated headers are joined, and lines that are none are named', () => {
  assert.equal(pastedHeaders(inspect({ a: ['1', '2'] })).headers['a'], '1, 2')
  assert.equal(pastedHeaders("[ 'A', '1', 'a', '2' ]").headers['a'], '1, 2')
  assert.deepEqual(pastedHeaders("[ 'A' ]").odd, ["[ 'A' ]"])
  assert.deepEqual(pastedHeaders('no header').odd, ['no header'])
})
