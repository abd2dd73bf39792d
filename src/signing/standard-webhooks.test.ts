// Tests the secrets and signatures of the Standard Webhooks specification with fixed vectors and with its official package.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { hmac } from './hmac.ts'
import { newStandardSecret, standardKey, standardSecretFault } from './standard-webhooks.ts'

interface Vector {
  readonly secret: string
  readonly id: string
  readonly timestamp: number
  readonly body: string
  readonly signature: string
}

const file = new URL('../../test/vectors/standard-webhooks.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[]

const signatureOf = (secret: string, id: string, timestamp: number, body: string): string =>
  `v1,${hmac('sha256', standardKey(secret), [`${id}.${timestamp}.`, Buffer.from(body)], 'base64')}`

for (const { secret, id, timestamp, body, signature } of vectors) {
  test(`the signature of vector ${id} is reproduced, and is another one after any change`, () => {
    assert.equal(signatureOf(secret, id, timestamp, body), signature)
    assert.equal(new Webhook(secret).sign(id, new Date(timestamp * 1000), body), signature)
    const other = newStandardSecret(randomBytes)
    assert.notEqual(signatureOf(other, id, timestamp, body), signature)
    assert.notEqual(signatureOf(secret, `${id}x`, timestamp, body), signature)
    assert.notEqual(signatureOf(secret, id, timestamp + 1, body), signature)
    assert.notEqual(signatureOf(secret, id, timestamp, `${body} `), signature)
  })
}

test('the official package verifies signatures over any body, with secrets of any length', () => {
  const secretBytes = fc.uint8Array({ minLength: 24, maxLength: 64 })
  fc.assert(
    fc.property(secretBytes, fc.json(), (bytes, body) => {
      const secret = `whsec_${Buffer.from(bytes).toString('base64')}`
      assert.equal(standardSecretFault(secret), null)
      const timestamp = Math.floor(Date.now() / 1000)
      const signature = signatureOf(secret, 'msg_1', timestamp, body)
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature,
      }
      new Webhook(secret).verify(body, headers)
      const changed = { ...headers, 'webhook-id': 'msg_2' }
      assert.throws(() => new Webhook(secret).verify(body, changed))
    }),
  )
})

test('a secret has 24 to 64 bytes in base64, and its prefix is optional and not part of the key', () => {
  const encoded = (count: number): string => randomBytes(count).toString('base64')
  for (const count of [24, 25, 26, 32, 63, 64]) {
    const text = encoded(count)
    assert.equal(standardSecretFault(`whsec_${text}`), null)
    assert.equal(standardSecretFault(text), null)
    assert.deepEqual(standardKey(`whsec_${text}`).export(), Buffer.from(text, 'base64'))
    assert.deepEqual(standardKey(text).export(), Buffer.from(text, 'base64'))
  }
  for (const count of [0, 1, 23, 65, 100]) {
    assert.match(standardSecretFault(`whsec_${encoded(count)}`) ?? '', /24 to 64 bytes/)
  }
  const text = encoded(25)
  for (const wrong of [`whsec_${text.replace(/=+$/, '')}`, `WHSEC_${text}`, `whsec_ ${text}`, 'whsec_ä', `${text}!`]) {
    assert.match(standardSecretFault(wrong) ?? '', /base64/)
  }
})

test('new secrets have 24 bytes and are all different', () => {
  const secrets = Array.from({ length: 500 }, () => newStandardSecret(randomBytes))
  for (const secret of secrets) assert.match(secret, /^whsec_[A-Za-z0-9+/]{32}$/)
  assert.equal(new Set(secrets).size, secrets.length)
})
