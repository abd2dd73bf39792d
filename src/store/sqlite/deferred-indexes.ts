// Two indexes, from tenants to events and from endpoints to deliveries. The program maintains them itself, because
// almost every new entry belongs on another page of the index. New entries are first appended to a table of fresh
// entries. Many of them are then moved to the index together, so that a page with several new entries is written once.
// A reader must read both tables, in one snapshot of the database.

import type { DeliveryId, EndpointKey } from '../../domain/ids.ts'
import type { Database } from './database.ts'

/** How many fresh entries are moved to the indexes together; twice as many after the commit that moved them failed. */
export const freshRows = 2048

/** Writes new entries in the caller's transaction. */
export function freshEntries(db: Database) {
  const addEvent = db.prepare('INSERT INTO fresh_events VALUES (?, ?, ?)')
  const addDelivery = db.prepare('INSERT INTO fresh_deliveries VALUES (?, ?)')
  // It is unknown how many fresh entries the last process left, so the first commit moves them.
  let count = freshRows

  return {
    addEvent(label: string, acceptedAt: number, seq: number | bigint): void {
      addEvent.run(label, acceptedAt, seq)
      count += 1
    },

    addDelivery(endpoint: EndpointKey, id: DeliveryId): void {
      addDelivery.run(endpoint, id)
      count += 1
    },

    settleIfMany(): void {
      if (count < freshRows) return
      settle(db)
      count = 0
    },
  }
}

/** Moves all fresh entries to the indexes, in the caller's transaction. */
export function settle(db: Database): void {
  db.run(
    'INSERT INTO events_of_tenant SELECT tenant, accepted_at, seq FROM fresh_events ORDER BY tenant, accepted_at, seq',
  )
  db.run('DELETE FROM fresh_events')
  db.run('INSERT INTO deliveries_of_endpoint SELECT endpoint, id FROM fresh_deliveries ORDER BY endpoint, id')
  db.run('DELETE FROM fresh_deliveries')
}
