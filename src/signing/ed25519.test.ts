import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { ed25519Signature, verifyEd25519Signature } from './ed25519.ts'
import { newKeyPair, privateKeyOf, publicPem } from './key-pairs.ts'

interface Vector {
  readonly seed: string
  readonly publicKey: string
  readonly message: string
  readonly signature: string
}

const file = new URL('../../test/vectors/ed25519.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: readonly Vector[] }

/** Returns a private key of 32 bytes as PEM (RFC 8410). */
function pemOf(seed: string): string {
  const der = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex')
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' })
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
}

suite('an Ed25519 signature', () => {
  for (const { seed, publicKey, message, signature } of vectors) {
    test(`is the one of RFC 8032 over "${message}"`, () => {
      const secret = pemOf(seed)
      const body = Buffer.from(message, 'hex')
      const made = ed25519Signature(privateKeyOf('ed25519', secret), body)
      assert.equal(Buffer.from(made, 'base64').toString('hex'), signature)
      assert.equal(derOf(publicPem(secret)).subarray(-32).toString('hex'), publicKey)
      assert.ok(verifyEd25519Signature(publicPem(secret), body, made))
    })
  }

  test('does not verify with other bytes, another key, or another spelling of the signature', async () => {
    const secret = await newKeyPair('ed25519')
    const publicKey = publicPem(secret)
    const body = Buffer.from('{"a":1}')
    const signature = ed25519Signature(privateKeyOf('ed25519', secret), body)
    assert.match(signature, /^[A-Za-z0-9+/]{86}==$/)
    assert.ok(verifyEd25519Signature(publicKey, body, signature))
    assert.ok(!verifyEd25519Signature(publicKey, Buffer.from('{"a":1} '), signature))
    assert.ok(!verifyEd25519Signature(publicPem(await newKeyPair('ed25519')), body, signature))
    for (const other of [
      signature.slice(0, -2),
      `${signature} `,
      Buffer.from(signature, 'base64').toString('hex'),
      '',
    ]) {
      assert.ok(!verifyEd25519Signature(publicKey, body, other), other)
    }
  })

  test('verifies with a public key of 44 bytes in PEM', async () => {
    const publicKey = publicPem(await newKeyPair('ed25519'))
    assert.match(publicKey, /^-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA[\w+/]{43}=\n-----END PUBLIC KEY-----\n$/)
    assert.equal(derOf(publicKey).length, 44)
  })

  test('cannot be made with a key of another kind', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    assert.throws(() => privateKeyOf('ed25519', privateKey.export({ type: 'pkcs8', format: 'pem' })))
  })
})
