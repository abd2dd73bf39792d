// The comparison of signatures.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areEqual } from '../../packages/verify/src/bytes.ts'

test('texts are equal only if all of their letters are', async () => {
  const signature = 'v1,MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI='
  for (const text of ['', 'a', signature, 'é', signature.repeat(100)]) assert.ok(await areEqual(text, text), text)
  for (const [one, other] of [
    ['', 'a'],
    ['', '\0'],
    ['a', 'b'],
    ['a', 'A'],
    ['a', 'aa'],
    ['é', 'e\u0301'],
    ['a\0', 'a'],
    [signature, signature.slice(0, -1)],
    [signature, `${signature}=`],
    [signature, `w${signature.slice(1)}`],
    [signature, `${signature.slice(0, -2)}J=`],
  ] as const) {
    assert.equal(await areEqual(one, other), false, `${one} and ${other}`)
    assert.equal(await areEqual(other, one), false, `${other} and ${one}`)
  }
  // The hashes of some of them have their first or last byte in common with that of the signature.
  for (let number = 0; number < 2000; number++) assert.equal(await areEqual(signature, String(number)), false)
})
