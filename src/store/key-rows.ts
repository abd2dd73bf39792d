// Converts rows of keys to API keys and operator keys.

import type { ApiKeyId, OperatorKeyId, TenantId } from '../domain/ids.ts'
import type { OperatorRole } from '../domain/operator-key.ts'
import type { StoredGrant, StoredKey, StoredOperatorKey } from '../contracts/account-store.ts'

export interface KeyColumns {
  seq: number
  id: string
  dialect: string
  scopes: string
  role: string | null
  name: string | null
  hint: string
  created_at: number
  revoked_at: number | null
  hash: string
  seal: string
  /** An object as JSON text: the seals by tenant. */
  grants: string
}

export function keyOf(row: KeyColumns): StoredKey {
  const grants = Object.entries(JSON.parse(row.grants) as Record<string, string>)
  return {
    id: row.id as ApiKeyId,
    hash: row.hash,
    seal: row.seal,
    dialect: row.dialect,
    grants: grants.map(([tenant, seal]): StoredGrant => ({ tenant: tenant as TenantId, seal })).toSorted(byTenant),
    scopes: JSON.parse(row.scopes) as string[],
    role: row.role,
    name: row.name,
    hint: row.hint,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }
}

function byTenant(one: StoredGrant, other: StoredGrant): number {
  if (one.tenant === other.tenant) return 0
  return one.tenant < other.tenant ? -1 : 1
}

export interface OperatorKeyColumns {
  id: string
  hash: string
  name: string
  role: string
  hint: string
  created_at: number
  expires_at: number | null
  seal: string
}

export function operatorKeyOf(row: OperatorKeyColumns): StoredOperatorKey {
  return {
    id: row.id as OperatorKeyId,
    hash: row.hash,
    name: row.name,
    role: row.role as OperatorRole,
    hint: row.hint,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    seal: row.seal,
  }
}
