import type { EventId, TenantId } from './ids.ts'

/** Something that happened, posted once by the operator. */
export interface Event {
  readonly id: EventId
  readonly tenant: TenantId
  readonly type: string
  /** The posted JSON text of `data`, byte for byte: numbers, key order and duplicates stay as they came. */
  readonly data: string
  /** What endpoint filters match. */
  readonly attributes: Readonly<Record<string, string>> | null
  /** When it happened, as the operator said; else when it was accepted. */
  readonly occurredAt: number
  readonly acceptedAt: number
  /** Its stored attributes cannot be read: it is shown without them, and never sent. */
  readonly unreadable?: true
}
