// Key pairs, as private keys in PEM. Receivers verify with the public key. All functions are pure, except the generation.

import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

/** `rsa` has 2048 bits, `p256` is the curve P-256 for ECDSA. */
export type KeyPairKind = 'ed25519' | 'rsa' | 'p256'

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const

const generate = promisify(generateKeyPair)
const generators: Readonly<Record<KeyPairKind, () => Promise<{ readonly privateKey: KeyObject }>>> = {
  ed25519: () => generate('ed25519'),
  rsa: () => generate('rsa', { modulusLength: 2048 }),
  p256: () => generate('ec', { namedCurve: 'P-256' }),
}

/** Returns a new private key, PKCS #8 in PEM. Another thread makes it, because one of RSA takes up to half a second. */
export async function newKeyPair(kind: KeyPairKind): Promise<string> {
  const { privateKey } = await generators[kind]()
  return privateKey.export(pkcs8)
}

/** Parses a private key in PEM. @throws Error if it is a key of another kind */
export function privateKeyOf(kind: KeyPairKind, pem: string): KeyObject {
  const key = createPrivateKey(pem)
  if (kindOf(key) !== kind) throw new Error(`the key is not a private key of the kind ${kind}`)
  return key
}

/** The kind of a key pair; null: it is of no kind that signs deliveries. */
export function kindOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): KeyPairKind | null {
  if (type === 'ed25519' || type === 'rsa') return type
  return type === 'ec' && details?.namedCurve === 'prime256v1' ? 'p256' : null
}

/** Returns the public key of a private key, SPKI in PEM. */
export function publicPem(pem: string): string {
  return createPublicKey(pem).export({ type: 'spki', format: 'pem' })
}
