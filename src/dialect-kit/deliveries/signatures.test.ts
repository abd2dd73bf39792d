// Signatures of deliveries: those that vendors publish are reproduced, the others are verified by other code.

import assert from 'node:assert/strict'
import { createHash, createHmac, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { suite, test } from 'node:test'
import { decodeJwt, jwtVerify } from 'jose'
import type { Message } from '../../contracts/delivery-dialect.ts'
import { textKey } from '../../signing/hmac.ts'
import { keyId } from '../../signing/jws.ts'
import { type KeyPairKind, newKeyPair, privateKeyOf } from '../../signing/key-pairs.ts'
import { newStandardSecret, standardKey } from '../../signing/standard-webhooks.ts'
import { systemRandomBytes } from '../../system.ts'
import { body } from './body-parts.ts'
import type { Part, Sending } from './part-types.ts'
import { delivery, endpoint, event, sentAt, text } from './parts.ts'
import * as sign from './signatures.ts'
import { basic, detachedJws, ecdsa, ed25519, hmac, jwt, rsa, token } from './signers.ts'

const message = {
  tenant: { id: 'ten_1', settings: {} },
  event: {
    id: 'evt_1',
    type: 'paid',
    data: '{"psp":"P1","amount":{"value":1130,"currency":"EUR"}}',
    occurredAt: 0,
    acceptedAt: 0,
  },
  delivery: '019aeb1c-ffff-7fff-bfff-ffffffff0001',
  endpoint: { id: 'ep_1', url: 'https://example.com/' },
} as unknown as Message

function sendingOf(content: string | Buffer, keys: readonly KeyObject[], seconds = 1_796_000_000): Sending {
  return { body: Buffer.from(content), keys, sentAt: seconds * 1000 }
}

function valueOf(part: Part | undefined, sending: Sending, about: Message = message): string {
  return part?.text(about, sending) ?? assert.fail('there is no signature')
}

async function newKey(kind: KeyPairKind): Promise<KeyObject> {
  return privateKeyOf(kind, await newKeyPair(kind))
}

suite('the signature that the vendor publishes is reproduced:', () => {
  test('GitHub', () => {
    const part = text('sha256=', sign.signature(hmac()))
    assert.equal(
      valueOf(part, sendingOf('Hello, World!', [textKey(["It's a Secret to Every", 'body'].join(''))])),
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    )
  })

  test('Slack', () => {
    const seconds = sentAt.unixSeconds
    const part = text('v0=', sign.signature(hmac({ over: ['v0:', seconds, ':', body] })))
    const command =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V' +
      '&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
      '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
      '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
    assert.equal(
      valueOf(part, sendingOf(command, [textKey('8f742231b10e8888abcd99yyyzzz85a5')], 1_531_420_618)),
      'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    )
  })

  test('Twilio, over the URL and the sorted fields of the form', () => {
    const part = sign.signature(hmac({ hash: 'sha1', encoding: 'base64', over: [endpoint.url, body.sortedForm] }))
    const fields = new URLSearchParams({
      To: '+18005551212',
      From: '+14158675309',
      Digits: '1234',
      Caller: '+14158675309',
      CallSid: 'CA1234567890ABCDE',
    })
    const about = { ...message, endpoint: { ...message.endpoint, url: 'https://mycompany.com/myapp.php?foo=1&bar=2' } }
    const signed = (form: string): string => valueOf(part, sendingOf(form, [textKey('12345')]), about)
    assert.equal(signed(String(fields)), 'RSOYDt4T1cUTdK1PDd93/VVr8B8=')
    const repeated = 'Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234'
    assert.equal(signed(repeated), 'IK+Dwps556ElfBT0I3Rgjkr1wJU=')
  })
})

suite('an HMAC', () => {
  const keys = [textKey('new'), textKey('old')]

  test('covers a template, with any hash and encoding', () => {
    for (const hash of ['sha1', 'sha256', 'sha512'] as const) {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const over = [delivery.id, '|POST|', endpoint.url, '|', sentAt.iso, '|', body]
        const signed = `${message.delivery}|POST|https://example.com/|2026-11-30T00:53:20.000Z|{"a":1}`
        assert.equal(
          valueOf(sign.signature(hmac({ hash, encoding, over })), sendingOf('{"a":1}', keys)),
          createHmac(hash, 'new').update(signed).digest(encoding),
        )
      }
    }
  })

  test('covers a hash of the body, as text or as bytes', () => {
    const content = Buffer.from([0xff, 0x00, 0xc3])
    const digest = createHash('sha256').update(content).digest()
    const made = (over: Parameters<typeof hmac>[0]): string =>
      valueOf(sign.signature(hmac(over)), sendingOf(content, keys))
    const mac = (...pieces: readonly (string | Buffer)[]): string => {
      const hash = createHmac('sha256', 'new')
      for (const piece of pieces) hash.update(piece)
      return hash.digest('hex')
    }
    assert.equal(made({ over: ['x\n', body.sha256] }), mac('x\n', digest))
    assert.equal(made({ over: [body.sha256.hex] }), mac(digest.toString('hex')))
    assert.equal(made({ over: [body.sha256.base64] }), mac(digest.toString('base64')))
    // The check value of CRC-32.
    const checksum = sign.signature(hmac({ over: [body.crc32] }))
    assert.equal(valueOf(checksum, sendingOf('123456789', keys)), mac(String(0xcbf43926)))
  })

  test('covers members of the data, for signatures inside the body', () => {
    const part = sign.signature(
      hmac({
        encoding: 'base64',
        over: [event.member('psp'), ':', event.member('amount.value'), ':', event.member('x')],
      }),
    )
    const signed = createHmac('sha256', 'new').update('P1:1130:').digest('base64')
    assert.equal(part.json(message, sendingOf('', keys)), JSON.stringify(signed))
  })

  test('is repeated for each key in one header, or in one header each', () => {
    const [first, second] = ['new', 'old'].map((key) => createHmac('sha256', key).update('x').digest('hex'))
    assert.equal(valueOf(sign.signatures(hmac(), { prefix: 'v1=' }), sendingOf('x', keys)), `v1=${first},v1=${second}`)
    const headers = sign.numbered('x-signature-{n}', hmac(), 3)
    assert.deepEqual(
      Object.entries(headers).map(([name, part]) => [name, part.text(message, sendingOf('x', keys))]),
      [
        ['x-signature-1', first],
        ['x-signature-2', second],
        ['x-signature-3', null],
      ],
    )
  })
})

suite('a key pair of the installation', async () => {
  const content = '{"n":1.0}'
  const pairs = { ed25519: await newKey('ed25519'), rsa: await newKey('rsa'), p256: await newKey('p256') }
  const keys = [textKey('secret'), ...Object.values(pairs)]
  const signed = Buffer.from(`evt_1.${content}`)

  test('signs a template with Ed25519, RSA and ECDSA, and secrets are left alone', () => {
    const over = [event.id, '.', body]
    const value = (part: Part, encoding: BufferEncoding = 'base64'): Buffer =>
      Buffer.from(valueOf(part, sendingOf(content, keys)), encoding)
    const publicKey = (kind: KeyPairKind): KeyObject => createPublicKey(pairs[kind])
    assert.ok(verify(null, signed, publicKey('ed25519'), value(sign.signature(ed25519({ over })))))
    assert.ok(verify('sha256', signed, publicKey('rsa'), value(sign.signature(rsa({ over, encoding: 'hex' })), 'hex')))
    assert.ok(verify('sha256', signed, publicKey('p256'), value(sign.signature(ecdsa({ over })))))
    const raw = value(sign.signature(ecdsa({ over, form: 'raw', encoding: 'base64url' })), 'base64url')
    assert.equal(raw.length, 64)
    assert.ok(verify('sha256', signed, { key: publicKey('p256'), dsaEncoding: 'ieee-p1363' }, raw))
    assert.equal(valueOf(sign.signature(hmac({ over })), sendingOf(content, keys)), mac('secret', signed))
  })

  test('signs a token over the hash of the body, as Plaid has it', async () => {
    const part = sign.signature(
      jwt({ claims: { iat: sentAt.unixSeconds, request_body_sha256: body.sha256.hex, nested: [{ of: 'x' }] } }),
    )
    const sending = sendingOf(content, [pairs.p256], Math.floor(Date.now() / 1000))
    const value = valueOf(part, sending)
    const { payload, protectedHeader } = await jwtVerify(value, createPublicKey(pairs.p256))
    assert.deepEqual(protectedHeader, { alg: 'ES256', kid: keyId(pairs.p256), typ: 'JWT' })
    const digest = createHash('sha256').update(content).digest('hex')
    assert.deepEqual(payload, { iat: sending.sentAt / 1000, request_body_sha256: digest, nested: [{ of: 'x' }] })
    assert.equal(valueOf(sign.keyId, sending), keyId(pairs.p256))
  })

  test('signs a detached JWS, and a secret signs a token where the product says so', async () => {
    const detached = valueOf(sign.signature(detachedJws()), sendingOf(content, [pairs.rsa]))
    const [head, , signature = ''] = detached.split('.')
    const input = `${head}.${Buffer.from(content).toString('base64url')}`
    assert.ok(verify('sha256', Buffer.from(input), createPublicKey(pairs.rsa), Buffer.from(signature, 'base64url')))
    const withSecret = sign.signature(jwt({ claims: { sub: event.id }, withSecret: true }))
    const value = valueOf(withSecret, sendingOf(content, keys))
    assert.deepEqual(decodeJwt(value), { sub: 'evt_1' })
    await jwtVerify(value, Buffer.from('secret'))
  })

  test('is refused where it is missing and required', () => {
    assert.throws(
      () => sign.signature(rsa(), { required: true }).text(message, sendingOf('', [])),
      /key pair .* missing/,
    )
    assert.equal(sign.signature(rsa()).text(message, sendingOf('', [textKey('secret')])), null)
  })

  function mac(key: string, bytes: Buffer): string {
    return createHmac('sha256', key).update(bytes).digest('hex')
  }
})

test('Standard Webhooks may have v1a beside v1: Ed25519 over the same text', async () => {
  const key = await newKey('ed25519')
  const secrets = [1, 2].map(() => standardKey(newStandardSecret(systemRandomBytes)))
  const sending = sendingOf('{}', [...secrets, key])
  const header = sign.standardWebhooks('webhook', { withKeyPair: true })['webhook-signature']
  const values = valueOf(header, sending).split(' ')
  assert.deepEqual(
    values.map((value) => value.split(',')[0]),
    ['v1', 'v1', 'v1a'],
  )
  const signed = Buffer.from('evt_1.1796000000.{}')
  assert.ok(verify(null, signed, createPublicKey(key), Buffer.from(values[2]?.slice(4) ?? '', 'base64')))
  assert.equal(valueOf(header, { ...sending, keys: secrets }), values.slice(0, 2).join(' '))
  assert.equal(valueOf(header, { ...sending, keys: [key] }), values[2])
})

test('a secret may be sent as it is, or as a password', async () => {
  const sending = sendingOf('{}', [await newKey('rsa'), textKey('pä55')])
  assert.equal(valueOf(sign.signature(token()), sending), 'pä55')
  assert.equal(valueOf(sign.signature(basic('acme')), sending), `Basic ${Buffer.from('acme:pä55').toString('base64')}`)
  assert.equal(sign.signature(token()).text(message, { ...sending, keys: [] }), null)
})
