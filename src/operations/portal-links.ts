import { type PortalLinkId, randomText, type TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { PortalBranding, PortalCapability, PortalLink } from '../domain/portal-link.ts'
import type { Origin, Principal } from '../domain/principal.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import { replacesSecrets } from '../domain/scopes.ts'
import { type Context, tenantFor } from './context.ts'
import { hashApiKey } from './key-cache.ts'

export interface NewPortalLink {
  readonly capabilities: readonly PortalCapability[]
  readonly branding: PortalBranding
  /** How long the link can be opened, in milliseconds. */
  readonly openMs: number
  /** How long the session lasts at most, in milliseconds. */
  readonly sessionMs: number
}

/** Creates a link. Only the result holds its code: the database stores a hash. */
export async function createPortalLink(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  { capabilities, branding, openMs, sessionMs }: NewPortalLink,
): Promise<Result<{ readonly link: PortalLink; readonly code: string; readonly dialect: string }>> {
  const found = await tenantFor(context, principal, tenant)
  if (!found.ok) return found
  const createdAt = context.clock.now()
  const expiresAt = createdAt + openMs
  const id = `plk_${randomText(context.randomBytes, 20)}` as PortalLinkId
  const rights = { capabilities: [...new Set<PortalCapability>(['read', ...capabilities])], branding }
  const link: PortalLink = {
    id,
    tenant,
    ...rights,
    createdAt,
    expiresAt,
    endsAt: expiresAt + sessionMs,
    openedAt: null,
  }
  const code = randomText(context.randomBytes, 43)
  const change = { before: null, after: { capabilities: link.capabilities } }
  const audit = context.auditTrail.recordOf(principal, { action: 'portal_link.create', object: id, tenant, change })
  const written = await context.writer.createPortalLink(link, hashApiKey(code), audit)
  if (written === 'written') return success({ link, code, dialect: found.value.dialect.name })
  if (written === 'absent') return failure({ kind: 'notFound', what: 'tenant', id: tenant })
  const detail = `a tenant has at most ${limits.portalLinksPerTenantMax} links whose session has not ended`
  return failure({ kind: 'conflict', code: 'too_many_portal_links', detail })
}

/** The links of a tenant whose session has not ended, newest first. A row that no seal proves is left out. */
export async function listPortalLinks(
  context: Context,
  principal: Principal,
  tenant: TenantId,
): Promise<Result<readonly PortalLink[]>> {
  const found = await tenantFor(context, principal, tenant)
  if (!found.ok) return found
  const stored = await context.store.listPortalLinks(tenant, context.clock.now())
  return success(stored.flatMap((link) => context.seals.openPortalLink(link) ?? []))
}

/** Deletes a link. Its session is refused from the response on. */
export async function deletePortalLink(
  context: Context,
  principal: Principal,
  tenant: TenantId,
  id: PortalLinkId,
): Promise<Result<null>> {
  const audit = context.auditTrail.recordOf(principal, { action: 'portal_link.delete', object: id, tenant })
  return (await context.writer.deletePortalLink(tenant, id, audit)) === 'written'
    ? success(null)
    : failure({ kind: 'notFound', what: 'portal link', id })
}

/** Opens a link by its code, once. Null: the code is unknown or used, or the link has expired. */
export async function openPortalLink(context: Context, code: string, from: Origin): Promise<PortalLink | null> {
  const stored = await context.writer.openPortalLink(hashApiKey(code))
  const link = stored && context.seals.openPortalLink(stored)
  if (link === null) return null
  const caller = await portalPrincipal(context, link, from)
  if (caller === null) return null
  const audited = { action: 'portal_link.open', object: link.id, tenant: link.tenant } as const
  await context.writer.recordAudit(context.auditTrail.recordOf(caller, audited))
  return link
}

/** The link of a session; null: it was deleted, or its session has ended. */
export async function findPortalLink(context: Context, id: PortalLinkId): Promise<PortalLink | null> {
  const stored = await context.store.findPortalLink(id)
  const link = stored && context.seals.openPortalLink(stored)
  if (link === null || link.openedAt === null || link.endsAt <= context.clock.now()) return null
  return link
}

/** The customer of a session, as a caller with an API key of its tenant; null: the tenant was deleted. */
export async function portalPrincipal(
  context: Context,
  { id, tenant, capabilities, createdAt }: PortalLink,
  from: Origin,
): Promise<(Principal & { readonly kind: 'customer' }) | null> {
  const found = context.tenantCache.peek(tenant) ?? (await context.tenantCache.load(tenant))
  if (found === null) return null
  const actions = context.allDialects.get(found.dialect.name)?.customerActions
  const sees = capabilities.includes('secrets') && (actions === undefined || actions.has('seeSecrets'))
  const key = {
    id: id as never,
    dialect: found.dialect.name,
    tenants: [tenant],
    scopes: [
      'read',
      'write',
      ...(sees ? ['secrets'] : []),
      ...(capabilities.includes('secrets') ? [replacesSecrets] : []),
    ],
    role: null,
    name: 'portal',
    hint: '',
    createdAt,
    revokedAt: null,
  }
  return { kind: 'customer', key, from }
}
