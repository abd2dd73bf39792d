import type { ApiKeyId, TenantId } from './ids.ts'

/** What a customer authenticates with. The key itself is kept only as a hash. */
export interface ApiKey {
  readonly id: ApiKeyId
  readonly dialect: string
  /** The tenants that the key speaks for; all of one dialect. */
  readonly tenants: readonly TenantId[]
  readonly scopes: readonly string[]
  readonly role: string | null
  readonly name: string | null
  /** The last letters of the key, to tell keys apart. */
  readonly hint: string
  readonly createdAt: number
  readonly revokedAt: number | null
}
