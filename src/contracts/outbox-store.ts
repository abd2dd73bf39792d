// The outbox: events that callers have published in their own transactions. A node claims them and accepts them; the
// commit that stores an event removes it from the outbox.

import type { EventId, Incarnation, OutboxKey, TenantId } from '../domain/ids.ts'
import type { WriteEnvelope, WriteResult } from './account-store.ts'
import type { Page, PageRequest } from './page.ts'

/** An event in the outbox. */
export interface OutboxEvent {
  readonly key: OutboxKey
  readonly tenant: TenantId
  /** Whether its tenant was deleted after the event was published. */
  readonly orphaned: boolean
  readonly type: string
  /** JSON text of an object, as it was published. */
  readonly data: string
  /** Null: it gets one when it is accepted. */
  readonly id: EventId | null
  /** Null: it occurred when it was published. */
  readonly occurredAt: number | null
  readonly attributes: Readonly<Record<string, string>> | null
  readonly retainSeconds: number | null
  readonly publishedAt: number
}

/** An event that cannot be accepted. */
export interface SetAside {
  readonly key: OutboxKey
  /** The reason, for the operator. */
  readonly problem: string
  /** Whether its data is erased. */
  readonly erase: boolean
}

/** An event that was set aside, without its data. */
export interface SetAsideEvent extends Pick<
  OutboxEvent,
  'key' | 'tenant' | 'type' | 'id' | 'occurredAt' | 'publishedAt'
> {
  readonly problem: string
}

export interface OutboxReads {
  /** The events that were set aside, the last published first. */
  listSetAside(page: PageRequest): Promise<Page<SetAsideEvent>>
  findSetAside(key: OutboxKey): Promise<SetAsideEvent | null>
}

/** The role of the database that has an outbox. */
export interface OutboxStore extends OutboxReads {
  /**
   * Claims events for the node: those that no living node has claimed, and those that this node has claimed before. Tenants
   * take turns over the calls; of each tenant the oldest events come first.
   *
   * @param after the label of a tenant: the tenants after it come first
   */
  claimOutbox(node: Incarnation, after: string): Promise<OutboxClaim>
  /** For this long, ms, callers do not notify the nodes: this node looks at the outbox by itself. */
  watchOutbox(ms: number): Promise<void>
  /** Sets events aside that the node has claimed. */
  setAside(node: Incarnation, events: readonly SetAside[]): Promise<void>
  /** Removes events that the node has claimed. */
  removeFromOutbox(node: Incarnation, keys: readonly OutboxKey[]): Promise<void>
  /** A node tries an event again that was set aside. `absent`: there is no such event. */
  putBack(key: OutboxKey, envelope?: WriteEnvelope): Promise<WriteResult>
  /** Removes an event that was set aside. `absent`: there is no such event. */
  removeSetAside(key: OutboxKey, envelope?: WriteEnvelope): Promise<WriteResult>
  countOutbox(which: 'waiting' | 'set aside'): Promise<number>
}

export interface OutboxClaim {
  /** Empty: nothing is left to claim. */
  readonly events: readonly OutboxEvent[]
  /** `after` for the next claim. */
  readonly last: string
}
