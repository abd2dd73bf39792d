// The keys of recipes, and the work of Web Crypto with them.

import type { Recipe, RecipeAlgorithm } from './recipe.ts'
import { type Bytes, decoded, utf8 } from './bytes.ts'

/** A secret or public key that cannot be used. Its message is a sentence. */
export class KeyFault extends Error {
  override readonly name = 'KeyFault'
}

/** Throws if there is no secret, which JavaScript without types can give: every sender could sign. @throws KeyFault */
export function assertSecret(secret: string | null | undefined): asserts secret is string {
  if (!secret) throw new KeyFault('The secret is empty.')
}

/** The key of a recipe that signs with a secret. @throws KeyFault */
export function secretBytes({ key }: Recipe, secret: string): Bytes {
  assertSecret(secret)
  if ('publicKey' in key || key.secret === 'text') return utf8(secret)
  const { prefix = '' } = key
  const bytes = decoded(secret.startsWith(prefix) ? secret.slice(prefix.length) : secret, 'base64')
  if (bytes === null) throw new KeyFault(`The secret is not base64${prefix === '' ? '' : ` after ${prefix}`}.`)
  return bytes
}

export type Hash = 'SHA-1' | 'SHA-256' | 'SHA-512'

export async function hmac(hash: Hash, key: Bytes, signed: Bytes): Promise<Bytes> {
  if (key.length === 0) throw new KeyFault('The secret is empty.')
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, signed))
}

export type PublicKeyAlgorithm = Extract<RecipeAlgorithm, 'ed25519' | 'rsa-sha256' | 'ecdsa-p256-sha256'>

const parameters = {
  ed25519: { name: 'Ed25519' },
  'rsa-sha256': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  'ecdsa-p256-sha256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const

/** @param signature for ECDSA: r and s @throws KeyFault */
export async function isSignedBy(
  algorithm: PublicKeyAlgorithm,
  pem: string,
  signature: Bytes,
  signed: Bytes,
): Promise<boolean> {
  const form = parameters[algorithm]
  const der = derOf(pem)
  const key = await crypto.subtle.importKey('spki', der, form, false, ['verify']).catch(() => {
    throw new KeyFault(`The public key is not one of ${form.name}.`)
  })
  return crypto.subtle.verify(form, key, signature, signed)
}

function derOf(pem: string): Bytes {
  const text = pem.trim()
  if (text === '') throw new KeyFault('The public key is empty.')
  if (text.includes('PRIVATE KEY'))
    throw new KeyFault('This is a private key. A receiver verifies with the public key.')
  if (text.includes(String.raw`\n`))
    throw new KeyFault(String.raw`The public key has \n as two characters in place of line breaks.`)
  const [, inner] = /^-----BEGIN PUBLIC KEY-----\s([^-]+)-----END PUBLIC KEY-----$/.exec(text) ?? []
  const der = inner === undefined ? null : decoded(inner.replaceAll(/\s/g, ''), 'base64')
  if (der === null) {
    throw new KeyFault('The public key is not PEM: it begins with -----BEGIN PUBLIC KEY-----, and base64 follows.')
  }
  return der
}

/** r and s of 32 bytes each, from an ECDSA signature in DER; null: it is not one. */
export function rawEcdsa(der: Bytes): Bytes | null {
  const raw = new Uint8Array(64)
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null
  let at = 2
  for (const end of [32, 64]) {
    const length = der[at + 1]
    if (der[at] !== 0x02 || length === undefined) return null
    const number = der.subarray(at + 2, at + 2 + length)
    const digits = number[0] === 0 ? number.subarray(1) : number
    if (digits.length > 32) return null
    raw.set(digits, end - digits.length)
    at += 2 + length
  }
  return at === der.length ? raw : null
}
