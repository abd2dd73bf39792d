// The problems of creating or changing endpoints that do not concern a single field (for those: endpoint-rules.ts).

import type { Endpoint } from '../domain/endpoint.ts'
import { limits } from '../domain/limits.ts'
import type { Problem } from '../domain/problem.ts'
import type { WriteResult } from '../contracts/account-store.ts'
import { type CachedTenant, charsOf } from '../engine/tenant-cache.ts'
import { idempotencyKeyTaken } from './idempotent-answer.ts'

/** Code of a conflict: the dialect allows only one such endpoint per tenant. */
export const endpointDuplicate = 'endpoint_exists'

export const endpointDisabled = {
  kind: 'conflict',
  code: 'endpoint_disabled',
  detail: 'the endpoint is disabled',
} as const

export const endpointsTooLarge = {
  kind: 'conflict',
  code: 'endpoints_too_large',
  detail: `the endpoints of a tenant have at most ${limits.endpointCharsPerTenantMax} characters in all, as JSON`,
} as const

/** The endpoint cannot be changed, because the change would overwrite the part that cannot be read. */
export const endpointUnreadable = {
  kind: 'conflict',
  code: 'endpoint_unreadable',
  detail: 'part of the stored endpoint cannot be read; delete it and register it again',
} as const

/**
 * Whether a change makes the endpoints of a tenant too large. A change that does not make them larger is always
 * allowed.
 *
 * @param before null: the endpoints in `after` are new
 */
export function growsTooLarge(tenant: CachedTenant, before: Endpoint | null, after: readonly Endpoint[]): boolean {
  const grownBy = after.reduce((sum, endpoint) => sum + charsOf(endpoint), 0) - (before === null ? 0 : charsOf(before))
  return grownBy > 0 && tenant.chars + grownBy > limits.endpointCharsPerTenantMax
}

export function problemOfWrite(
  written: Exclude<WriteResult, 'written'>,
  what: 'endpoint' | 'tenant',
  id: string,
): Problem {
  switch (written) {
    case 'absent':
      return { kind: 'notFound', what, id }
    case 'stale':
      return { kind: 'conflict', code: 'changed_meanwhile', detail: 'the endpoint was changed by another request' }
    case 'duplicate':
      return { kind: 'conflict', code: endpointDuplicate, detail: 'the tenant has such an endpoint already' }
    case 'full':
      return { kind: 'conflict', code: 'too_many_endpoints', detail: 'the tenant has as many endpoints as it may have' }
    case 'taken':
      return { kind: 'conflict', code: idempotencyKeyTaken, detail: 'another request with this key was first' }
  }
}
