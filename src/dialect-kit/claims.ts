// Tokens of customers (JWT): the key that a verified token stands for.

import type { ApiKey } from '../domain/api-key.ts'
import type { ApiKeyId, TenantId } from '../domain/ids.ts'
import type { Claims } from '../front/tokens.ts'

export interface ClaimNames {
  /** The claim that lists the tenants. */
  readonly tenants: string
  /** The claim that lists the scopes. */
  readonly scopes: string
}

/** Claims of another form, and tenants whose ids do not match, are ignored. */
export function keyOfClaims(names: ClaimNames, dialect: string, tenantId: RegExp): (claims: Claims) => ApiKey {
  return (claims) => {
    const name = typeof claims.sub === 'string' ? claims.sub : ''
    return {
      id: `jwt:${name}` as ApiKeyId,
      dialect,
      tenants: textsIn(claims[names.tenants]).flatMap((text) => tenantIn(text, tenantId)),
      scopes: textsIn(claims[names.scopes]),
      role: null,
      name,
      hint: '',
      createdAt: 0,
      revokedAt: null,
    }
  }
}

/** The tenant of a claim. Capitals do not make another UUID. */
function tenantIn(text: string, pattern: RegExp): TenantId[] {
  const found = [text, text.toLowerCase()].find((one) => pattern.test(one))
  return found === undefined ? [] : [found as TenantId]
}

/** The strings in a claim that should be a list of strings. */
function textsIn(claim: unknown): string[] {
  return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : []
}
