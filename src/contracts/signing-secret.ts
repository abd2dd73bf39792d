// The secret that signs deliveries of a dialect.

import type { RandomBytes } from '../domain/ids.ts'
import type { Dialect } from './dialect.ts'

/** A new secret of an endpoint, of its tenant, or an API key: the one that signs deliveries. Null: none does. */
export function newSigningSecret(
  dialect: Pick<Dialect, 'endpointRules' | 'newTenantSecret' | 'signsWithApiKeys' | 'newApiKey'>,
  random: RandomBytes,
): string | null {
  const ofTenant = dialect.newTenantSecret?.(random) ?? (dialect.signsWithApiKeys ? dialect.newApiKey(random) : null)
  return dialect.endpointRules.newSecret?.(random) ?? ofTenant
}
