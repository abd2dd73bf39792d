// The tenant of operational events (domain/operational-events.ts). The operator creates its first endpoint, and that creates
// the tenant.

import { tenantChange } from '../domain/audited-changes.ts'
import { systemDialect, systemTenant } from '../domain/operational-events.ts'
import type { Principal } from '../domain/principal.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { Context } from './context.ts'

/** Creates the tenant unless it exists. A customer cannot create it. */
export async function ensureSystemTenant(context: Context, principal: Principal): Promise<void> {
  if (principal.kind !== 'operator' || (await context.tenantCache.load(systemTenant)) !== null) return
  const tenant: Tenant = {
    id: systemTenant,
    dialect: systemDialect,
    name: 'Operational events',
    settings: {},
    createdAt: context.clock.now(),
  }
  const change = tenantChange(null, tenant)
  const about = { action: 'tenant.create', object: systemTenant, tenant: systemTenant, change } as const
  // If another request was first, its tenant is as good.
  await context.writer.createTenant(tenant, context.auditTrail.recordOf(principal, about))
}
