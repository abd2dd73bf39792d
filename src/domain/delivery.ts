// A delivery is one event on its way to one endpoint. Its states, and every move that is allowed:
//
//                 born leased (its lane has room)
//     accepted ──────────────────────────────────────► leased ──► delivered   an attempt succeeded
//        │                                              │ ▲ ├───► failed      the dialect's last retry failed, or our own
//        │ no room                                retry │ │ │                 code keeps throwing on it
//        │                                              │ │ └───► cancelled   its endpoint is off or gone
//        ▼                                              ▼ │ claim, once due
//     waiting ◄─────────────────────────────────────── waiting ───► cancelled
//
//     leased by a node that died ──► waiting, due at once
//     delivered, failed, cancelled ──► waiting, due at once      the operator's retry or replay
//
// In the database `leased` and `waiting` are both `pending`: a leased one names the incarnation that holds it.

import type { DeliveryId, EndpointKey } from './ids.ts'

export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | 'cancelled'

/** Why a delivery ended without a successful attempt. */
export type EndReason =
  | 'retries exhausted'
  | 'not retried'
  | 'endpoint disabled'
  | 'endpoint deleted'
  | 'endpoint gone'
  | 'tenant deleted'
  | 'event unreadable'
  | 'endpoint unreadable'
  | 'internal error'

export interface Delivery {
  readonly id: DeliveryId
  readonly endpoint: EndpointKey
  readonly status: DeliveryStatus
  /** Attempts made so far, over all retries and replays. */
  readonly attempts: number
  /** Attempts made before the schedule last started afresh, by the operator's retry or replay. */
  readonly attemptsBefore: number
  /** When the next attempt is due; null once it has ended. */
  readonly dueAt: number | null
  readonly reason: EndReason | null
  readonly createdAt: number
  readonly endedAt: number | null
}
