import type { DialectDefinition } from '../definition.ts'

/** The credentials of a route in the OpenAPI document. */
export function securityOf(
  { authentication, tenantOf }: DialectDefinition,
  { isTenantless }: { readonly isTenantless: boolean },
): Record<string, string[]>[] {
  const scheme = isTenantless ? undefined : tenantOf?.scheme
  return Object.keys(authentication.schemes).map((name) => ({ [name]: [], ...(scheme && { [scheme.name]: [] }) }))
}
