// Decides whether an event whose id is already stored repeats the stored event or conflicts with it.

import type { Event } from '../domain/event.ts'
import type { EventColumns } from './rows.ts'
import type { IngestResult } from '../contracts/commit-store.ts'

export type FirstEvent = EventColumns & { readonly deliveries: number }

export function compareWithFirst(event: Event, first: FirstEvent): IngestResult {
  // An event without an `occurredAt` of its own gets the time at which it was accepted. Such a repeat names no other time.
  const ownTime = event.occurredAt !== event.acceptedAt
  // Erased data cannot be compared.
  if (first.erased_at !== null && first.type === event.type) return { kind: 'duplicate', deliveries: first.deliveries }
  const same =
    first.type === event.type &&
    first.data === event.data &&
    first.attributes === attributesText(event) &&
    (!ownTime || first.occurred_at === event.occurredAt)
  return same ? { kind: 'duplicate', deliveries: first.deliveries } : { kind: 'conflict' }
}

/** An event's attributes as they are stored: JSON text, or null. */
export function attributesText({ attributes }: Event): string | null {
  return attributes === null ? null : JSON.stringify(attributes)
}
