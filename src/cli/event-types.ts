// The event types of a tenant, for endpoints that want all.

import type { Client } from '../../packages/client/src/index.ts'

/** The event types of a tenant's catalogue; `*` where any type is allowed. */
export async function allTypes(api: Client, tenant: string): Promise<string[]> {
  const { dialect } = await api.request('GET', '/v1/tenants/{tenant}', { params: { tenant } })
  const { eventTypes } = await api.request('GET', '/v1/dialects/{dialect}', { params: { dialect } })
  return eventTypes.length === 0 ? ['*'] : eventTypes.map(({ name }) => name)
}
