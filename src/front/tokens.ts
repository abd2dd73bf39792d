// Customers' tokens (JWT), for vendors whose API accepts them besides API keys. The operator configures how tokens are
// verified: with a shared secret, or with the key set at a URL.

import { errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../domain/clock.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import { Unavailable } from '../domain/unavailable.ts'

export type Claims = JWTPayload

export interface TokenVerifier {
  /**
   * @param expected the issuer and the audience in place of those of the settings
   * @throws Unavailable if the key set cannot be read now
   */
  verify(token: string, expected?: ExpectedClaims): Promise<Result<Claims>>
}

export interface ExpectedClaims {
  readonly issuer?: string
  readonly audience?: string
}

export interface TokenOptions {
  /** The shared secret (HS256, HS384 or HS512), or what finds a key of a JSON Web Key Set (`KeySet.find`). */
  readonly key: string | JWTVerifyGetKey
  readonly audience: string
  /** Null: tokens of any issuer that has the key. */
  readonly issuer: string | null
  /** The longest time for which a token may be valid: from its issue, if it says when that was, or else from now. */
  readonly maxMs: number
  readonly clock: Clock
}

const sharedAlgorithms = ['HS256', 'HS384', 'HS512']
// No HS algorithms: a key set holds public keys, and a token that is signed with one of them as a shared secret is
// forged.
const publicAlgorithms = [
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

export function createTokenVerifier({ key, audience, issuer, maxMs, clock }: TokenOptions): TokenVerifier {
  const secret = typeof key === 'string' ? new TextEncoder().encode(key) : null
  const find = typeof key === 'string' ? () => secret as Uint8Array : key
  const algorithms = typeof key === 'string' ? sharedAlgorithms : publicAlgorithms
  const fixed = { algorithms, audience, ...(issuer !== null && { issuer }), requiredClaims: ['exp'] }
  return {
    async verify(token, expected = {}) {
      try {
        const now = clock.now()
        const { payload } = await jwtVerify(token, find, { ...fixed, ...expected, currentDate: new Date(now) })
        const { exp = 0, iat = Number.POSITIVE_INFINITY } = payload
        const validMs = exp * 1000 - Math.min(iat * 1000, now)
        return validMs > maxMs ? failure({ kind: 'unauthenticated', reason: 'unknown' }) : success(payload)
      } catch (error) {
        if (error instanceof Unavailable) throw error
        const reason = error instanceof errors.JWTExpired ? 'expired' : 'unknown'
        return failure({ kind: 'unauthenticated', reason })
      }
    },
  }
}
