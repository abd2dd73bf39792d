// JSON Web Signatures are verified by jose, which makes them in its own way.

import assert from 'node:assert/strict'
import { createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { suite, test } from 'node:test'
import { calculateJwkThumbprint, compactVerify, createLocalJWKSet, exportJWK, flattenedVerify, jwtVerify } from 'jose'
import { jwsAlgorithm, jwsCompact, jwsDetached, keyId, publicJwk } from './jws.ts'
import { type KeyPairKind, newKeyPair, privateKeyOf } from './key-pairs.ts'

const algorithms: Readonly<Record<KeyPairKind, string>> = { ed25519: 'EdDSA', rsa: 'RS256', p256: 'ES256' }

for (const [kind, algorithm] of Object.entries(algorithms)) {
  suite(`a key pair of the kind ${kind}`, async () => {
    const key = privateKeyOf(kind as KeyPairKind, await newKeyPair(kind as KeyPairKind))

    test(`signs with ${algorithm}, and its id is the thumbprint of RFC 7638`, async () => {
      assert.equal(jwsAlgorithm(key), algorithm)
      assert.equal(keyId(key), await calculateJwkThumbprint(await exportJWK(createPublicKey(key))))
      assert.deepEqual(publicJwk(key), {
        ...(await exportJWK(createPublicKey(key))),
        kid: keyId(key),
        use: 'sig',
        alg: algorithm,
      })
    })

    test('makes tokens that a receiver verifies with the key set', async () => {
      const other = privateKeyOf(kind as KeyPairKind, await newKeyPair(kind as KeyPairKind))
      const keys = createLocalJWKSet({ keys: [other, key].map((one) => publicJwk(one) as never) })
      const token = jwsCompact(key, '{"sub":"ten_1","n":1.0}', { typ: 'JWT' })
      const { payload, protectedHeader } = await jwtVerify(token, keys)
      assert.deepEqual(payload, { sub: 'ten_1', n: 1 })
      assert.deepEqual(protectedHeader, { alg: algorithm, kid: keyId(key), typ: 'JWT' })
      await assert.rejects(jwtVerify(`${token.slice(0, -4)}AAAA`, keys))
    })

    test('makes detached signatures, of the payload as base64url or as it is', async () => {
      const payload = Buffer.from('{"größe":"1.0"}')
      for (const isUnencoded of [false, true]) {
        const [head, nothing, signature] = jwsDetached(key, payload, {}, isUnencoded).split('.')
        assert.equal(nothing, '')
        const given = isUnencoded ? payload : payload.toString('base64url')
        const parts = { protected: head ?? '', signature: signature ?? '' }
        await flattenedVerify({ ...parts, payload: given }, createPublicKey(key))
        await assert.rejects(flattenedVerify({ ...parts, payload: 'e30' }, createPublicKey(key)))
      }
    })
  })
}

test('a secret signs with HS256 and has no id', async () => {
  const secret = createSecretKey(Buffer.alloc(32, 7))
  const token = jwsCompact(secret, 'any payload')
  const { payload, protectedHeader } = await compactVerify(token, secret)
  assert.equal(Buffer.from(payload).toString(), 'any payload')
  assert.deepEqual(protectedHeader, { alg: 'HS256' })
})

test('the Ed25519 signature of RFC 8037, appendix A.4, is reproduced', () => {
  // The seed of the example, in the frame of PKCS #8.
  const seed = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url')
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const pem = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`
  const key = privateKeyOf('ed25519', pem)
  // RFC 8037, A.3: the thumbprint.
  assert.equal(keyId(key), 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  const jws = jwsCompact(key, 'Example of Ed25519 signing', { kid: undefined })
  assert.equal(
    jws,
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  )
})

test('a key of a curve or type that no product uses is refused', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  assert.throws(() => jwsAlgorithm(privateKey), /no JWS algorithm/)
  assert.throws(() => privateKeyOf('p256', privateKey.export({ type: 'pkcs8', format: 'pem' })), /of the kind p256/)
})
