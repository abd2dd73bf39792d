import type { TenantId } from './ids.ts'

/** One customer of the product. Speaks exactly one dialect. */
export interface Tenant {
  readonly id: TenantId
  readonly dialect: string
  readonly name: string | null
  /** What the dialect lets the operator choose for one tenant, by name. */
  readonly settings: Readonly<Record<string, string>>
  readonly createdAt: number
}
