// The one way to the database: what the program asks of an engine, in small roles. Both engines pass the same suite
// (store/conformance). Secrets and header values arrive sealed: a store never sees them in the clear.

import type { ApiKey } from '../domain/api-key.ts'
import type { Attempt } from '../domain/attempt.ts'
import type { Delivery, DeliveryStatus, EndReason } from '../domain/delivery.ts'
import type { DisabledReason, Endpoint, EndpointStatus } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import type { ApiKeyId, DeliveryId, EndpointId, EndpointKey, EventId, Incarnation, TenantId } from '../domain/ids.ts'
import type { Tenant } from '../domain/tenant.ts'

/**
 * The database cannot serve now: locked, full, missing or out of reach. Nothing of the call took effect, unless
 * `outcomeUnknown`. Callers
 * answer 503 and try again; no restart is needed.
 */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable'
  /** The connection or the disk failed at the end of the call: it may have taken effect after all. */
  readonly outcomeUnknown: boolean

  constructor(message: string, options: { readonly cause?: unknown; readonly outcomeUnknown?: boolean } = {}) {
    super(message, options)
    this.outcomeUnknown = options.outcomeUnknown ?? false
  }
}

/**
 * The node cannot go on as it is: it was silent for so long that others were let have what it held, or nobody knows
 * whether its last call took effect. It gives up all that it has in memory and joins anew; the database is right.
 */
export class IncarnationLost extends StoreUnavailable {
  override name = 'IncarnationLost'
}

/** The database cannot be used at all: a newer schema, a wrong file, another process. Stops the start. */
export class StoreRefused extends Error {
  override name = 'StoreRefused'
}

/** An endpoint as it is stored: secrets and header values sealed. */
export interface StoredEndpoint extends Omit<Endpoint, 'secrets' | 'headers'> {
  readonly sealedSecrets: string
  readonly sealedHeaders: string
  /** Of the endpoints of a tenant that have one, no two have the same. */
  readonly uniqueKey: string | null
}

export interface LoadedEndpoint extends StoredEndpoint {
  /** The dialect's memory of its failures (`EndpointStatus.health`). */
  readonly health: string | null
}

export interface LoadedTenant {
  readonly tenant: Tenant
  /** Another one after every change of the tenant or of an endpoint of it. */
  readonly version: number
  /** Newest first. */
  readonly endpoints: readonly LoadedEndpoint[]
}

/** A page of a list, newest first. `next` continues it; null: the list has ended. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly next: string | null
}

export interface PageRequest {
  readonly limit: number
  /** What an earlier page gave as `next`. Malformed text is treated as the end of the list. */
  readonly after: string | null
}

// ── Events in, outcomes recorded: the path of every event ────────────────────────────────────────────────────────

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
export interface EndpointFacts {
  readonly endpoint: EndpointKey
  readonly attempts: number
  readonly lastAttemptAt: number
  readonly lastAttemptSucceeded: boolean
  /** The dialect's memory of failures as the node believes it to be stored. */
  readonly known: string | null
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
  readonly facts: readonly EndpointFacts[]
}

/** Another node has recorded something about an endpoint's failures that this one did not know of. */
export interface LearntHealth {
  readonly tenant: TenantId
  readonly endpoint: EndpointKey
  readonly known: string | null
  readonly health: string | null
}

export interface CommitResult {
  /** One per event, in order. */
  readonly events: readonly IngestResult[]
  /** Moves that were refused because the node no longer holds the delivery. */
  readonly fenced: readonly DeliveryId[]
  /** Of endpoints whose health the batch left unchanged. */
  readonly learnt: readonly LearntHealth[]
}

export interface CommitStore {
  /** All of the batch in one durable transaction, or nothing of it. One at a time. @throws IncarnationLost */
  commit(batch: CommitBatch): Promise<CommitResult>
}

// ── Leases, claims, nodes ────────────────────────────────────────────────────────────────────────────────────────

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

// ── What other nodes did ─────────────────────────────────────────────────────────────────────────────────────────

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

// ── Tenants, keys, endpoints ─────────────────────────────────────────────────────────────────────────────────────

export interface TenantStore {
  /** False: the id is taken. */
  createTenant(tenant: Tenant): Promise<boolean>
  findTenant(id: TenantId): Promise<Tenant | null>
  /** Changes its name and settings. False: there is none. */
  updateTenant(id: TenantId, change: Pick<Tenant, 'name' | 'settings'>): Promise<boolean>
  /** Takes its keys and endpoints with it; what waits for them is left to `sweep`. False: there is none. */
  deleteTenant(id: TenantId, now: number): Promise<boolean>
  listTenants(page: PageRequest, dialect: string | null): Promise<Page<Tenant>>
}

export interface KeyStore {
  /** `hash`: SHA-256 of the key, hex. */
  createKey(key: ApiKey, hash: string): Promise<void>
  /** Revoked keys are found too. */
  findKeyByHash(hash: string): Promise<ApiKey | null>
  listKeys(page: PageRequest, tenant: TenantId | null): Promise<Page<ApiKey>>
  /** False: there is none, or it is revoked already. */
  revokeKey(id: ApiKeyId, now: number): Promise<boolean>
}

/** An answer remembered under a client's Idempotency-Key, written in the transaction that it answers for. */
export interface RememberedAnswer {
  readonly apiKey: ApiKeyId
  readonly idempotencyKey: string
  /** Method and path that it answered. */
  readonly route: string
  readonly status: number
  /** Sealed: it may hold a secret. */
  readonly sealedBody: string
  readonly expiresAt: number
}

/**
 * `absent`: there is no such endpoint (or tenant). `stale`: it was changed since it was read. `duplicate`: the tenant has
 * another endpoint of the same `uniqueKey`. `taken`: another request with the same Idempotency-Key was first. In all of
 * these nothing was written.
 */
export type WriteResult = 'written' | 'absent' | 'stale' | 'duplicate' | 'taken'

export interface EndpointStore {
  /** A number that no endpoint ever had. */
  nextEndpointKey(): Promise<EndpointKey>
  /** Null: there is none. */
  loadTenant(id: TenantId): Promise<LoadedTenant | null>
  /** All of them, or none. They belong to one tenant. */
  createEndpoints(endpoints: readonly StoredEndpoint[], answer: RememberedAnswer | null): Promise<WriteResult>
  /**
   * `version` is the `updatedAt` that the change is based on, and the new `updatedAt` must be later.
   * Where the endpoint is now off, what waits for it is left to `sweep`; where it is switched on again, what still
   * waits is cancelled first and its health is forgotten.
   */
  updateEndpoint(endpoint: StoredEndpoint, version: number, answer: RememberedAnswer | null): Promise<WriteResult>
  /** What waits for it is left to `sweep`; its deliveries stay until the retention takes them. */
  deleteEndpoint(tenant: TenantId, key: EndpointKey, now: number, answer: RememberedAnswer | null): Promise<WriteResult>
  endpointStatus(key: EndpointKey): Promise<EndpointStatus>
  findAnswer(apiKey: ApiKeyId, idempotencyKey: string, now: number): Promise<RememberedAnswer | null>
}

// ── History ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface EventFilter {
  readonly tenant: TenantId | null
  readonly type: string | null
  /** Accepted at or after. */
  readonly from: number | null
  /** Accepted before. */
  readonly to: number | null
}

export interface DeliveryFilter {
  readonly tenant: TenantId | null
  readonly endpoint: EndpointKey | null
  readonly status: DeliveryStatus | null
  readonly eventType: string | null
  readonly from: number | null
  readonly to: number | null
}

/** A delivery with what names its event and endpoint to people. */
export interface DeliveryRow extends Delivery {
  readonly tenant: TenantId
  readonly eventId: EventId
  readonly eventType: string
  readonly endpointId: EndpointId
}

export interface AttemptFilter {
  readonly endpoint: EndpointKey
  readonly succeeded: boolean | null
  readonly eventType: string | null
  /** Event accepted at or after. */
  readonly from: number | null
  /** Event accepted before. */
  readonly to: number | null
}

/** Pages as some vendors number them, from 1. */
export interface NumberedPage {
  readonly page: number
  readonly limit: number
}

export interface AttemptRow extends Attempt {
  readonly delivery: DeliveryRow
}

export interface RearmRequest {
  readonly endpoint: EndpointKey
  /** Deliveries whose event was accepted in [since, until). */
  readonly since: number
  readonly until: number
  readonly statuses: readonly DeliveryStatus[]
  readonly now: number
  readonly rowsMax: number
  readonly after: DeliveryId | null
}

export interface HistoryStore {
  listEvents(filter: EventFilter, page: PageRequest): Promise<Page<Event>>
  /** Every event of that id: ids are unique within a tenant only. */
  findEvents(id: EventId, tenant: TenantId | null): Promise<readonly Event[]>
  deliveriesOfEvent(event: Pick<Event, 'tenant' | 'id'>): Promise<readonly DeliveryRow[]>
  listDeliveries(filter: DeliveryFilter, page: PageRequest): Promise<Page<DeliveryRow>>
  findDelivery(
    id: DeliveryId,
  ): Promise<{ readonly delivery: DeliveryRow; readonly attempts: readonly Attempt[] } | null>
  /** Attempts of an endpoint, one row each, those of the newest deliveries first. */
  listAttempts(
    filter: AttemptFilter,
    page: NumberedPage,
  ): Promise<{ readonly rows: readonly AttemptRow[]; readonly total: number }>
  /** Makes a waiting delivery due now, or an ended one wait again with its schedule afresh. False: none, or in flight. */
  rearmDelivery(id: DeliveryId, now: number): Promise<boolean>
  /** One bounded step of the same for many. `last` continues; null: done. */
  rearmDeliveries(request: RearmRequest): Promise<{ readonly count: number; readonly last: DeliveryId | null }>
}

// ── Request quotas ───────────────────────────────────────────────────────────────────────────────────────────────

/** A node asks for a share of a caller's quota. */
export interface QuotaRequest {
  /** Names the caller and the quota. */
  readonly who: string
  /** What all nodes together may let pass: in a window, or at once out of a full bucket. */
  readonly limit: number
  /** What comes back, in which time; of a window, all of it in its length. */
  readonly requests: number
  readonly periodMs: number
  /** Up to when it has come back: the beginning of the window; of a bucket, now. */
  readonly at: number
  readonly wanted: number
}

export interface QuotaGrant {
  /** What the node may let pass: what it wanted, or what is left. */
  readonly granted: number
  /** What all nodes have been granted and has not come back by `at`, this included. */
  readonly used: number
  /** Later than was asked for where another node's clock is ahead. */
  readonly at: number
}

export interface QuotaStore {
  takeQuota(request: QuotaRequest): Promise<QuotaGrant>
}

/** What an endpoint has sealed. */
export interface SealedEndpoint extends Pick<StoredEndpoint, 'key' | 'tenant' | 'sealedSecrets' | 'sealedHeaders'> {}

/** The same endpoint, sealed with another key. */
export interface SealedChange {
  readonly before: SealedEndpoint
  readonly after: SealedEndpoint
}

/** What the rotation of the master key reads and replaces. */
export interface SealStore {
  /** Endpoints behind `after` in the order of their keys, those too that are deleted and not yet forgotten. */
  sealedEndpoints(after: EndpointKey, rowsMax: number): Promise<readonly SealedEndpoint[]>
  /** Replaces what endpoints have sealed; one whose sealed values are no longer those of `before` is left as it is. */
  resealEndpoints(changes: readonly SealedChange[]): Promise<void>
  /** Whether an answer is remembered whose sealed body does not begin with `mark`. */
  hasOtherAnswers(mark: string): Promise<boolean>
  /** All that was written by `writeOnce`. */
  installationValues(): Promise<readonly { readonly name: string; readonly value: string }[]>
  /** Replaces one of them, if it is still `before`. */
  replaceInstallationValue(name: string, before: string, after: string): Promise<void>
}

export interface UpkeepStore {
  /**
   * One bounded step of cancelling what waits for endpoints that are off. True: there is more to cancel.
   * A step and not a statement, because a million deliveries may wait for one endpoint.
   */
  sweep(now: number, rowsMax: number): Promise<boolean>
  /** One bounded step of retention; pending deliveries and their events stay. Gives the rows removed. */
  prune(before: number, now: number, rowsMax: number): Promise<number>
  /** A value of the installation that is written once; gives what is stored, be it this value or an earlier one. */
  writeOnce(name: string, value: string): Promise<string>
  /** Throws StoreUnavailable where the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface Store
  extends
    CommitStore,
    LeaseStore,
    ChangeStore,
    TenantStore,
    KeyStore,
    EndpointStore,
    HistoryStore,
    SealStore,
    UpkeepStore {
  /** Null where `shared` is false: one node counts in memory. */
  readonly quotas: QuotaStore | null
}
