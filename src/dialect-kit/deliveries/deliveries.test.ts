// The bytes of deliveries: bodies, headers and signatures of parts.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { suite, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import type { Message } from '../../contracts/delivery-dialect.ts'
import { textKey } from '../../signing/hmac.ts'
import { newStandardSecret, standardKey } from '../../signing/standard-webhooks.ts'
import { systemRandomBytes } from '../../system.ts'
import { json } from './body.ts'
import { body } from './body-parts.ts'
import { computed, delivery, endpoint, event, sentAt, tenant, text, when } from './parts.ts'
import { signature, signatures, standardWebhooks, timestamped } from './signatures.ts'
import { hmac } from './signers.ts'

const data = '{"total":1.0,"id":12345678901234567890}'
const occurredAt = Date.parse('2026-01-31T12:00:00.123Z')
const message = {
  tenant: { id: 'ten_1', settings: {} },
  event: { id: 'evt_1', type: 'a "quoted" type', data, occurredAt, attributes: { region: 'eu' } },
  delivery: '019aeb1c-ffff-7fff-bfff-ffffffff0001',
  endpoint: { id: 'ep_1', url: 'https://example.com/' },
  attempt: 2,
} as unknown as Message
const sending = { body: Buffer.from('{"a":1}'), keys: [textKey('new'), textKey('old')], sentAt: 1_796_000_000_789 }

const hex = (key: string, signed: string): string => createHmac('sha256', key).update(signed).digest('hex')

suite('a JSON body', () => {
  test('has its members in the given order, and the data byte for byte', () => {
    const form = json({
      object: 'event',
      id: event.id,
      type: event.type,
      created: event.occurredAt.unixSeconds,
      at: event.occurredAt.isoWithOffset,
      nested: { of: tenant.id, empty: {}, none: null, live: false, data: event.data },
      region: event.attribute('region'),
      other: event.attribute('other'),
      to: computed(({ endpoint: { url } }) => url.length),
    })
    const expected =
      '{"object":"event","id":"evt_1","type":"a \\"quoted\\" type","created":1769860800,' +
      '"at":"2026-01-31T12:00:00+00:00","nested":{"of":"ten_1","empty":{},"none":null,"live":false,' +
      `"data":${data}},"region":"eu","other":null,"to":20}`
    assert.equal(form.encode(message), expected)
    assert.equal(form.contentType, 'application/json')
  })

  test('describes itself', () => {
    assert.deepEqual(json({ id: event.id, version: 2, at: event.occurredAt.iso }).schema, {
      type: 'object',
      properties: {
        id: { type: 'string' },
        version: { const: 2 },
        at: { type: 'string', format: 'date-time' },
      },
      required: ['id', 'version', 'at'],
    })
  })

  test('may be empty, or nothing but data', () => {
    assert.equal(json({}).encode(message), '{}')
    assert.equal(json({ data: event.data }).encode(message), `{"data":${data}}`)
  })
})

suite('a header', () => {
  test('is a text of parts, and left out where one of them is missing', () => {
    assert.equal(text('v1=', delivery.attempt, '/', endpoint.id).text(message, sending), 'v1=2/ep_1')
    assert.equal(text('x', event.attribute('other')).text(message), null)
    assert.equal(delivery.attemptId.text(message, sending), '019aeb1c-ffff-7fff-bfff-ffffffff0002')
    assert.equal(when(({ attempt }) => attempt === 1, 'first').text(message), null)
    assert.equal(when(({ attempt }) => attempt === 2, sentAt.unixSeconds).text(message, sending), '1796000000')
  })

  test('may be the signature of the newest key, or of all keys', () => {
    const signer = hmac({ over: [event.id, '.', body] })
    const [first, second] = [hex('new', 'evt_1.{"a":1}'), hex('old', 'evt_1.{"a":1}')]
    assert.equal(signature(signer).text(message, sending), first)
    assert.equal(signatures(signer, { prefix: 'v1=' }).text(message, sending), `v1=${first},v1=${second}`)
    const unsigned = { ...sending, keys: [] }
    assert.equal(signature(signer).text(message, unsigned), null)
    assert.equal(text('sha256=', signature(signer)).text(message, unsigned), null)
    assert.throws(() => signature(signer, { required: true }).text(message, unsigned), /key pair/)
  })

  test('has other hashes and encodings', () => {
    const made = hmac({ hash: 'sha1', encoding: 'base64' }).sign(textKey('new'), message, sending)
    assert.equal(made, createHmac('sha1', 'new').update('{"a":1}').digest('base64'))
    const bytes = { ...sending, body: Buffer.from([0xff, 0x00, 0xc3]) }
    const whole = createHmac('sha256', 'new').update(bytes.body).digest('hex')
    assert.equal(hmac().sign(textKey('new'), message, bytes), whole)
  })
})

test('Standard Webhooks are verified by the official package, also under the names of Svix', () => {
  const secret = newStandardSecret(systemRandomBytes)
  const now = { ...sending, keys: [standardKey(secret)], sentAt: Date.now() }
  for (const prefix of ['webhook', 'svix'] as const) {
    const headers = Object.entries(standardWebhooks(prefix)).map(([name, part]) => [name, part.text(message, now)])
    const sent = Object.fromEntries(headers) as Record<string, string>
    new Webhook(secret).verify(
      now.body,
      Object.fromEntries(
        ['id', 'timestamp', 'signature'].map((name) => [`webhook-${name}`, sent[`${prefix}-${name}`] ?? '']),
      ),
    )
  }
})

test('a timestamped signature covers time and body', () => {
  const [t, ...rest] = (timestamped().text(message, sending) ?? '').split(',')
  assert.equal(t, 't=1796000000')
  assert.deepEqual(
    rest,
    ['new', 'old'].map((key) => `v1=${hex(key, '1796000000.{"a":1}')}`),
  )
})
