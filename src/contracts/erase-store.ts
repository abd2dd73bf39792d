// Erasing stored data: the rows of deleted tenants and of endpoints whose history goes with them, and single payloads
// and responses.

import type { NewAuditRecord } from '../domain/audit.ts'
import type { Erasure } from '../domain/erasure.ts'
import type { DeliveryId, ErasureId, EventId, TenantId } from '../domain/ids.ts'

/** An erasure that a change begins. */
export type NewErasure = Pick<Erasure, 'id' | 'createdAt'>

/** An event whose data was erased. Nodes that hold deliveries of it send them no more. */
export interface ErasedEvent {
  readonly tenant: TenantId
  readonly event: EventId
  readonly acceptedAt: number
}

/**
 * The result of a step.
 *
 * - `more`: another step can follow at once
 * - `wait`: deliveries are in flight, or another transaction is running; try again after `limits.eraseAgainMs`
 * - `done`: nothing is left to erase now
 * - `ended`: these erasures have ended with the step; another step can follow at once
 */
export type EraseStep = 'more' | 'wait' | 'done' | { readonly ended: readonly ErasureId[] }

export interface EraseReads {
  findErasure(id: ErasureId): Promise<Erasure | null>
}

export interface EraseStore {
  /**
   * One bounded step of the running erasures. Rows of deleted tenants and endpoints are invisible from their deletion
   * on; the steps remove them. A delivery in flight is removed once its attempt has ended.
   */
  eraseStep(now: number, rowsMax: number): Promise<EraseStep>
  /**
   * Erases the data and the attributes of an event, and cancels its waiting deliveries. Null: there is no such event.
   */
  erasePayload(
    tenant: TenantId,
    id: EventId,
    erasure: NewErasure,
    audit?: readonly NewAuditRecord[],
  ): Promise<ErasedEvent | null>
  /** Erases the response of an attempt, its headers included. False: there is no such attempt. */
  eraseResponse(
    delivery: DeliveryId,
    number: number,
    erasure: NewErasure,
    audit?: readonly NewAuditRecord[],
  ): Promise<boolean>
  /**
   * One bounded step of erasing the payloads that have expired (`Event.eraseAt`), with the responses to their
   * deliveries. Waiting deliveries are cancelled. Returns the erased events; none: nothing is left to erase now.
   */
  eraseExpired(now: number, rowsMax: number): Promise<readonly ErasedEvent[]>
}
