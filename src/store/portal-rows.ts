import type { PortalLinkId, TenantId } from '../domain/ids.ts'
import type { StoredPortalLink } from '../contracts/portal-store.ts'

export interface PortalLinkColumns {
  id: string
  tenant: string
  hash: string
  sealed: string
  created_at: number
  expires_at: number
  ends_at: number
  opened_at: number | null
}

export function portalLinkOf(row: PortalLinkColumns): StoredPortalLink {
  return {
    id: row.id as PortalLinkId,
    tenant: row.tenant as TenantId,
    hash: row.hash,
    sealed: row.sealed,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    endsAt: row.ends_at,
    openedAt: row.opened_at,
  }
}
