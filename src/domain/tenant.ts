import type { TenantId } from './ids.ts'

/** One customer of the product. Speaks exactly one dialect. */
export interface Tenant {
  readonly id: TenantId
  readonly dialect: string
  readonly name: string | null
  readonly createdAt: number
}
