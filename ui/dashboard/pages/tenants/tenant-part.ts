import type { Dialect, Tenant } from '../../../shared/types.ts'

/** A part of the page of a tenant. */
export interface TenantPartProps {
  readonly tenant: Tenant
  readonly dialect: Dialect
}
