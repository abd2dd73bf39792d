// Recipes of receivers. test/receiver-snippets.long.ts holds their code against real deliveries.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type AttemptBodyForm, choose, json, jwtBody } from '../deliveries/body.ts'
import { body } from '../deliveries/body-parts.ts'
import { cloudEvents } from '../deliveries/cloud-events.ts'
import { form, multipart } from '../deliveries/form-bodies.ts'
import type { Part } from '../deliveries/part-types.ts'
import { computed, delivery, endpoint, event, joined, sentAt, tenant, text, when } from '../deliveries/parts.ts'
import {
  apiKeySecrets,
  noSecrets,
  rsaKeyPair,
  type SecretForm,
  secretsOfTenant,
  standardSecrets,
  textSecrets,
} from '../deliveries/secrets.ts'
import * as sign from '../deliveries/signatures.ts'
import { basic, detachedJws, ecdsa, ed25519, hmac, jwt, rsa } from '../deliveries/signers.ts'
import type { DefinedDialect } from '../define-dialect.ts'
import { documentedDeliveries } from '../deliveries/documented-deliveries.ts'
import { recipesOf } from './recipe.ts'
import { snippetsOf } from './snippets.ts'
import allo from '../../dialects/allo/allo.ts'
import ultravox from '../../dialects/ultravox/ultravox.ts'

const plain = json({ id: event.id, data: event.data })
const secrets = textSecrets({ form: '{hex:32}' })

function recipes(
  headers: Readonly<Record<string, Part | string>>,
  made: AttemptBodyForm = plain,
  of: SecretForm = secrets,
) {
  return recipesOf({ headers, body: made, secrets: of })
}

suite('a recipe says', () => {
  test('how the secret of a tenant, or the API key, becomes the key', () => {
    const forms = [secretsOfTenant(secrets), secretsOfTenant(standardSecrets), apiKeySecrets]
    const keys = forms.map((of) => {
      const [recipe] = recipes({ 'x-signature': sign.signature(hmac()) }, plain, of)
      return recipe !== undefined && 'key' in recipe && recipe.key
    })
    assert.deepEqual(keys, [
      { secret: 'text', of: 'account' },
      { ...standardSecrets.keyForm, of: 'account' },
      { secret: 'text', of: 'apiKey' },
    ])
  })

  test('where the signatures are, and which text stands around them', () => {
    const signatures = (part: Part): unknown => {
      const [recipe] = recipes({ 'X-Signature': part })
      return recipe !== undefined && 'signatures' in recipe && recipe.signatures
    }
    const at = { headers: ['x-signature'], separator: null, prefix: '', isRepeated: false }
    assert.deepEqual(signatures(sign.signature(hmac())), at)
    assert.deepEqual(signatures(text('sha256=', sign.signature(hmac()))), { ...at, prefix: 'sha256=' })
    assert.deepEqual(signatures(sign.signature(hmac(), { prefix: 'v0=' })), { ...at, prefix: 'v0=' })
    const many = sign.signatures(hmac(), { prefix: 'v1:', separator: ' ' })
    assert.deepEqual(signatures(many), { ...at, separator: ' ', prefix: 'v1:', isRepeated: true })
    const paddle = text('ts=', sentAt.unixSeconds, ';h1=', sign.signature(hmac()))
    assert.deepEqual(signatures(paddle), { ...at, separator: ';', prefix: 'h1=' })
    const conditional = when(({ trial }) => trial !== true, sign.signature(hmac()))
    assert.deepEqual(signatures(conditional), at)
  })

  test('which pieces are signed, and where a receiver finds each of them', () => {
    const over = [
      text('v0:', sentAt.unixSeconds),
      ':',
      'POST ',
      endpoint.url,
      endpoint.id,
      event.id,
      event.member('order.id'),
      body.crc32,
      body,
    ]
    const [recipe] = recipes({
      'x-sig': joined(',', text('t=', sentAt.unixSeconds), sign.signature(hmac({ over }), { prefix: 's=' })),
    })
    const place = { header: 'x-sig', separator: ',', prefix: 't=' }
    assert.deepEqual(recipe, {
      signatures: { headers: ['x-sig'], separator: ',', prefix: 's=', isRepeated: false },
      algorithm: 'hmac-sha256',
      encoding: 'hex',
      signed: [
        { text: 'v0:' },
        place,
        { text: ':POST ' },
        { known: 'url' },
        { known: 'webhookId' },
        { member: ['id'] },
        { member: ['data', 'order', 'id'] },
        { body: 'crc32' },
        { body: 'bytes' },
      ],
      key: { secret: 'text' },
      timestamp: { ...place, form: 'unixSeconds' },
    })
  })

  test('the scheme of each of several signatures', () => {
    const both = recipes(sign.standardWebhooks('svix', { withKeyPair: true }), plain, {
      ...rsaKeyPair,
      keyForm: standardSecrets.keyForm as never,
    })
    const [first, second] = both
    assert.partialDeepStrictEqual(first, {
      signatures: { separator: ' ', prefix: 'v1,' },
      key: { secret: 'base64', prefix: 'whsec_' },
    })
    assert.partialDeepStrictEqual(second, {
      signatures: { separator: ' ', prefix: 'v1a,' },
      algorithm: 'ed25519',
      key: { publicKey: 'pem' },
      timestamp: { header: 'svix-timestamp', form: 'unixSeconds' },
    })
    const others = recipes({
      a: sign.signature(ecdsa({ form: 'raw', over: [sentAt.iso, body] })),
      at: sentAt.iso,
      ...sign.numbered('n-{n}', hmac(), 3),
      b: sign.signature(basic('acme')),
      id: sign.keyId,
      c: sign.signature(detachedJws({ withSecret: true })),
    })
    assert.deepEqual(
      others.map(
        (one) =>
          'algorithm' in one && [
            one.algorithm,
            one.timestamp?.form,
            'headers' in one.signatures && one.signatures.headers,
          ],
      ),
      [
        ['ecdsa-p256-sha256', 'iso', ['a']],
        ['hmac-sha256', undefined, ['n-1', 'n-2', 'n-3']],
        ['basic', undefined, ['b']],
        ['jws-detached', undefined, ['c']],
      ],
    )
  })

  test('the place of a signature inside the body, and the claims of a token', () => {
    const mac = sign.signature(hmac({ over: [delivery.id, event.member('n')] }))
    const inside = json.perAttempt({ list: [{ mac, id: delivery.id }], '...': event.data })
    assert.partialDeepStrictEqual(recipes({}, inside), [
      { signatures: { member: ['list', 0, 'mac'] }, signed: [{ member: ['list', 0, 'id'] }, { member: ['n'] }] },
    ])
    const adyen = json.perAttempt({
      item: { code: event.member('code'), mac: sign.signature(hmac({ over: [event.member('code')] })) },
    })
    assert.partialDeepStrictEqual(recipes({}, adyen), [{ signed: [{ member: ['item', 'code'] }] }])
    const inForm = multipart.perAttempt({
      json: json.perAttempt({ id: delivery.id, mac: sign.signature(hmac({ over: [delivery.id] })) }),
    })
    assert.partialDeepStrictEqual(recipes({}, inForm), [
      { signatures: { member: ['mac'], field: 'json' }, signed: [{ member: ['id'], field: 'json' }] },
    ])
    const claims = { iat: sentAt.unixSeconds, hash: body.sha256.hex, url: endpoint.url, iss: 'acme' }
    assert.partialDeepStrictEqual(recipes({ x: sign.signature(jwt({ claims })) }, plain, rsaKeyPair), [
      {
        algorithm: 'jwt',
        jws: { algorithm: 'RS256' },
        claims: { hash: { body: 'sha256Hex' }, url: { known: 'url' } },
        key: { publicKey: 'pem' },
      },
    ])
    const token = jwtBody({ claims: { jti: delivery.id }, withSecret: true })
    assert.partialDeepStrictEqual(recipes({}, token), [
      { algorithm: 'jwt', jws: { algorithm: 'HS256' }, signatures: { wholeBody: true } },
    ])
    const detached = detachedJws({ isUnencoded: true })
    assert.partialDeepStrictEqual(recipes({ x: sign.signature(detached) }, plain, rsaKeyPair), [
      { algorithm: 'jws-detached', jws: { algorithm: 'RS256', isUnencoded: true } },
    ])
    assert.deepEqual(recipes({ a: event.id, b: 'constant' }, plain, noSecrets), [])
  })
})

suite('a signature has no recipe, and the dialect says so, if', () => {
  const reasons: Readonly<Record<string, ReturnType<typeof recipes>>> = {
    'its text has a computed value': recipes({ x: sign.signature(hmac({ over: [computed(() => 'fact'), body] })) }),
    'its text has a value that is nowhere in the delivery': recipes({
      x: sign.signature(hmac({ over: [tenant.id, body] })),
    }),
    'its text has JSON of the body, which receivers cannot write again': recipes({
      x: sign.signature(hmac({ over: [event.data] })),
    }),
    'its text has a value that a header has in another form': recipes(
      { x: sign.signature(hmac({ over: [event.type] })) },
      cloudEvents.binary({ source: 'x' }),
    ),
    'the text around it has no regular form': recipes({
      x: text('k="', event.id, '", s="', sign.signature(hmac()), '"'),
    }),
    'a text precedes only the first of several': recipes({ x: text('v1=', sign.signatures(hmac())) }),
    'no key pair could sign it': recipes({ x: sign.signature(jwt({ claims: {} })) }),
    'a function makes it': recipes({ x: sign.signature({ takes: () => true, sign: () => 'made' }) }),
    'a function makes the key': recipes({ x: sign.signature(hmac()) }, plain, { ...noSecrets, create: () => 'x' }),
    'its place depends on the endpoint': recipes(
      {},
      choose(() => 'a', { a: json.perAttempt({ mac: sign.signature(hmac({ over: [event.id] })) }) }),
    ),
    'it is a field of a form': recipes({}, form.perAttempt({ mac: sign.signature(hmac({ over: [event.id] })) })),
  }
  for (const [reason, found] of Object.entries(reasons)) {
    test(reason, () => {
      assert.equal(found.length, 1)
      assert.match(found.map((one) => ('undescribed' in one ? one.undescribed : '')).join(), /^the /)
    })
  }
})

test('code is missing only where the standard library does not suffice, and then a package is named', () => {
  const missing = (part: Part, made = plain): unknown[] => {
    const [recipe] = recipes({ x: part }, made)
    assert.ok(recipe !== undefined && 'algorithm' in recipe)
    return snippetsOf(recipe).flatMap(({ language, code, needs }) =>
      code === null ? [[language, needs !== null]] : [],
    )
  }
  assert.deepEqual(missing(sign.signature(hmac())), [])
  assert.deepEqual(missing(sign.signature(rsa())), [])
  assert.deepEqual(missing(sign.signature(ed25519())), [])
  assert.deepEqual(missing(sign.signature(hmac({ over: [event.id, body] }))), [['java', true]])
  assert.deepEqual(missing(sign.signature(jwt({ claims: {}, withSecret: true }))), [])
  assert.equal(missing(sign.signature(hmac({ over: [body.sortedForm] }))).length, 6)
})

test('the OpenAPI document describes the headers of signatures in words', () => {
  const described = ({ definition, dialect }: DefinedDialect, name: string): unknown =>
    documentedDeliveries(definition, dialect.receiving).components.parameters[name]?.['description']
  assert.equal(
    described(allo, 'webhook-signature'),
    'HMAC-SHA256 in base64 over `webhook-id`, the text `.`, `webhook-timestamp`, the text `.`, the body. The key is the ' +
      'bytes that follow `whsec_` in the secret, in base64. It follows `v1,`. During a rotation each key signs, and ` ` ' +
      'separates the signatures. Refuse deliveries whose time is more than 5 minutes away from now.',
  )
  assert.equal(
    described(ultravox, 'x-ultravox-webhook-signature'),
    'HMAC-SHA256 in hex over the body, `x-ultravox-webhook-timestamp`. The key is the secret. During a rotation each key ' +
      'signs, and `,` separates the signatures. Refuse deliveries whose time is more than 5 minutes away from now.',
  )
  assert.equal(described(allo, 'webhook-id'), undefined)
})
