// `verify` of packages/verify against a real service: its test vectors, and deliveries that it has sent.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { recipesText } from '../../packages/verify/generate.ts'
import {
  type DialectName,
  recipes,
  type StandardEvent,
  VerificationError,
  verify,
} from '../../packages/verify/src/index.ts'
import type { TestVector } from '../../src/contracts/recipe.ts'
import { captureDeliveries } from '../support/captured-deliveries.ts'
import { forgeries, signedWith } from '../support/forged-deliveries.ts'

const captured = await captureDeliveries()
const folder = new URL('../../packages/verify/src/', import.meta.url)

test('the recipes are those of the shipped dialects', () => {
  assert.equal(
    readFileSync(new URL('recipes.ts', folder), 'utf8'),
    recipesText(),
    'run: node packages/verify/generate.ts',
  )
})

test('the package uses no module of Node, and no method that Node 24 lacks', () => {
  const files = globSync('*.ts', { cwd: folder })
  assert.ok(files.length > 10)
  for (const file of files) {
    const text = readFileSync(new URL(file, folder), 'utf8')
    assert.doesNotMatch(text, /from '(?!\.\/)|\bBuffer\.|\bprocess\.|\.(?:to|from)(?:Hex|Base64)\(/, file)
  }
})

/** The fault of a delivery; null: it is verified. */
async function faultOf(
  name: string,
  { recipe }: (typeof captured)[number],
  vector: TestVector,
): Promise<string | null> {
  const by = name in recipes ? { dialect: name as DialectName } : { recipe }
  try {
    await verify({ ...by, ...vector })
    return null
  } catch (error) {
    if (error instanceof VerificationError) return `${error.step}: ${error.message}`
    throw error
  }
}

suite('a delivery is verified or refused as the service says, of', () => {
  for (const [index, one] of captured.entries()) {
    test(`${one.name}, ${one.recipe.algorithm}, ${index}`, async () => {
      for (const vector of one.vectors) {
        const fault = await faultOf(one.name, one, vector)
        assert.equal(fault === null, vector.isValid, `${vector.title}: ${fault}`)
      }
    })
  }
})

suite('an empty or missing secret verifies nothing, of', () => {
  for (const [index, one] of captured.entries()) {
    const { name, recipe, vectors } = one
    const [valid] = vectors
    if ('publicKey' in recipe.key || valid === undefined) continue
    test(`${name}, ${recipe.algorithm}, ${index}`, async () => {
      const missing = await Promise.all(
        [undefined, null].map(async (none) => ({
          ...(await signedWith(recipe, valid, String(none))),
          title: String(none),
          secret: none as unknown as string,
        })),
      )
      for (const forged of [...(await forgeries(recipe, valid)), ...missing]) {
        assert.equal(await faultOf(name, one, forged), 'key: The secret is empty.', forged.title)
      }
    })
  }
})

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
const now = 1_796_000_000
const body = JSON.stringify({ type: 'invoice.paid', timestamp: '2026-11-30T00:53:20Z', data: { total: 5 } })
const signature = createHmac('sha256', Buffer.alloc(24, 7)).update(`msg_1.${now}.${body}`).digest('base64')
const headers = {
  'webhook-id': 'msg_1',
  'webhook-timestamp': String(now),
  'webhook-signature': `v1,${'A'.repeat(43)}= v1,${signature}`,
}
const delivery = { dialect: 'standard', secret, headers, body, now } as const

suite('a delivery', () => {
  test('is returned as its event, with headers and bodies of every kind', async () => {
    const { type, data } = await verify<StandardEvent<{ total: number }>>(delivery)
    assert.deepEqual([type, data.total], ['invoice.paid', 5])
    const upper = {
      'Webhook-Id': ['msg_1'],
      'WEBHOOK-TIMESTAMP': String(now),
      'webhook-signature': headers['webhook-signature'],
    }
    const bytes = new TextEncoder().encode(body)
    for (const other of [
      { headers: new Headers(headers) },
      { headers: upper },
      { body: bytes },
      { body: bytes.buffer },
    ]) {
      assert.deepEqual(await verify({ ...delivery, ...other }), JSON.parse(body))
    }
  })

  test('may be signed with one of several secrets', async () => {
    const other = `whsec_${Buffer.alloc(24, 8).toString('base64')}`
    assert.ok(await verify({ ...delivery, secret: [other, secret] }))
    await assert.rejects(verify({ ...delivery, secret: [other] }), { step: 'signature' })
    await assert.rejects(verify({ ...delivery, secret: [] }), { step: 'key', message: 'There is no secret.' })
  })

  test('that is refused has an error with the step, and without the right signature', async () => {
    const steps = {
      present: { headers: {} },
      form: { headers: { ...headers, 'webhook-signature': 'v2,x' } },
      time: { now: now + 301 },
      key: { secret: 'whsec_!' },
      signature: { body: `${body} ` },
    }
    for (const [step, change] of Object.entries(steps)) {
      await assert.rejects(verify({ ...delivery, ...change }), (error) => {
        assert.ok(error instanceof VerificationError)
        assert.equal(error.step, step)
        return !error.message.includes(signature)
      })
    }
    assert.ok(await verify({ ...delivery, now: now + 301, toleranceSeconds: 302 }))
    await assert.rejects(verify({ ...delivery, body: JSON.parse(body) }), TypeError)
    await assert.rejects(verify({ ...delivery, dialect: 'none' as 'standard' }), TypeError)
  })

  test('whose body is not JSON is refused after its signature', async () => {
    const text = 'a=b'
    const mac = createHmac('sha256', 'a secret').update(text).digest('hex')
    const signed = { headers: { 'x-storno-signature': `sha256=${mac}` }, body: text, secret: 'a secret' }
    await assert.rejects(verify({ dialect: 'storno', ...signed }), { step: 'body' })
  })
})
