import type { TenantId } from './ids.ts'

/** One customer of the product. A tenant speaks exactly one dialect. */
export interface Tenant {
  readonly id: TenantId
  readonly dialect: string
  readonly name: string | null
  /** The operator's choices for this tenant, by name of the dialect's setting (`Dialect.tenantSettings`). */
  readonly settings: Readonly<Record<string, string>>
  readonly createdAt: number
  /** Seconds after which its events, deliveries and attempts are removed; absent: after the time of the installation. */
  readonly retainSeconds?: number
  /** Seconds after which the data of its events, and the responses to them, are erased; absent: with the records. */
  readonly retainDataSeconds?: number
}
