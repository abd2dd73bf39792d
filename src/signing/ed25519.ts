// Ed25519 (RFC 8032) over the unchanged bytes of the body; signatures are base64 with padding. Pure: keys are
// arguments. The same key and bytes always give the same signature.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'

/** Returns a new private key, PKCS #8 in PEM. */
export function newEd25519Secret(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
}

/** Parses a private key in PEM. @throws Error if it is not an Ed25519 key */
export function ed25519Key(secret: string): KeyObject {
  const key = createPrivateKey(secret)
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the key is not an Ed25519 private key')
  return key
}

/** Returns the public key of a private key, SPKI in PEM. Receivers verify with it. */
export function ed25519PublicKey(secret: string): string {
  return createPublicKey(ed25519Key(secret)).export({ type: 'spki', format: 'pem' })
}

/** Signs the body. Returns base64 with padding. */
export function ed25519Signature(key: KeyObject, body: Buffer): string {
  return sign(null, body, key).toString('base64')
}

/** Whether the signature over the body was made with the private key of `publicKey` (PEM). */
export function verifyEd25519Signature(publicKey: string, body: Buffer, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64')
  return bytes.toString('base64') === signature && verify(null, body, createPublicKey(publicKey), bytes)
}
