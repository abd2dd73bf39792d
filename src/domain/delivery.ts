// A delivery is one event for one endpoint. Its states, and every move that is allowed:
//
//                 room in its lane
//     accepted ────────────────────► leased ──► delivered   an attempt succeeded
//        │                            │ ▲ ├───► failed      the dialect allows no further attempt, or our own code
//        │                      retry │ │ │                 keeps throwing exceptions on it
//        │                            │ │ └───► cancelled   its endpoint is disabled or deleted, or its data erased
//        │        no room in its lane ▼ │ claim, once due
//        └─────────────────────────► waiting ─► cancelled   its endpoint is disabled or deleted, or its data erased
//
//     leased ──► waiting, due at once                                 the incarnation that held it ended
//     waiting, delivered, failed, cancelled ──► waiting, due at once  the operator's retry or replay
//
// A delivery of a polling endpoint is accepted as waiting. A consumer that fetches it moves its due time to the time by
// which the consumer must acknowledge it. The node that gets the acknowledgement leases the delivery and records it. A
// delivery that no consumer fetches in time goes from waiting to failed.
//
// `leased` and `waiting` are both `pending`, in the database and in the APIs. In the database, a leased delivery names
// the incarnation that holds it.

import type { DeliveryId, EndpointKey } from './ids.ts'

/** The status of a delivery in the database and in the APIs; `pending` is leased or waiting. */
export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | 'cancelled'

/** Why a delivery ended without a successful attempt. */
export type EndReason =
  | 'retries exhausted'
  | 'not retried'
  | 'endpoint disabled'
  | 'endpoint deleted'
  | 'endpoint gone'
  | 'not fetched'
  | 'payload erased'
  | 'event unreadable'
  | 'endpoint unreadable'
  | 'internal error'

/** One event for one endpoint, as stored. */
export interface Delivery {
  readonly id: DeliveryId
  readonly endpoint: EndpointKey
  readonly status: DeliveryStatus
  /** Attempts so far, over all retries and replays. */
  readonly attempts: number
  /** Attempts before the schedule was last restarted, by the operator's retry or replay. */
  readonly attemptsBefore: number
  /** When the next attempt is due; null: the delivery has ended. */
  readonly dueAt: number | null
  readonly reason: EndReason | null
  readonly createdAt: number
  readonly endedAt: number | null
}
