// The secrets of the Standard Webhooks specification (standardwebhooks.com).

import { createSecretKey, type KeyObject } from 'node:crypto'

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
