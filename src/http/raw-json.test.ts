import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { elementTexts, memberText, nestsDeeperThan } from './raw-json.ts'

test('a member keeps its text: numbers, key order, duplicate keys and spaces', () => {
  const data = '{ "b":12345678901234567890, "a": [1.0, 1e400, -0], "b" : "\\u0061 \\"}" , "10":1, "2":2 }'
  assert.equal(memberText(`{"tenant":"t","data" : ${data} ,"x":null}`, 'data'), data)
})

test('the last of several members with one name wins, as in JSON.parse', () => {
  assert.equal(memberText('{"data":1,"d\\u0061ta":2}', 'data'), '2')
})

test('members of nested objects are not found, and an absent member is null', () => {
  assert.equal(memberText('{"a":{"data":1},"b":"data"}', 'data'), null)
  assert.equal(memberText(' { } ', 'data'), null)
})

test('any JSON value is found as a member of an object and as an element of an array', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.string(), fc.json(), (value, name, other) => {
      const spaced = `{ ${JSON.stringify(`${name}'`)} :\n${other} ,\t${JSON.stringify(name)}: ${value}\r}`
      assert.equal(memberText(spaced, name), value)
      assert.deepEqual(elementTexts(`[ ${value} ,${other},\n${value}]`), [value, other, value])
    }),
  )
})

test('nesting is counted outside strings only, and text that is not JSON does not throw', () => {
  assert.equal(nestsDeeperThan('[[["]]]"]]]', 3), false)
  assert.equal(nestsDeeperThan('[[[[]]]]', 3), true)
  assert.equal(nestsDeeperThan('"[[[[', 3), false)
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof nestsDeeperThan(text, 2) === 'boolean'))
})
