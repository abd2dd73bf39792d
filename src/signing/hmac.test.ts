import assert from 'node:assert/strict'
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { hmac, textKey } from './hmac.ts'

const hashes = ['sha1', 'sha256', 'sha512'] as const
const encodings = ['hex', 'base64', 'base64url'] as const
const texts = ['', 'a', 'é€😀', '\uD800', 'x'.repeat(5_000), '€'.repeat(5_461), 'x'.repeat(5_462), '€'.repeat(20_000)]

test('it is the HMAC of Node, for keys and texts of every length', () => {
  for (const hash of hashes) {
    for (const bytes of [0, 1, 20, 32, 63, 64, 65, 127, 128, 129, 300]) {
      const key = createSecretKey(randomBytes(bytes))
      for (const text of texts) {
        for (const encoding of encodings) {
          const pieces = [text, '.', Buffer.from(text), new Uint8Array([0, 255]), '.', text]
          const made = createHmac(hash, key)
          for (const piece of pieces) made.update(piece)
          assert.equal(hmac(hash, key, pieces, encoding), made.digest(encoding), `${hash}, ${bytes} bytes`)
        }
      }
    }
  }
})

test('a key signs the same after other keys and hashes', () => {
  const [one, other] = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))]
  const first = hmac('sha256', one, ['text'], 'hex')
  hmac('sha256', other, ['a longer text'], 'hex')
  hmac('sha512', one, ['text'], 'hex')
  assert.equal(hmac('sha256', one, ['text'], 'hex'), first)
})

test('the digest is the one of RFC 4231, test case 2', () => {
  const digest = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
  assert.equal(hmac('sha256', textKey('Jefe'), ['what do ya want ', Buffer.from('for nothing?')], 'hex'), digest)
})

test('the key of a text is its UTF-8 bytes, which are not decoded', () => {
  assert.deepEqual(textKey('whsec_ß00ff').export(), Buffer.from('whsec_ß00ff', 'utf8'))
})
