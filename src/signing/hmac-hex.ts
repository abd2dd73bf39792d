// HMAC-SHA256 as lowercase hex, the key being the secret's text as it stands. Pure: keys and bytes are arguments.

import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

/** The HMAC key of a secret: its UTF-8 bytes, with whatever prefix it has. */
export function textKey(secret: string): KeyObject {
  return createSecretKey(secret, 'utf8')
}

/** 64 lowercase hex digits over the parts, one after the other. */
export function hmacHex(key: KeyObject, ...parts: readonly (string | Uint8Array)[]): string {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return hmac.digest('hex')
}

/** Whether the hex digits, without a prefix, are the signature of the parts with the key. */
export function verifyHmacHex(key: KeyObject, signature: string, ...parts: readonly (string | Uint8Array)[]): boolean {
  const expected = Buffer.from(hmacHex(key, ...parts))
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
