// HMAC-SHA256 as lowercase hex. The key is the text of the secret. Pure: keys and bytes are arguments.

import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

/** Returns the HMAC key of a secret: its UTF-8 bytes, including any prefix. */
export function textKey(secret: string): KeyObject {
  return createSecretKey(secret, 'utf8')
}

/** Signs the parts as one text. Returns 64 lowercase hex digits. */
export function hmacHex(key: KeyObject, ...parts: readonly (string | Uint8Array)[]): string {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return hmac.digest('hex')
}

/** Whether `signature`, hex digits without a prefix, is the signature of the parts with the key. */
export function verifyHmacHex(key: KeyObject, signature: string, ...parts: readonly (string | Uint8Array)[]): boolean {
  const expected = Buffer.from(hmacHex(key, ...parts))
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
