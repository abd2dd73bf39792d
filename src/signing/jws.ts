// JSON Web Signatures (RFC 7515) and key ids (RFC 7638). Pure: keys, claims and times are arguments. They are made here
// and not by a library, because headers are made without promises.

import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { hmac } from './hmac.ts'
import { kindOf } from './key-pairs.ts'

/** The algorithm of each kind of key pairs. */
export const jwsAlgorithms = { ed25519: 'EdDSA', rsa: 'RS256', p256: 'ES256' } as const

/** The algorithm that a key signs with. @throws Error: no algorithm is known for the key */
export function jwsAlgorithm(key: KeyObject): 'HS256' | (typeof jwsAlgorithms)[keyof typeof jwsAlgorithms] {
  if (key.type === 'secret') return 'HS256'
  const kind = kindOf(key)
  if (kind === null) throw new Error(`no JWS algorithm is known for keys of type ${key.asymmetricKeyType}`)
  return jwsAlgorithms[kind]
}

/** The members of a public key from which its id follows, in the order of RFC 7638. */
const thumbprintMembers = { RSA: ['e', 'kty', 'n'], EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'] } as const

const keyIds = new WeakMap<KeyObject, string>()

/** The id of a key pair: the thumbprint of its public key (RFC 7638), base64url. It is computed once per key. */
export function keyId(key: KeyObject): string {
  let id = keyIds.get(key)
  if (id === undefined) {
    const jwk = createPublicKey(key).export({ format: 'jwk' })
    const members = thumbprintMembers[jwk.kty as keyof typeof thumbprintMembers]
    const canonical = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])))
    id = createHash('sha256').update(canonical).digest('base64url')
    keyIds.set(key, id)
  }
  return id
}

/** The public key of a key pair, as it stands in a key set (RFC 7517). */
export function publicJwk(key: KeyObject): Readonly<Record<string, unknown>> {
  return { ...createPublicKey(key).export({ format: 'jwk' }), kid: keyId(key), use: 'sig', alg: jwsAlgorithm(key) }
}

export type JwsHeader = Readonly<Record<string, unknown>>

/**
 * The compact serialization of a signature over `payload`, with `alg` and, for key pairs, `kid` in its header.
 *
 * @param header more members of the header, such as `typ`
 */
export function jwsCompact(key: KeyObject, payload: string | Buffer, header: JwsHeader = {}): string {
  const input = `${headerText(key, header)}.${base64url(payload)}`
  return `${input}.${signatureOf(key, input)}`
}

/**
 * A detached signature (RFC 7515, appendix F): `header..signature`. The receiver has the payload from elsewhere.
 *
 * @param isUnencoded the payload is signed as it is, not as base64url (RFC 7797)
 */
export function jwsDetached(key: KeyObject, payload: Buffer, header: JwsHeader = {}, isUnencoded = false): string {
  const head = headerText(key, isUnencoded ? { ...header, b64: false, crit: ['b64'] } : header)
  const input = isUnencoded
    ? Buffer.concat([Buffer.from(`${head}.`), payload])
    : Buffer.from(`${head}.${base64url(payload)}`)
  return `${head}..${signatureOf(key, input)}`
}

function headerText(key: KeyObject, header: JwsHeader): string {
  const alg = jwsAlgorithm(key)
  return base64url(JSON.stringify({ alg, ...(key.type === 'private' && { kid: keyId(key) }), ...header }))
}

function base64url(value: string | Buffer): string {
  return Buffer.from(value).toString('base64url')
}

function signatureOf(key: KeyObject, input: string | Buffer): string {
  switch (jwsAlgorithm(key)) {
    case 'HS256':
      return hmac('sha256', key, [input], 'base64url')
    case 'EdDSA':
      return sign(null, Buffer.from(input), key).toString('base64url')
    case 'RS256':
    case 'ES256':
      return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  }
}
