// The path of every event through the database: events and deliveries are stored, and outcomes are recorded.

import type { Attempt, Outcome } from '../domain/attempt.ts'
import type { EndReason } from '../domain/delivery.ts'
import type { NewAuditRecord } from '../domain/audit.ts'
import type { EndpointTelling } from '../domain/operational-events.ts'
import type { NewErasure } from './erase-store.ts'
import type { DisabledReason } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, Incarnation, OutboxKey, TenantId } from '../domain/ids.ts'

/** A delivery of a new event. */
export interface NewDelivery {
  readonly id: DeliveryId
  readonly endpoint: EndpointKey
  /** True: the accepting node holds it from the start. False: it waits in the database, due at once. */
  readonly leased: boolean
}

/** An event with its deliveries. */
export interface NewEvent {
  readonly event: Event
  /** The version of the tenant (`LoadedTenant`) with which the event was matched. */
  readonly version: number
  readonly deliveries: readonly NewDelivery[]
  /** The event is meant for one endpoint only: no other one gets it later. */
  readonly test?: true
  /**
   * The event is in the outbox, claimed by the node: its commit removes it there. If the node does not hold it any more, the
   * result is `stale`.
   */
  readonly outbox?: OutboxKey
}

/**
 * The result of storing one event.
 *
 * - `stored`: the event and its deliveries are durable
 * - `duplicate`: an event with this id and the same content is stored already, with this number of deliveries
 * - `conflict`: an event with this id and other content is stored already
 * - `stale`: the tenant was changed or deleted since the event was matched; nothing was stored
 */
export type IngestResult =
  | { readonly kind: 'stored' }
  | { readonly kind: 'duplicate'; readonly deliveries: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'stale' }

/** The next state of a leased delivery (domain/delivery.ts draws the moves). */
export type Move =
  | { readonly to: 'delivered' }
  | { readonly to: 'failed' | 'cancelled'; readonly reason: EndReason }
  | { readonly to: 'waiting'; readonly dueAt: number }

/** A move of one delivery, with the attempt that caused it. */
export interface RecordedMove {
  readonly delivery: DeliveryId
  readonly endpoint: EndpointKey
  /** Null: the delivery moves without an attempt. */
  readonly attempt: Attempt | null
  readonly move: Move
  readonly at: number
}

/** The attempts of a batch to one endpoint: the store updates one row per endpoint, not one per attempt. */
export interface AttemptSummary {
  readonly endpoint: EndpointKey
  readonly attempts: number
  readonly lastAttemptAt: number
  readonly lastAttemptSucceeded: boolean
  readonly lastOutcome: Outcome
  /** The stored health of the endpoint, as far as the node knows. */
  readonly expectedHealth: string | null
  /** The new health; absent: unchanged. */
  readonly health?: string | null
  /** Nothing is claimed for the endpoint until then; null: the pause is over; absent: unchanged. */
  readonly pausedUntil?: number | null
  /** Disables the endpoint in the same transaction; `sweep` cancels its waiting deliveries. */
  readonly disable?: DisabledReason
  /** Deletes the endpoint that `disable` disables. With an erasure, as `AccountWrites.deleteEndpoint`. */
  readonly delete?: { readonly erasure: NewErasure | null }
  /** Stored if `disable` disables the endpoint: it may be disabled already. */
  readonly audit?: NewAuditRecord
}

/** Events and outcomes of one group commit. */
export interface CommitBatch {
  readonly node: Incarnation
  readonly now: number
  readonly events: readonly NewEvent[]
  readonly moves: readonly RecordedMove[]
  readonly summaries: readonly AttemptSummary[]
  /**
   * Changes that the batch may make; default: none. Those that it makes become operational events: a delivery is exhausted
   * by a move that is not fenced, an endpoint is disabled once, and an enabled endpoint fails and recovers in turn. At most
   * one of these two is given for an endpoint.
   */
  readonly tellings?: readonly EndpointTelling[]
}

/** The health of an endpoint that another node has changed without the knowledge of this node. */
export interface RemoteHealth {
  readonly tenant: TenantId
  readonly endpoint: EndpointKey
  readonly expectedHealth: string | null
  readonly health: string | null
}

/** The results of one group commit. */
export interface CommitResult {
  /** One result per event, in the order of the batch. */
  readonly events: readonly IngestResult[]
  /** Deliveries whose moves were refused because the node no longer holds them. */
  readonly fenced: readonly DeliveryId[]
  /** Reported only for endpoints whose health the batch left unchanged. */
  readonly remoteHealth: readonly RemoteHealth[]
  /** Endpoints that the batch has disabled. */
  readonly disabled: readonly EndpointKey[]
  /** Whether operational events were stored; their deliveries are due. */
  readonly told: boolean
}

/** The role of the database that stores events and records outcomes. */
export interface CommitStore {
  /** Commits the whole batch in one durable transaction, or nothing. One call at a time. @throws IncarnationLost */
  commit(batch: CommitBatch): Promise<CommitResult>
}
