// Deliveries that every sender could sign: with an empty secret, or with the text that a missing one may become.

import { createHmac } from 'node:crypto'
import { checkDelivery } from '../../packages/verify/src/check-delivery.ts'
import type { Recipe, TestVector } from '../../src/contracts/recipe.ts'

/** The same delivery, signed with an empty secret, for a receiver whose secret is empty; empty: a key pair signs. */
export async function forgeries(recipe: Recipe, vector: TestVector): Promise<readonly TestVector[]> {
  const { key } = recipe
  if ('publicKey' in key) return []
  const made = await signedWith(recipe, vector, '')
  return [...new Set(['', key.prefix ?? ''])].map((secret) => ({ ...made, title: `the secret “${secret}”`, secret }))
}

/** The same delivery, signed with another secret, whose text is the key. */
export async function signedWith(recipe: Recipe, vector: TestVector, secret: string): Promise<TestVector> {
  const delivery = { ...vector, body: new TextEncoder().encode(vector.body) }
  const { checks } = await checkDelivery(recipe, delivery, vector)
  const right = checks.find((check) => check.step === 'signature')
  if (right === undefined || right.expected === null) throw new Error('the delivery has no signature of its secret')
  const { expected, signed } = right
  const forged = signatureOf(recipe, signed, secret)
  const changed = (text: string): string => text.replace(expected, forged)
  return {
    ...vector,
    isValid: false,
    headers: Object.fromEntries(Object.entries(vector.headers).map(([name, value]) => [name, changed(value)])),
    body: changed(vector.body),
  }
}

function signatureOf({ algorithm, encoding, user, signatures }: Recipe, signed: Uint8Array, secret: string): string {
  const mac = (hash: string, form: Recipe['encoding'] = 'hex'): string =>
    createHmac(hash, secret).update(signed).digest(form)
  if (algorithm === 'jwt' || algorithm === 'jws-detached') return mac('sha256', 'base64url')
  const before = 'headers' in signatures ? signatures.prefix : ''
  if (algorithm === 'token') return before + secret
  if (algorithm === 'basic') return `${before}Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`
  return before + mac(algorithm.slice('hmac-'.length), encoding)
}
