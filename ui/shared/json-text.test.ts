import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonText, jsonTextOf } from './json-text.ts'

test('the text of a part is sent as it stands', () => {
  const text = '{"id":12345678901234567890,"amount":10.0,"a":1,"a":2}'
  assert.equal(jsonTextOf({ type: 'a', data: new JsonText(text) }), `{"type":"a","data":${text}}`)
  assert.equal(jsonTextOf([new JsonText('1e2'), 'b'], 2), '[\n  1e2,\n  "b"\n]')
  assert.equal(jsonTextOf({ a: String.fromCharCode(0, 48, 0), b: null }), '{"a":"\\u00000\\u0000","b":null}')
})
