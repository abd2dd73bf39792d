// Ways to sign with one key. signatures.ts makes headers and members of bodies of them.

import { type KeyObject, sign as signBytes, type SignKeyObjectInput } from 'node:crypto'
import { hmac as signHmac } from '../../signing/hmac.ts'
import { jwsCompact, jwsDetached, type JwsHeader } from '../../signing/jws.ts'
import { kindOf, type KeyPairKind } from '../../signing/key-pairs.ts'
import type { Message } from '../../contracts/delivery-dialect.ts'
import { body } from './body-parts.ts'
import { type JsonOf, jsonWriter } from './json-writer.ts'
import {
  type AttemptPart,
  type AttemptSigner,
  needsOf,
  type Part,
  type Scheme,
  type Sending,
  type Signed,
  type Signer,
} from './part-types.ts'
import { partOf } from './parts.ts'

type Encoding = 'hex' | 'base64' | 'base64url'
type AttemptSigned = readonly (AttemptPart | string)[]

const isSecret = (key: KeyObject): boolean => key.type === 'secret'
const isKeyPair = (key: KeyObject): boolean => key.type === 'private'

interface Pieces extends Pick<Part, 'needsEarlier'> {
  readonly of: readonly ((message: Message, sending: Sending) => string | Buffer)[]
}

/** The pieces that are signed one after the other. A part that is null is signed as nothing. */
function piecesOf(over: Signed): Pieces {
  return {
    of: over.map((given, index) => {
      if (typeof given === 'object' && 'bytes' in given) return given.bytes
      const part = partOf(given, `over[${index}]`)
      return (message, sending) => part.text(message, sending) ?? ''
    }),
    ...needsOf(over.filter((part) => typeof part === 'string' || 'text' in part)),
  }
}

/** All pieces as one buffer; without a copy if there is one. */
function bytesOf({ of }: Pieces, message: Message, sending: Sending): Buffer {
  const all = of.map((piece) => piece(message, sending)).map((piece) => Buffer.from(piece))
  return all.length === 1 ? (all[0] as Buffer) : Buffer.concat(all)
}

function needs({ needsEarlier }: Pick<Part, 'needsEarlier'>): Pick<Part, 'needsEarlier'> {
  return needsEarlier ? { needsEarlier } : {}
}

export interface HmacForm<Over = Signed> {
  /** Default: `sha256`. */
  readonly hash?: 'sha1' | 'sha256' | 'sha512'
  /** Default: `hex`. */
  readonly encoding?: Encoding
  /** The text that is signed, in this order; default: the body. */
  readonly over?: Over
}

/** An HMAC. */
export function hmac(form: HmacForm<AttemptSigned> & { readonly over: AttemptSigned }): AttemptSigner
export function hmac(form?: HmacForm): Signer
export function hmac({ hash = 'sha256', encoding = 'hex', over = [body] }: HmacForm = {}): Signer {
  const pieces = piecesOf(over)
  return {
    takes: isSecret,
    sign: (key, message, sending) => {
      const signed = pieces.of.map((piece) => piece(message, sending))
      return signHmac(hash, key, signed, encoding)
    },
    scheme: { algorithm: `hmac-${hash}`, encoding, signed: over, key: 'secret' },
    ...needs(pieces),
  }
}

export interface KeyPairForm {
  /** Default: `base64`. */
  readonly encoding?: Encoding
  /** The text that is signed, in this order; default: the body. */
  readonly over?: Signed
}

function keyPairSigner(
  kind: KeyPairKind,
  hash: string | null,
  { encoding = 'base64', over = [body] }: KeyPairForm,
  scheme: Pick<Scheme, 'algorithm' | 'ecdsaForm'>,
): Signer {
  const pieces = piecesOf(over)
  const options: Omit<SignKeyObjectInput, 'key'> = {
    ...(scheme.ecdsaForm && { dsaEncoding: scheme.ecdsaForm === 'p1363' ? 'ieee-p1363' : 'der' }),
  }
  return {
    takes: (key) => kindOf(key) === kind,
    sign: (key, message, sending) =>
      signBytes(hash, bytesOf(pieces, message, sending), { key, ...options }).toString(encoding),
    scheme: { ...scheme, encoding, signed: over, key: 'publicKey' },
    ...needs(pieces),
  }
}

/** Ed25519. */
export function ed25519(form: KeyPairForm = {}): Signer {
  return keyPairSigner('ed25519', null, form, { algorithm: 'ed25519' })
}

/** RSA with SHA-256, PKCS #1 v1.5. */
export function rsa(form: KeyPairForm = {}): Signer {
  return keyPairSigner('rsa', 'sha256', form, { algorithm: 'rsa-sha256' })
}

/** ECDSA with P-256 and SHA-256. `form`: the DER form of most products, or r and s of 32 bytes each. */
export function ecdsa({ form = 'der', ...rest }: KeyPairForm & { readonly form?: 'der' | 'raw' } = {}): Signer {
  const ecdsaForm = form === 'raw' ? 'p1363' : 'der'
  return keyPairSigner('p256', 'sha256', rest, { algorithm: 'ecdsa-p256-sha256', ecdsaForm })
}

export interface JwtForm<Of extends Part> {
  readonly claims: Readonly<Record<string, JsonOf<Of>>>
  /** More members of the header; default: `typ` is `JWT`. `alg` follows from the key, and `kid` from a key pair. */
  readonly header?: JwsHeader
  /** Signs with the secrets (HS256), not with the key pair of the installation. */
  readonly withSecret?: boolean
}

/** A JSON Web Token. */
export function jwt(form: JwtForm<AttemptPart>): AttemptSigner
export function jwt(form: JwtForm<Part>): Signer
export function jwt({ claims, header = { typ: 'JWT' }, withSecret = false }: JwtForm<Part>): Signer {
  const writer = jsonWriter(claims, 'sign.jwt.claims')
  return {
    takes: withSecret ? isSecret : isKeyPair,
    sign: (key, message, sending) => jwsCompact(key, writer.json(message, sending), header),
    scheme: { algorithm: 'jwt', claims, key: withSecret ? 'secret' : 'publicKey' },
    ...needs(writer),
  }
}

export interface DetachedForm {
  readonly header?: JwsHeader
  /** The body is signed as it is (RFC 7797), not as base64url. */
  readonly isUnencoded?: boolean
  /** Signs with the secrets (HS256), not with the key pair of the installation. */
  readonly withSecret?: boolean
}

/** A detached JWS over the body: `header..signature`. */
export function detachedJws({ header = {}, isUnencoded = false, withSecret = false }: DetachedForm = {}): Signer {
  return {
    takes: withSecret ? isSecret : isKeyPair,
    sign: (key, _message, sending) => jwsDetached(key, sending.body, header, isUnencoded),
    scheme: { algorithm: 'jws-detached', isUnencoded, key: withSecret ? 'secret' : 'publicKey' },
  }
}

/** The secret itself, for products that send it. It needs secrets whose text is the key. */
export function token(): AttemptSigner {
  return {
    takes: isSecret,
    sign: (key) => key.export().toString(),
    scheme: { algorithm: 'token', key: 'secret' },
  }
}

/** HTTP's basic authentication, with the secret as the password. It needs secrets whose text is the key. */
export function basic(user: string): AttemptSigner {
  return {
    takes: isSecret,
    sign: (key) => `Basic ${Buffer.from(`${user}:${key.export().toString()}`).toString('base64')}`,
    scheme: { algorithm: 'basic', user, key: 'secret' },
  }
}
