// Seals the secrets and headers of endpoints. Each sealed value opens only for its endpoint and column.

import type { Endpoint, SigningSecret } from '../domain/endpoint.ts'
import type { SealedEndpoint } from '../contracts/upkeep-store.ts'
import type { StoredEndpoint } from '../contracts/account-store.ts'
import type { Vault } from './vault.ts'

/**
 * Returns the endpoint as stored, with sealed secrets and headers.
 *
 * @param uniqueKey no two endpoints of a tenant have the same key; null: the endpoint has none
 */
export function storedEndpoint(vault: Vault, endpoint: Endpoint, uniqueKey: string | null): StoredEndpoint {
  const { secrets, headers, ...rest } = endpoint
  return {
    ...rest,
    uniqueKey,
    sealedSecrets: vault.seal(JSON.stringify(secrets), sealContext(endpoint, 'secrets')),
    sealedHeaders: vault.seal(JSON.stringify(headers), sealContext(endpoint, 'headers')),
  }
}

/**
 * Opens the sealed values. @throws VaultError if a value was changed, or sealed with another key or for another
 * endpoint
 */
export function openEndpoint(vault: Vault, sealed: SealedEndpoint): Pick<Endpoint, 'secrets' | 'headers'> {
  return {
    secrets: JSON.parse(vault.open(sealed.sealedSecrets, sealContext(sealed, 'secrets'))) as SigningSecret[],
    headers: JSON.parse(vault.open(sealed.sealedHeaders, sealContext(sealed, 'headers'))) as Record<string, string>,
  }
}

/** Returns the context of a sealed value: its endpoint and its column. */
export function sealContext(endpoint: Pick<Endpoint, 'tenant' | 'key'>, column: 'secrets' | 'headers'): string {
  return `${endpoint.tenant}|${endpoint.key}|${column}`
}
