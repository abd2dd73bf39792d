// Leases, claims and nodes: which node holds which delivery, and which changes other nodes have made.

import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, Incarnation, TenantId } from '../domain/ids.ts'
import type { LostNode } from '../domain/operational-events.ts'
import type { ErasedEvent } from './erase-store.ts'

/** A delivery that a claim has leased, with its event. */
export interface ClaimedDelivery {
  readonly id: DeliveryId
  readonly endpoint: EndpointKey
  readonly attempts: number
  readonly attemptsBefore: number
  readonly event: Event
}

/** An endpoint with waiting deliveries that are due. */
export interface DueEndpoint {
  readonly endpoint: EndpointKey
  readonly tenant: TenantId
}

/** The part of a claim for one endpoint. */
export interface ClaimRequest {
  readonly endpoint: EndpointKey
  /**
   * How many deliveries fit into the endpoint's lane; 0: the store reports the endpoint as due again after
   * `limits.claimAgainMs`. The store returns fewer deliveries, but at least one, if their event data reaches
   * `limits.claimPerEndpointBytesMax`.
   */
  readonly room: number
}

/** The result of a claim. */
export interface Claim {
  readonly deliveries: readonly ClaimedDelivery[]
  /** Endpoints with more due deliveries than their lanes had room for. */
  readonly more: readonly EndpointKey[]
}

/** The result of a heartbeat. */
export interface Heartbeat {
  /** False: the incarnation was declared dead. */
  readonly alive: boolean
  /** Time since the oldest heartbeat of the other nodes, by the database's clock; 0: there are no other nodes. */
  readonly silentMs: number
}

/** The program and the work of a node, as it reports them when it joins. */
export interface NodeFacts {
  readonly version: string
  readonly role: 'all' | 'api' | 'worker'
}

/** A node: one life of a process. */
export interface NodeRow {
  readonly incarnation: Incarnation
  readonly startedAt: number
  /** Null: it is the only node of its database, or an older Posthorn that does not say it. */
  readonly facts: NodeFacts | null
  /** Whether it has neither left nor been silent for `limits.deadAfterMs`. */
  readonly isLive: boolean
  /** Null: the only node of its database sends no heartbeats. */
  readonly heartbeatAt: number | null
}

/** The role of the database that keeps leases and nodes. */
export interface LeaseStore {
  /**
   * Whether several nodes may share the database. False: `join` makes the deliveries of earlier incarnations due, and
   * there are never other nodes.
   */
  readonly shared: boolean
  /** Registers a new incarnation. */
  join(now: number): Promise<Incarnation>
  /** Ends the incarnation and makes its deliveries due. */
  leave(node: Incarnation): Promise<void>
  heartbeat(node: Incarnation, now: number): Promise<Heartbeat>
  /**
   * Declares every other node dead whose last heartbeat is older than `silentMs`, and makes its deliveries due. Where
   * `shared` is false, every earlier incarnation that did not leave is dead. Returns these nodes, each to one caller only,
   * and tells of them.
   */
  takeOver(node: Incarnation, silentMs: number, now: number): Promise<readonly LostNode[]>
  /**
   * Returns endpoints with waiting deliveries that are due. Tenants take turns; of each tenant, the endpoint due for the
   * longest time is first. Only the `limits.dueEndpointsReadMax` endpoints due for the longest time are considered.
   */
  dueEndpoints(now: number, endpointsMax: number): Promise<readonly DueEndpoint[]>
  /** Leases due deliveries to the node, at most `room` per endpoint. @throws IncarnationLost */
  claim(node: Incarnation, now: number, requests: readonly ClaimRequest[]): Promise<Claim>
  /** Returns the time at which the next waiting delivery of any endpoint is due; null: none waits. */
  nextDueAt(): Promise<number | null>
  /** Counts the waiting deliveries, i.e. the pending deliveries that no node holds. */
  countWaiting(): Promise<number>
  /** The nodes, newest first, with those that have ended in the last day; at most `limits.nodesListedMax`. */
  listNodes(): Promise<readonly NodeRow[]>
}

/**
 * A change that another node has made.
 *
 * - `tenant`: the tenant, its settings or its endpoints changed
 * - `keys`: an API key was revoked or lost a tenant
 * - `erased`: the data of an event was erased
 * - `due`: waiting deliveries were made due
 * - `outbox`: a caller has published events in its own transaction
 * - `report`: nothing changed: `from` names the node that sent `report`, which should be a `NodeReport`
 * - `everything`: this node may have missed changes
 */
export type Change =
  | { readonly kind: 'tenant'; readonly tenant: TenantId }
  | { readonly kind: 'keys' }
  | ({ readonly kind: 'erased' } & ErasedEvent)
  | { readonly kind: 'due' }
  | { readonly kind: 'outbox' }
  | { readonly kind: 'report'; readonly from: string; readonly report: unknown }
  | { readonly kind: 'everything' }

/** The role of the database that reports changes of other nodes. */
export interface ChangeStore {
  /**
   * Reports changes of other nodes until the store is closed. A call that changes a tenant, an endpoint or a key
   * resolves only when every node has learned of the change or has been without a heartbeat for `limits.trustMs`. The
   * listener must act on the change before it returns.
   */
  listen(listener: (change: Change) => void): void
}
