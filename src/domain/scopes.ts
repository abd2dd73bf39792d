// The scopes of API keys of the dialect `standard`, whose customers use the operator API's paths.

import type { Principal } from './principal.ts'

/** `read`: look at endpoints and deliveries. `write`: change them. `secrets`: see signing secrets and header values. */
export const ownScopes = ['read', 'write', 'secrets'] as const

/** The scope of a portal session whose customer may give an endpoint another secret. */
export const replacesSecrets = 'replaceSecrets'

export function mayReplaceSecrets({ kind, key }: Principal): boolean {
  return kind === 'customer' && key.scopes.includes(replacesSecrets)
}

/** Whether the operator API may show signing secrets and header values to the caller. */
export function seesSecrets(principal: Principal): boolean {
  if (principal.kind === 'operator') return principal.key.role === 'admin'
  return principal.key.scopes.includes('secrets' satisfies (typeof ownScopes)[number])
}
