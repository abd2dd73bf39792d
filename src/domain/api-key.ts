import type { ApiKeyId, TenantId } from './ids.ts'

/** A customer's credential. The key itself is stored only as a hash. */
export interface ApiKey {
  readonly id: ApiKeyId
  readonly dialect: string
  /** The tenants that the key grants; all of one dialect. */
  readonly tenants: readonly TenantId[]
  readonly scopes: readonly string[]
  readonly role: string | null
  readonly name: string | null
  /** The last characters of the key, so that people can tell keys apart. */
  readonly hint: string
  readonly createdAt: number
  readonly revokedAt: number | null
}
