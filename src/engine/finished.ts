import type { Attempt } from '../domain/attempt.ts'
import type { AttemptSummary, Move } from '../contracts/commit-store.ts'
import type { HeldDelivery } from './lanes.ts'
import type { CachedEndpoint, CachedTenant } from './tenant-cache.ts'

/** The tenant and the endpoint that an attempt was sent for, as they were at its start. */
export interface Receiving {
  readonly tenant: CachedTenant
  readonly endpoint: CachedEndpoint
}

/** The result of a delivery's turn in its lane. */
export interface Finished {
  readonly delivery: HeldDelivery
  /** Null if nothing was sent: the endpoint is disabled or deleted, or the delivery could not be prepared. */
  readonly attempt: Attempt | null
  /** Null if nothing was sent. */
  readonly sentTo: Receiving | null
  readonly move: Move
  /** Null if nothing is recorded about the endpoint. */
  readonly summary: AttemptSummary | null
  readonly succeeded: boolean
}
