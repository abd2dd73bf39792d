// Deliveries of polling endpoints, which consumers fetch and acknowledge. They wait in the database as all others, and are
// never claimed: the endpoint is paused for ever, so it is never due.
//
// A consumer that has fetched a delivery does not hold it as a node does. The delivery still waits, and its due time is the
// time by which it must be acknowledged. So a fetched delivery is cancelled like any other that waits, and nothing must be
// released when a consumer dies.

import type { DeliveryId, EndpointKey, FetchId, Incarnation } from '../domain/ids.ts'
import type { ClaimedDelivery } from './lease-store.ts'

/** A consumer's request for deliveries. */
export interface FetchRequest {
  readonly endpoint: EndpointKey
  /** Contains the time of the fetch. */
  readonly fetch: FetchId
  /** Leases the deliveries that have lapsed. */
  readonly node: Incarnation
  /** Fetched deliveries are due again at this time. */
  readonly until: number
  /** Fewer are fetched, but at least one, if their event data reaches `limits.claimPerEndpointBytesMax`. */
  readonly rowsMax: number
}

/** A delivery that a consumer has fetched, and that the node has leased now. */
export interface FetchedDelivery extends ClaimedDelivery {
  readonly fetchedAt: number
  /** When it lapses. */
  readonly dueAt: number
}

/** The result of a fetch. */
export interface Fetched {
  /** In the order in which they were due. */
  readonly deliveries: readonly ClaimedDelivery[]
  /** Fetched before and not acknowledged in time: the node records an attempt of each. */
  readonly lapsed: readonly FetchedDelivery[]
  /** Whether more may be due. */
  readonly more: boolean
}

/** The fetched deliveries to lease: by their ids, or all those of one fetch. */
export type FetchedChoice =
  | { readonly ids: readonly DeliveryId[] }
  | { readonly fetch: FetchId; readonly dueAt: number }

/** The role of the database for polling endpoints. */
export interface PollStore {
  /** Gives due deliveries of an endpoint to a consumer. No other fetch gets them before `until`. @throws IncarnationLost */
  fetchDeliveries(request: FetchRequest): Promise<Fetched>
  /** Leases deliveries that a consumer has fetched, so that the node can record them. @throws IncarnationLost */
  leaseFetched(node: Incarnation, endpoint: EndpointKey, choice: FetchedChoice): Promise<readonly FetchedDelivery[]>
  /** Returns those of the endpoints that have a due delivery. */
  withDueDeliveries(endpoints: readonly EndpointKey[], now: number): Promise<readonly EndpointKey[]>
  /**
   * One bounded step: deliveries of polling endpoints fail that have been due for `keptMs`, or for the same share of the
   * shorter retention of their tenant as `keptMs` is of `retentionMs`. True: there may be more.
   */
  failUnfetched(now: number, keptMs: number, retentionMs: number, rowsMax: number): Promise<boolean>
}
