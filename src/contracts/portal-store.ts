// Portal links in the database. Their rights are sealed: a row that was written by another hand opens nothing.

import type { PortalLinkId, TenantId } from '../domain/ids.ts'
import type { PortalLink } from '../domain/portal-link.ts'
import type { WriteEnvelope, WriteResult } from './account-store.ts'

/** A link as stored. */
export interface StoredPortalLink extends Omit<PortalLink, 'capabilities' | 'branding'> {
  /** SHA-256 of the code in the link, hex. */
  readonly hash: string
  /** The capabilities and the branding; the seal covers everything but `openedAt`. */
  readonly sealed: string
}

export interface PortalReads {
  findPortalLink(id: PortalLinkId): Promise<StoredPortalLink | null>
  /** Those of a tenant whose session has not ended, newest first; at most `limits.portalLinksPerTenantMax`. */
  listPortalLinks(tenant: TenantId, now: number): Promise<readonly StoredPortalLink[]>
}

export interface PortalWrites {
  /** Also removes links whose session has ended. `full`: the tenant has too many. `absent`: there is no such tenant. */
  createPortalLink(link: StoredPortalLink, envelope?: WriteEnvelope): Promise<WriteResult>
  /** Opens a link, once. Null: there is no such link, or it was opened, or it has expired. */
  openPortalLink(hash: string, now: number): Promise<StoredPortalLink | null>
  /** Deletes a link, which ends its session. */
  deletePortalLink(tenant: TenantId, id: PortalLinkId, envelope?: WriteEnvelope): Promise<WriteResult>
}
