// An endpoint without facts of a customer, with which functions of a dialect can be tried.

import { type Endpoint, unstoredEndpoint } from '../domain/endpoint.ts'
import type { EndpointKey, TenantId } from '../domain/ids.ts'

export const anyEndpoint = unstoredEndpoint({
  key: 1 as EndpointKey,
  id: '' as Endpoint['id'],
  tenant: '' as TenantId,
  url: 'https://example.com/webhooks',
  eventTypes: [],
  createdAt: Date.UTC(2026, 0, 1),
})
