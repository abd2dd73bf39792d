// The path of every event through the database: events in, outcomes recorded.

import type { Attempt } from '../domain/attempt.ts'
import type { EndReason } from '../domain/delivery.ts'
import type { DisabledReason } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, Incarnation, TenantId } from '../domain/ids.ts'

export interface NewDelivery {
  readonly id: DeliveryId
  readonly endpoint: EndpointKey
  /** Born leased to the accepting node; otherwise it waits in the database, due at once. */
  readonly leased: boolean
}

export interface NewEvent {
  readonly event: Event
  /** Of its tenant (`LoadedTenant`), when it was matched with its endpoints. */
  readonly version: number
  readonly deliveries: readonly NewDelivery[]
}

/**
 * `stored`: event and deliveries are durable. `duplicate`: the id was there with the same content; `deliveries` counts
 * those of the first. `conflict`: the id was there with other content. `stale`: its tenant has changed since it was
 * matched, or is gone; nothing was stored.
 */
export type IngestResult =
  | { readonly kind: 'stored' }
  | { readonly kind: 'duplicate'; readonly deliveries: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'stale' }

/** Where an attempt, or the lack of one, takes a leased delivery (domain/delivery.ts draws the moves). */
export type Move =
  | { readonly to: 'delivered' }
  | { readonly to: 'failed' | 'cancelled'; readonly reason: EndReason }
  | { readonly to: 'waiting'; readonly dueAt: number }

export interface RecordedMove {
  readonly delivery: DeliveryId
  readonly endpoint: EndpointKey
  /** Null where the delivery moves without having been tried. */
  readonly attempt: Attempt | null
  readonly move: Move
  readonly at: number
}

/** What a batch of outcomes tells of one endpoint: one row touched per endpoint, not per attempt. */
export interface AttemptSummary {
  readonly endpoint: EndpointKey
  readonly attempts: number
  readonly lastAttemptAt: number
  readonly lastAttemptSucceeded: boolean
  /** The dialect's memory of failures as the node believes it to be stored. */
  readonly expectedHealth: string | null
  /** What it is now; absent: unchanged. */
  readonly health?: string | null
  /** Switches the endpoint off in the same transaction and cancels what waits for it. */
  readonly disable?: DisabledReason
}

export interface CommitBatch {
  readonly node: Incarnation
  readonly now: number
  readonly events: readonly NewEvent[]
  readonly moves: readonly RecordedMove[]
  readonly summaries: readonly AttemptSummary[]
}

/** Another node has recorded something about an endpoint's failures that this one did not know of. */
export interface RemoteHealth {
  readonly tenant: TenantId
  readonly endpoint: EndpointKey
  readonly expectedHealth: string | null
  readonly health: string | null
}

export interface CommitResult {
  /** One per event, in order. */
  readonly events: readonly IngestResult[]
  /** Moves that were refused because the node no longer holds the delivery. */
  readonly fenced: readonly DeliveryId[]
  /** Of endpoints whose health the batch left unchanged. */
  readonly remoteHealth: readonly RemoteHealth[]
}

export interface CommitStore {
  /** All of the batch in one durable transaction, or nothing of it. One at a time. @throws IncarnationLost */
  commit(batch: CommitBatch): Promise<CommitResult>
}
