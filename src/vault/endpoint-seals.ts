// How an endpoint's secrets and headers are sealed: each for that endpoint and column alone.

import type { Endpoint, SigningSecret } from '../domain/endpoint.ts'
import type { SealedEndpoint } from '../contracts/upkeep-store.ts'
import type { StoredEndpoint } from '../contracts/account-store.ts'
import type { Vault } from './vault.ts'

/**
 * The endpoint as it is stored.
 *
 * @param uniqueKey no two endpoints of a tenant have the same one; null: none
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

/** @throws VaultError where a value was sealed with another key, for another endpoint, or was changed */
export function openEndpoint(vault: Vault, sealed: SealedEndpoint): Pick<Endpoint, 'secrets' | 'headers'> {
  return {
    secrets: JSON.parse(vault.open(sealed.sealedSecrets, sealContext(sealed, 'secrets'))) as SigningSecret[],
    headers: JSON.parse(vault.open(sealed.sealedHeaders, sealContext(sealed, 'headers'))) as Record<string, string>,
  }
}

/** The context of a sealed value: its endpoint and its column. */
export function sealContext(endpoint: Pick<Endpoint, 'tenant' | 'key'>, column: 'secrets' | 'headers'): string {
  return `${endpoint.tenant}|${endpoint.key}|${column}`
}
