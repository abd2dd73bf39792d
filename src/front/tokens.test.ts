// Tokens that are verified by a key set. A real server serves the set; only time is the test's.

import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, before, beforeEach, suite, test } from 'node:test'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { limits } from '../domain/limits.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { KeySet } from './key-set.ts'
import { createTokenVerifier, type TokenVerifier } from './tokens.ts'

interface Key {
  readonly id: string
  readonly privateKey: CryptoKey
  readonly shown: JWK
}

suite('a key set', () => {
  let server: Server
  let url: string
  let first: Key
  let second: Key
  let requests = 0
  let answer: { status: number; body: string }
  let elapsed = 0
  let reports: (string | null)[] = []
  let verifier: TokenVerifier

  before(async () => {
    server = createServer((_request, response) => {
      requests += 1
      setTimeout(() => response.writeHead(answer.status).end(answer.body), 20)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}/keys`
    first = await keyPair('first')
    second = await keyPair('second')
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    requests = 0
    elapsed = 0
    reports = []
    answer = holding(first)
    const clock = { now: () => Date.now(), elapsed: () => elapsed, after: () => () => undefined }
    const report = (reason: string | null) => reports.push(reason)
    const { find: key } = new KeySet({ url, fetch, clock, report })
    verifier = createTokenVerifier({ key, audience: 'posthorn', issuer: null, maxMs: 3_600_000, clock })
  })

  const holding = (...keys: Key[]) => ({ status: 200, body: JSON.stringify({ keys: keys.map(({ shown }) => shown) }) })
  const broken = { status: 500, body: 'no' }
  const kindOf = async (key: Key): Promise<string> => {
    const now = Math.floor(Date.now() / 1000)
    const token = await new SignJWT({ aud: 'posthorn', exp: now + 60 })
      .setProtectedHeader({ alg: 'ES256', kid: key.id })
      .sign(key.privateKey)
    try {
      return (await verifier.verify(token)).ok ? 'accepted' : 'refused'
    } catch (error) {
      assert.ok(error instanceof Unavailable)
      return 'unavailable'
    }
  }

  test('that cannot be read makes good tokens unavailable, with one request for a hundred of them', async () => {
    for (const bad of [
      broken,
      { status: 200, body: 'no' },
      { status: 200, body: ' '.repeat(limits.keySetBytesMax + 1) },
    ]) {
      answer = bad
      requests = 0
      elapsed += limits.keySetAgainMs
      const kinds = await Promise.all(Array.from({ length: 100 }, () => kindOf(first)))
      assert.deepEqual([new Set(kinds), requests], [new Set(['unavailable']), 1])
      assert.deepEqual([await kindOf(first), requests], ['unavailable', 1])
    }
    assert.deepEqual(reports, ['the answer is 500'])
    answer = holding(first)
    elapsed += limits.keySetAgainMs
    assert.deepEqual([await kindOf(first), requests], ['accepted', 2])
    assert.deepEqual(reports, ['the answer is 500', null])
  })

  test('is read once for many tokens, and for unknown keys at most once in a while', async () => {
    const kinds = await Promise.all(Array.from({ length: 100 }, () => kindOf(first)))
    assert.deepEqual([new Set(kinds), requests], [new Set(['accepted']), 1])
    for (let count = 0; count < 20; count++) assert.equal(await kindOf(second), 'refused')
    assert.equal(requests, 1)
    elapsed += limits.keySetAgainMs
    answer = holding(first, second)
    assert.deepEqual([await kindOf(second), requests], ['accepted', 2])
  })

  test('that was read stays good for a bounded time', async () => {
    assert.equal(await kindOf(first), 'accepted')
    answer = broken
    elapsed += limits.keySetFreshMs
    assert.equal(await kindOf(first), 'accepted')
    assert.equal(await kindOf(second), 'unavailable')
    assert.equal(requests, 2)
    elapsed = limits.keySetKeptMs - 1
    assert.equal(await kindOf(first), 'accepted')
    elapsed += 1
    assert.equal(await kindOf(first), 'unavailable')
  })

  test('that no longer has a key refuses its tokens once it was read again', async () => {
    assert.equal(await kindOf(first), 'accepted')
    answer = holding(second)
    elapsed += limits.keySetFreshMs
    await kindOf(first)
    assert.equal(await kindOf(second), 'accepted')
    assert.equal(await kindOf(first), 'refused')
  })
})

async function keyPair(id: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  return { id, privateKey, shown: { ...(await exportJWK(publicKey)), kid: id, alg: 'ES256' } }
}
