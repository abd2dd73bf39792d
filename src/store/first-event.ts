// An event whose id is there already: whether it is the same one again.

import type { Event } from '../domain/event.ts'
import type { EventColumns } from './rows.ts'
import type { IngestResult } from '../contracts/commit-store.ts'

export type FirstEvent = EventColumns & { readonly deliveries: number }

export function compareWithFirst(event: Event, first: FirstEvent): IngestResult {
  // Without a time of its own an event occurred when it was accepted, and that differs between the two.
  const ownTime = event.occurredAt !== event.acceptedAt
  const same =
    first.type === event.type &&
    first.data === event.data &&
    first.attributes === attributesText(event) &&
    (ownTime ? first.occurred_at === event.occurredAt : first.occurred_at === first.accepted_at)
  return same ? { kind: 'duplicate', deliveries: first.deliveries } : { kind: 'conflict' }
}

/** How an event's attributes are stored. */
export function attributesText({ attributes }: Event): string | null {
  return attributes === null ? null : JSON.stringify(attributes)
}
