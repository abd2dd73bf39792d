// Leases, claims and nodes: which node holds which delivery, and what other nodes have changed.

import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, Incarnation, TenantId } from '../domain/ids.ts'

export interface ClaimedDelivery {
  readonly id: DeliveryId
  readonly endpoint: EndpointKey
  readonly attempts: number
  readonly attemptsBefore: number
  readonly event: Event
}

export interface ClaimRequest {
  readonly endpoint: EndpointKey
  /**
   * How many deliveries its lane has room for; 0: look at it again after `limits.claimAgainMs`. The store gives fewer
   * where their event data reaches `limits.claimPerEndpointBytesMax`, but one at least.
   */
  readonly room: number
}

export interface Claim {
  readonly deliveries: readonly ClaimedDelivery[]
  /** Endpoints with more deliveries due now than there was room for. */
  readonly more: readonly EndpointKey[]
}

export interface Heartbeat {
  /** False: the incarnation was declared dead. */
  readonly alive: boolean
  /** How long the most silent of the other nodes has been silent, by the database's clock; 0 where there is none. */
  readonly silentMs: number
}

export interface LeaseStore {
  /**
   * Whether several nodes may share the database. Where they may not, `join` makes due whatever earlier incarnations
   * held, and no other node need ever be heard of.
   */
  readonly shared: boolean
  /** Registers a new incarnation. */
  join(now: number): Promise<Incarnation>
  /** Hands back all that the incarnation holds. */
  leave(node: Incarnation): Promise<void>
  heartbeat(node: Incarnation, now: number): Promise<Heartbeat>
  /** Declares dead every other node that was silent for longer; makes due what it held. Gives how many there were. */
  takeOver(node: Incarnation, silentMs: number): Promise<number>
  /** Endpoints with waiting deliveries that are due, the longest due first. */
  dueEndpoints(now: number, endpointsMax: number): Promise<readonly EndpointKey[]>
  /** Leases due deliveries to the node, per endpoint as many as there is room for. @throws IncarnationLost */
  claim(node: Incarnation, now: number, requests: readonly ClaimRequest[]): Promise<Claim>
  /** When the next waiting delivery of any endpoint is due; null: none waits. */
  nextDueAt(): Promise<number | null>
  /** Waiting deliveries, i.e. pending ones that no node holds. */
  countWaiting(): Promise<number>
}

/**
 * `tenant`: the tenant, its settings or its endpoints changed. `keys`: a key was revoked or lost a tenant. `due`:
 * deliveries that no node holds were made due. `everything`: changes may have been missed.
 */
export type Change =
  | { readonly kind: 'tenant'; readonly tenant: TenantId }
  | { readonly kind: 'keys' }
  | { readonly kind: 'due' }
  | { readonly kind: 'everything' }

export interface ChangeStore {
  /**
   * Tells of what other nodes did, until the store is closed. A call that changes a tenant, an endpoint or a key
   * resolves only when every node has heard of it, or has been without a heartbeat for `limits.trustMs`. The listener
   * must act at once, before it returns.
   */
  listen(listener: (change: Change) => void): void
}
