// The signature of the Standard Webhooks specification (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body` in
// base64, with version `v1`. Pure: keys and time are arguments.

import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

const prefix = 'whsec_'
/** Bounds of a secret, by the specification. */
export const secretBytesMin = 24
export const secretBytesMax = 64

/** Returns a new secret: `whsec_` and 24 random bytes in base64. */
export function newStandardSecret(random: (count: number) => Uint8Array): string {
  return prefix + Buffer.from(random(secretBytesMin)).toString('base64')
}

/**
 * Returns the fault of a secret that a customer chose; null: it has none. The specification makes the prefix optional.
 */
export function standardSecretFault(secret: string): string | null {
  const encoded = secret.startsWith(prefix) ? secret.slice(prefix.length) : secret
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64') !== encoded) return `must be ${prefix} followed by base64`
  if (bytes.length < secretBytesMin || bytes.length > secretBytesMax) {
    return `must hold ${secretBytesMin} to ${secretBytesMax} bytes`
  }
  return null
}

/** Returns the HMAC key of a secret: the text after `whsec_`, base64-decoded. */
export function standardKey(secret: string): KeyObject {
  return createSecretKey(secret.startsWith(prefix) ? secret.slice(prefix.length) : secret, 'base64')
}

/**
 * Returns the value of `webhook-signature`: one `v1,<base64>` per key, separated by spaces.
 *
 * @param timestampSeconds Unix time at which this attempt is sent
 */
export function standardSignature(
  keys: readonly KeyObject[],
  id: string,
  timestampSeconds: number,
  body: Buffer,
): string {
  let signature = ''
  for (const key of keys) {
    if (signature !== '') signature += ' '
    signature += `v1,${digest(key, id, timestampSeconds, body).toString('base64')}`
  }
  return signature
}

/** Returns the three headers of a delivery. `sentAtMs`: Unix time in milliseconds at which this attempt is sent. */
export function standardHeaders(
  keys: readonly KeyObject[],
  id: string,
  sentAtMs: number,
  body: Buffer,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = Math.floor(sentAtMs / 1000)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standardSignature(keys, id, timestamp, body),
  }
}

/** Whether any of the space-separated signatures was made with the key. The age of the timestamp is not checked. */
export function verifyStandardSignature(
  key: KeyObject,
  id: string,
  timestampSeconds: number,
  body: Buffer,
  signature: string,
): boolean {
  const expected = digest(key, id, timestampSeconds, body)
  return signature.split(' ').some((part) => {
    if (!part.startsWith('v1,')) return false
    const given = Buffer.from(part.slice(3), 'base64')
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}

function digest(key: KeyObject, id: string, timestampSeconds: number, body: Buffer): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestampSeconds}.`).update(body).digest()
}
