import type { EventId, TenantId } from './ids.ts'

/** Something that happened, posted once by the operator. */
export interface Event {
  readonly id: EventId
  readonly tenant: TenantId
  readonly type: string
  /** The posted JSON text of `data`, byte for byte: numbers, key order and duplicate keys stay as posted. */
  readonly data: string
  /** The attributes that endpoint filters match. */
  readonly attributes: Readonly<Record<string, string>> | null
  /** When it happened, according to the operator; default: `acceptedAt`. */
  readonly occurredAt: number
  readonly acceptedAt: number
  /** When its data and the responses to its deliveries are erased; absent: with its record. */
  readonly eraseAt?: number
  /** When its data and attributes were erased; absent: they were not. It is sent no more. */
  readonly erasedAt?: number
  /** Its stored attributes cannot be read. APIs show it without them, and it is never sent. */
  readonly unreadable?: true
}
