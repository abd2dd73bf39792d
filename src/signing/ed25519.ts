// Ed25519 (RFC 8032) over the unchanged bytes of the body; signatures are base64 with padding. Pure: keys are
// arguments. The same key and bytes always give the same signature.

import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** Signs the body. Returns base64 with padding. */
export function ed25519Signature(key: KeyObject, body: Buffer): string {
  return sign(null, body, key).toString('base64')
}

/** Whether the signature over the body was made with the private key of `publicKey` (PEM). */
export function verifyEd25519Signature(publicKey: string, body: Buffer, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64')
  return bytes.toString('base64') === signature && verify(null, body, createPublicKey(publicKey), bytes)
}
