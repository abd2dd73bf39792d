// Ed25519 (RFC 8032) over the bytes as they are, base64 with padding. Pure: keys are arguments. Signing the same bytes
// with the same key gives the same signature.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'

/** A new private key: PKCS #8 in PEM. */
export function newEd25519Secret(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
}

/** The private key of a PEM. @throws if it is not one of Ed25519 */
export function ed25519Key(secret: string): KeyObject {
  const key = createPrivateKey(secret)
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('not a private key of Ed25519')
  return key
}

/** What receivers verify with: the public key to a private one, SPKI in PEM. */
export function ed25519PublicKey(secret: string): string {
  return createPublicKey(ed25519Key(secret)).export({ type: 'spki', format: 'pem' })
}

export function ed25519Signature(key: KeyObject, body: Buffer): string {
  return sign(null, body, key).toString('base64')
}

/** Whether the signature over the body was made with the private key to `publicKey` (PEM). */
export function verifyEd25519Signature(publicKey: string, body: Buffer, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64')
  return bytes.toString('base64') === signature && verify(null, body, createPublicKey(publicKey), bytes)
}
