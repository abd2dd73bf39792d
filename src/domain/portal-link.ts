import type { PortalLinkId, TenantId } from './ids.ts'

/**
 * The rights that a portal link can give: to see endpoints and deliveries (every link gives it), to change endpoints, to see
 * and replace signing secrets, to send a delivery again, to send test events, to send many deliveries again.
 */
export const portalCapabilities = ['read', 'endpoints', 'secrets', 'retry', 'test', 'replay'] as const

export type PortalCapability = (typeof portalCapabilities)[number]

/** How the portal looks. Null: as Posthorn does. */
export interface PortalBranding {
  /** The product's name. */
  readonly name: string | null
  /** The URL of the product's logo. */
  readonly logo: string | null
  /** The colour of actions, as `#rrggbb`. */
  readonly accent: string | null
  readonly scheme: 'light' | 'dark' | null
}

/** A link that opens the portal of one tenant, once. It begins a session of the customer. */
export interface PortalLink {
  readonly id: PortalLinkId
  readonly tenant: TenantId
  readonly capabilities: readonly PortalCapability[]
  readonly branding: PortalBranding
  readonly createdAt: number
  /** The link cannot be opened from this time on. */
  readonly expiresAt: number
  /** The session of the link ends at this time. */
  readonly endsAt: number
  /** Null: it was not opened yet. */
  readonly openedAt: number | null
}
