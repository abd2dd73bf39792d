// Which events a tenant has, and which deliveries an endpoint: two indexes, kept by hand because every entry belongs on
// a page of its own. New entries are written one after the other, and put in their places many at a time; a page that
// takes several of them is then written once. Whoever reads must look at both, in one state of the database.

import type { DeliveryId, EndpointKey, TenantId } from '../../domain/ids.ts'
import type { Database } from './database.ts'

/** So many are put in their places together. Twice as many, where a commit failed just then. */
export const freshRows = 2048

/** Writes new entries, in the caller's transaction. */
export function freshEntries(db: Database) {
  const addEvent = db.prepare('INSERT INTO fresh_events VALUES (?, ?, ?)')
  const addDelivery = db.prepare('INSERT INTO fresh_deliveries VALUES (?, ?)')
  // How many a former life has left is not known.
  let count = freshRows

  return {
    addEvent(tenant: TenantId, acceptedAt: number, seq: number | bigint): void {
      addEvent.run(tenant, acceptedAt, seq)
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

/** Puts all fresh entries in their places, in the caller's transaction. */
export function settle(db: Database): void {
  db.run(
    'INSERT INTO events_of_tenant SELECT tenant, accepted_at, seq FROM fresh_events ORDER BY tenant, accepted_at, seq',
  )
  db.run('DELETE FROM fresh_events')
  db.run('INSERT INTO deliveries_of_endpoint SELECT endpoint, id FROM fresh_deliveries ORDER BY endpoint, id')
  db.run('DELETE FROM fresh_deliveries')
}
