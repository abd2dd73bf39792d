// The verifier against the test vectors of every dialect: it agrees with the dialect about each of them, and
// names the step that fails.

import assert from 'node:assert/strict'
import { createHash, createHmac, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { suite, test } from 'node:test'
import type { Recipe, TestVector } from '../../src/contracts/recipe.ts'
import { loadDialects } from '../../src/dialects/load.ts'
import { jwsCompact, jwsDetached } from '../../src/signing/jws.ts'
import { type KeyPairKind, newKeyPair, privateKeyOf } from '../../src/signing/key-pairs.ts'
import { crc32, utf8 } from '../../packages/verify/src/bytes.ts'
import type { StepName } from '../../packages/verify/src/checks.ts'
import type { Delivery } from '../../packages/verify/src/delivery.ts'
import { diagnose } from '../../packages/verify/src/diagnose.ts'
import { pastedHeaders } from '../../packages/verify/src/headers.ts'
import { checkDelivery } from '../../packages/verify/src/check-delivery.ts'

const folders = ['../../examples/dialects', '../support/dialects'].map((path) => resolve(import.meta.dirname, path))
const schemes = [
  'secret-schemes',
  'p256-schemes',
  'ed25519-schemes',
  'token-schemes',
  'token-body',
  'tenant-secrets',
].map((name) => `${name}.ts`)
const files = folders.flatMap((folder) =>
  globSync('*.ts', { cwd: folder })
    .filter((file) => (folder.endsWith('examples/dialects') ? !file.endsWith('.examples.ts') : schemes.includes(file)))
    .map((file) => resolve(folder, file)),
)
const dialects = (await loadDialects(files)).map(({ dialect }) => dialect)
let turns = 0
const timer = setInterval(() => (turns += 1), 1)
const made = await Promise.all(
  dialects.map(async ({ name, receiving }) => (await receiving.vectors()).map((one) => ({ name, ...one }))),
)
clearInterval(timer)
const programs = made.flat()

function deliveryOf({ headers, body, url, webhookId }: TestVector): Delivery {
  return { headers, body: utf8(body), url, webhookId }
}

/** The steps of which one must fail, by the title of a vector. */
function stepsOf({ title }: TestVector, { timestamp, algorithm }: Recipe): readonly StepName[] {
  if (title === 'no signature') return ['present']
  if (title === 'a delivery that is too old' || title === 'a delivery from the future') return ['time']
  if (title === 'a token that has ended') return ['time']
  const isOfTheKey = ['another secret', 'a token with other claims', 'the older secret during a rotation'].includes(
    title,
  )
  if (algorithm === 'jwt' && !isOfTheKey) return ['claims']
  const isTime = timestamp !== undefined && 'header' in timestamp && title === `another ${timestamp.header}`
  return isTime ? ['form', 'time', 'signature'] : ['signature']
}

test('the process does other work while the key pairs of test vectors are made', () => assert.ok(turns > 0))

suite('the verifier agrees with the dialect', () => {
  test('there are vectors of each algorithm', () => {
    const algorithms = new Set(programs.map(({ recipe }) => recipe.algorithm))
    assert.deepEqual([...algorithms].toSorted(), [
      'basic',
      'ecdsa-p256-sha256',
      'ed25519',
      'hmac-sha1',
      'hmac-sha256',
      'hmac-sha512',
      'jws-detached',
      'jwt',
      'rsa-sha256',
      'token',
    ])
  })
  for (const [index, { name, recipe, vectors }] of programs.entries()) {
    test(`${name}, ${recipe.algorithm}, ${index}`, async () => {
      assert.ok(vectors.some(({ isValid }) => isValid))
      for (const vector of vectors) {
        const { secret, now, title } = vector
        const { isValid, checks } = await checkDelivery(recipe, deliveryOf(vector), { secret, now })
        const failed = checks.find(({ fault }) => fault !== null)
        assert.equal(isValid, vector.isValid, `${title}: ${failed?.fault}`)
        if (!isValid) assert.ok(stepsOf(vector, recipe).includes(failed?.step as StepName), `${title}: ${failed?.step}`)
      }
    })
  }
})

const now = 1_796_000_000

suite('a JSON Web Signature', () => {
  const content = '{"größe":1.0}'
  const at = { headers: ['x-jws'], separator: null, prefix: '', isRepeated: false }
  const sign = (jws: string): Delivery => ({ headers: { 'x-jws': jws }, body: utf8(content) })
  const failing = async (recipe: Recipe, delivery: Delivery, secret: string): Promise<StepName | undefined> =>
    (await checkDelivery(recipe, delivery, { secret, now })).checks.find(({ fault }) => fault !== null)?.step

  for (const kind of ['ed25519', 'rsa', 'p256'] as const satisfies KeyPairKind[]) {
    test(`over the body, apart from it, with a key pair of the kind ${kind}`, async () => {
      const recipe: Recipe = { signatures: at, algorithm: 'jws-detached', key: { publicKey: 'pem' } }
      const [pair, other] = (await Promise.all([newKeyPair(kind), newKeyPair(kind)])).map((pem) =>
        privateKeyOf(kind, pem),
      )
      const pemOf = (key: KeyObject | undefined): string =>
        createPublicKey(key as KeyObject).export({ type: 'spki', format: 'pem' })
      for (const isUnencoded of [false, true]) {
        const delivery = sign(jwsDetached(pair as KeyObject, Buffer.from(content), {}, isUnencoded))
        assert.equal(await failing(recipe, delivery, pemOf(pair)), undefined)
        assert.equal(await failing(recipe, delivery, pemOf(other)), 'signature')
        assert.equal(await failing(recipe, { ...delivery, body: utf8('{}') }, pemOf(pair)), 'signature')
        assert.equal(await failing(recipe, delivery, pemOf(pair).replaceAll('\n', String.raw`\n`)), 'key')
      }
      const withSecret = sign(jwsDetached(createSecretKey(pemOf(pair), 'utf8'), Buffer.from(content)))
      assert.equal(await failing(recipe, withSecret, pemOf(pair)), 'form', 'the token does not choose the algorithm')
      const another: Recipe = { ...recipe, jws: { algorithm: kind === 'rsa' ? 'ES256' : 'RS256' } }
      const signed = sign(jwsDetached(pair as KeyObject, Buffer.from(content)))
      assert.equal(await failing(another, signed, pemOf(pair)), 'form', 'the recipe names another algorithm')
    })
  }

  test('with a secret, and claims and an end of its own', async () => {
    const recipe: Recipe = {
      signatures: at,
      algorithm: 'jwt',
      key: { secret: 'text' },
      claims: { hash: { body: 'sha256Hex' } },
    }
    const key = createSecretKey('a secret', 'utf8')
    const hash = createHash('sha256').update(content).digest('hex')
    const token = (claims: unknown): Delivery => sign(jwsCompact(key, JSON.stringify(claims)))
    assert.equal(await failing(recipe, token({ hash, exp: now + 1 }), 'a secret'), undefined)
    assert.equal(await failing(recipe, token({ hash, exp: now - 1 }), 'a secret'), 'time')
    assert.equal(await failing(recipe, token({ hash: '' }), 'a secret'), 'claims')
    assert.equal(await failing(recipe, token({ hash }), 'another'), 'signature')
    assert.equal(await failing(recipe, sign('a.b'), 'a secret'), 'form')
  })
})

test('the values that are computed from a body are those of others', async () => {
  assert.equal(crc32(utf8('123456789')), 0xcbf43926)
  // The example in Twilio's documentation.
  const twilio: Recipe = {
    signatures: { headers: ['x-twilio-signature'], separator: null, prefix: '', isRepeated: false },
    algorithm: 'hmac-sha1',
    encoding: 'base64',
    signed: [{ known: 'url' }, { body: 'sortedForm' }],
    key: { secret: 'text' },
  }
  const form = 'CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212'
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
  const headers = { 'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' }
  const receiver = { secret: '12345', now }
  assert.ok((await checkDelivery(twilio, { headers, body: utf8(form), url }, receiver)).isValid)
  const [mistake] = await diagnose(twilio, { headers, body: utf8(form), url: `${url}/` }, receiver)
  assert.deepEqual([mistake?.of, mistake?.text.includes('without the slash')], ['url', true])
  const [unknown] = (await checkDelivery(twilio, { headers, body: utf8(form) }, receiver)).checks
  assert.match(String(unknown?.fault), /signed over the URL/)
})

suite('a mistake is named:', () => {
  const recipe: Recipe = {
    signatures: { headers: ['x-signature'], separator: null, prefix: 'sha256=', isRepeated: false },
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    signed: [{ body: 'bytes' }],
    key: { secret: 'text' },
  }
  const json = '{"name":"größe","url":"https://example.com","n":1.0,"list":[1,2]}'
  const mac = (key: string | Buffer, text: string): string => createHmac('sha256', key).update(text).digest('hex')
  const mistakes = async (
    sent: string,
    arrived: string,
    secret: string = 'a secret',
    key: string | Buffer = 'a secret',
  ) =>
    (
      await diagnose(
        recipe,
        { headers: { 'x-signature': `sha256=${mac(key, sent)}` }, body: utf8(arrived) },
        { secret, now },
      )
    ).map(({ of, text }) => `${of}: ${text}`)

  test('a body that was changed on its way', async () => {
    const pretty = JSON.stringify({ name: 'größe', n: 2, list: [1, 2] }, null, 2)
    const compact = '{"name":"größe","n":2,"list":[1,2]}'
    const changes = [
      [compact, pretty, /written again/],
      [json, json.replaceAll(',', ', ').replaceAll('":', '": '), /written again/],
      [compact.replaceAll(',', ', ').replaceAll('":', '": '), compact, /written again/],
      [compact.replace('ö', String.raw`\u00f6`).replace('ß', String.raw`\u00df`), compact, /written again/],
      [compact, `${compact}\n`, /without the line break/],
      [`${compact}\n`, compact, /with a line break/],
      [pretty.replaceAll('\n', '\r\n'), pretty, /CR LF/],
    ] as const
    for (const [sent, arrived, words] of changes) {
      const found = await mistakes(sent, arrived)
      assert.equal(found.length, 1, `${sent} / ${arrived}`)
      assert.match(String(found[0]), words)
    }
    assert.deepEqual(await mistakes(compact, compact.replace('2', '3')), [], 'another value is no usual mistake')
  })

  test('a secret that is read in a wrong way', async () => {
    const bytes = Buffer.alloc(24, 7)
    const secret = `whsec_${bytes.toString('base64')}`
    assert.match(String(await mistakes(json, json, ' a secret\n')), /white space around/)
    assert.match(String(await mistakes(json, json, secret, bytes)), /decoded from base64/)
    assert.match(String(await mistakes(json, json, secret, bytes.toString('base64'))), /without its prefix/)
    const standard = dialects[0]?.receiving.signatures[0] as Recipe
    const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': String(now) }
    for (const key of [secret, secret.slice('whsec_'.length)]) {
      const signature = createHmac('sha256', key).update(`evt_1.${now}.${json}`).digest('base64')
      const delivery = { headers: { ...headers, 'webhook-signature': `v1,${signature}` }, body: utf8(json) }
      assert.match(String((await diagnose(standard, delivery, { secret, now }))[0]?.text), /should be decoded/)
    }
  })

  test('a scheme of another product, or an HMAC of the body alone', async () => {
    const body = utf8(json)
    const secret = 'a secret'
    const schemeOf = async (headers: Readonly<Record<string, string>>) =>
      (await diagnose(recipe, { headers, body }, { secret, now }))[0]?.text
    assert.match(String(await schemeOf({ 'x-hub-signature-256': `sha256=${mac(secret, json)}` })), /as GitHub/)
    const stripe = { 'stripe-signature': `t=${now},v1=${mac(secret, `${now}.${json}`)}` }
    assert.match(String(await schemeOf(stripe)), /as Stripe/)
    const sha1 = createHmac('sha1', secret).update(json).digest('base64')
    assert.match(String(await schemeOf({ 'x-own': sha1 })), /x-own has the HMAC-SHA1 .* base64/)
  })
})

test('headers are read as people paste them', () => {
  const headers = { 'webhook-id': 'a:b', 'x-two': '1, 2' }
  const lines = 'POST /hook HTTP/1.1\r\nWebhook-Id: a:b\r\nX-Two: 1\r\nx-two:2\r\n\r\n'
  const curl = `-H 'Webhook-Id: a:b' \\\n  --header "X-Two: 1, 2"`
  const json = JSON.stringify({ 'Webhook-Id': 'a:b', 'X-Two': ['1', '2'] })
  for (const text of [lines, curl, json]) assert.deepEqual({ ...pastedHeaders(text).headers }, headers, text)
  assert.deepEqual(pastedHeaders('no header\n__proto__: x').odd, ['no header'])
})
