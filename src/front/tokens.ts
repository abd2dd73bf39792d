// Customers' tokens (JWT), for vendors whose API accepts them besides API keys. The operator configures how tokens are
// verified: with a shared secret, or with the key set at a URL.

import { createRemoteJWKSet, customFetch, errors, type FetchImplementation, type JWTPayload, jwtVerify } from 'jose'
import { failure, type Result, success } from '../domain/problem.ts'
import { Unavailable } from '../domain/unavailable.ts'

export type Claims = JWTPayload

export interface TokenVerifier {
  /** @throws Unavailable if the key set cannot be read now */
  verify(token: string): Promise<Result<Claims>>
}

export interface TokenOptions {
  /** The shared secret (HS256, HS384 or HS512), or null. */
  readonly secret: string | null
  /** The URL of a JSON Web Key Set, or null. Not used if there is a secret. */
  readonly keySetUrl: string | null
  /** Fetches the key set, through the egress guard. */
  readonly fetch: FetchImplementation
}

/** Null if neither a secret nor a key set is configured. */
export function createTokenVerifier({ secret, keySetUrl, fetch }: TokenOptions): TokenVerifier | null {
  if (secret !== null) {
    const key = new TextEncoder().encode(secret)
    return { verify: (token) => judge(() => jwtVerify(token, key, { algorithms: ['HS256', 'HS384', 'HS512'] })) }
  }
  if (keySetUrl === null) return null
  const keySet = createRemoteJWKSet(new URL(keySetUrl), { [customFetch]: fetch })
  // No HS algorithms: a key set holds public keys, and a token that is signed with one of them as a shared secret is
  // forged.
  const algorithms = [
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
    'Ed25519',
  ]
  return { verify: (token) => judge(() => jwtVerify(token, keySet, { algorithms })) }
}

export function looksLikeToken(credential: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential)
}

async function judge(verify: () => Promise<{ payload: Claims }>): Promise<Result<Claims>> {
  try {
    return success((await verify()).payload)
  } catch (error) {
    if (error instanceof errors.JWTExpired) return failure({ kind: 'unauthenticated', reason: 'expired' })
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
      throw new Unavailable('the key set for tokens cannot be read')
    }
    return failure({ kind: 'unauthenticated', reason: 'unknown' })
  }
}
