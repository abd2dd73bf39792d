import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hmacHex, textKey, verifyHmacHex } from './hmac-hex.ts'

// RFC 4231, test case 2.
const key = textKey('Jefe')
const text = 'what do ya want for nothing?'
const digest = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'

test('the digest equals the published vector', () => {
  assert.equal(hmacHex(key, text), digest)
  assert.equal(hmacHex(key, Buffer.from(text)), digest)
})

test('several parts are signed like one text', () => {
  assert.equal(hmacHex(key, text.slice(0, 5), Buffer.from(text.slice(5))), digest)
})

test('the key is the UTF-8 text of the secret, which is not decoded', () => {
  const bytes = Buffer.from('whsec_ß00ff', 'utf8')
  assert.deepEqual(textKey('whsec_ß00ff').export(), bytes)
})

test('a signature verifies only with its key, its text and its exact spelling', () => {
  assert.equal(verifyHmacHex(key, digest, text), true)
  assert.equal(verifyHmacHex(key, digest, text.slice(0, 5), text.slice(5)), true)
  assert.equal(verifyHmacHex(key, digest, `${text} `), false)
  assert.equal(verifyHmacHex(textKey('jefe'), digest, text), false)
  for (const wrong of ['', digest.slice(0, -1), `${digest}0`, digest.toUpperCase(), `sha256=${digest}`]) {
    assert.equal(verifyHmacHex(key, wrong, text), false, wrong)
  }
})
