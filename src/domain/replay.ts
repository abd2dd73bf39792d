// A replay is a job: it sends past deliveries of a tenant again, or its events to endpoints that never got them.
//
//     create, dry run ──► preview ──start──► running ──► done
//     create ───────────────────────────────────┘ └────► failed      our own code threw an exception
//
//     preview, running ──► cancelled
//
// A preview and a running replay are counted first. A running one then sends. Its filter is frozen when it is created:
// events accepted later, and deliveries that ended later, are not in it. So two replays never send one delivery twice,
// unless it ended between their creations.

import type { Outcome } from './attempt.ts'
import type { DeliveryStatus } from './delivery.ts'
import type { EndpointId, EndpointKey, ReplayId, TenantId } from './ids.ts'

export type ReplayState = 'preview' | 'running' | 'done' | 'cancelled' | 'failed'

/** The deliveries, or events, of a replay. Null: no condition. Times are Unix milliseconds. */
export interface ReplayFilter {
  readonly endpoint: { readonly key: EndpointKey; readonly id: EndpointId } | null
  /** Empty for a replay of missing deliveries. */
  readonly statuses: readonly DeliveryStatus[]
  readonly eventType: string | null
  /** The outcome of the last attempt. */
  readonly outcome: Outcome['kind'] | null
  /** Events accepted in [from, to). `to` is at most the time of the replay's creation. */
  readonly from: number
  readonly to: number
}

export interface ReplayCount {
  /** Deliveries that match; it grows while they are counted. */
  readonly total: number
  readonly isExact: boolean
  /** Deliveries that were sent again, or were added. */
  readonly done: number
  /** Deliveries that match and could not be sent: in flight, erased, or of an endpoint that is disabled. */
  readonly skipped: number
}

/** A count of one endpoint. */
export interface ReplayEndpoint {
  readonly key: EndpointKey
  readonly id: EndpointId
  readonly count: number
}

export interface Replay {
  readonly id: ReplayId
  readonly tenant: TenantId
  readonly filter: ReplayFilter
  /** It adds deliveries of events to endpoints that want them now and have none of them. */
  readonly missing: boolean
  readonly state: ReplayState
  readonly count: ReplayCount
  /** The counted endpoints. Once all are counted, the largest ones (`limits.replayEndpointsShown`). */
  readonly endpoints: readonly ReplayEndpoint[]
  /** Deliveries that are sent in a second. */
  readonly rate: number
  readonly createdAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
  /** A preview can be started until then; null: it was started. */
  readonly expiresAt: number | null
  /** Why it failed. */
  readonly error: string | null
}
