// Tokens of customers (JWT): the key that a verified token stands for.

import type { ApiKey } from '../../domain/api-key.ts'
import type { ApiKeyId, TenantId } from '../../domain/ids.ts'
import type { Claims, ExpectedClaims } from '../../front/tokens.ts'

export interface ClaimNames {
  /** The claim that lists the tenants. */
  readonly tenants: string
  /** The claim that lists the scopes. */
  readonly scopes: string
  /** The claim with the role, one of `keys.roles`; default: tokens have no role. */
  readonly role?: string
  /** Whether a claim may also be a text: one tenant, or scopes with blanks in between. Default: claims are lists. */
  readonly texts?: true
  /** The issuer and the audience that tokens must have; default: those of the operator's settings. */
  readonly issuer?: string
  readonly audience?: string
}

/** Claims of another form, and tenants whose ids do not match, are ignored. */
export function keyOfClaims(names: ClaimNames, dialect: string, tenantId: RegExp): (claims: Claims) => ApiKey {
  return (claims) => {
    const name = typeof claims.sub === 'string' ? claims.sub : ''
    return {
      id: `jwt:${name}` as ApiKeyId,
      dialect,
      tenants: textsOf(claims[names.tenants], names).flatMap((text) => tenantIn(text, tenantId)),
      scopes: textsOf(claims[names.scopes], names),
      role: names.role === undefined ? null : (textsOf([claims[names.role]], names)[0] ?? null),
      name,
      hint: '',
      createdAt: 0,
      revokedAt: null,
    }
  }
}

export function expectedClaims({ issuer, audience }: ClaimNames): ExpectedClaims {
  return { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) }
}

/** The tenant of a claim. Capitals do not make another UUID. */
function tenantIn(text: string, pattern: RegExp): TenantId[] {
  const found = [text, text.toLowerCase()].find((one) => pattern.test(one))
  return found === undefined ? [] : [found as TenantId]
}

/** The strings in a claim that should be a list of strings, or one text. */
function textsOf(claim: unknown, { texts }: ClaimNames): string[] {
  if (typeof claim === 'string' && texts === true) return claim.split(' ')
  return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : []
}
