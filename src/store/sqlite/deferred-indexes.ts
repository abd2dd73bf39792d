// Two indexes, from tenants to events and from endpoints to deliveries. The program maintains them itself, because
// almost every new entry belongs on another page of the index. New entries are first appended to a table of fresh
// entries. Many of them are then moved to the index together, so that a page with several new entries is written once.
// A reader must read both tables, in one snapshot of the database.

import type { DeliveryId, EndpointKey } from '../../domain/ids.ts'
import type { Database } from './database.ts'

/** How many fresh entries are moved to the indexes together; twice as many after the commit that moved them failed. */
export const freshRows = 2048

/** Rows of an insert with many rows. It takes a third of the time of as many inserts. */
const rowsAtOnce = 16

/** New entries: the values of each row one after the other. */
export class FreshEntries {
  /** Label of the tenant, time of acceptance and number of each event. */
  readonly events: (string | number | bigint)[] = []
  /** Endpoint and id of each delivery. */
  readonly deliveries: (EndpointKey | DeliveryId)[] = []
}

export function freshWriter(db: Database) {
  const insertEvents = rowsWriter(db, 'fresh_events', 3)
  const insertDeliveries = rowsWriter(db, 'fresh_deliveries', 2)
  // It is unknown how many fresh entries the last process left, so the first commit moves them.
  let count = freshRows

  return {
    /** Writes new entries in the caller's transaction. */
    add({ events, deliveries }: FreshEntries): void {
      count += insertEvents(events) + insertDeliveries(deliveries)
    },

    settleIfMany(): void {
      if (count < freshRows) return
      settle(db)
      count = 0
    },
  }
}

/** Returns a function that inserts rows, given as their values one after the other, and returns their number. */
function rowsWriter(db: Database, table: string, columns: number) {
  const row = `(${Array(columns).fill('?').join(', ')})`
  const insert = (rows: number) => db.prepare(`INSERT INTO ${table} VALUES ${Array(rows).fill(row).join(', ')}`)
  const one = insert(1)
  const many = insert(rowsAtOnce)
  const manyValues = columns * rowsAtOnce
  return (values: readonly (string | number | bigint)[]): number => {
    let at = 0
    for (; at + manyValues <= values.length; at += manyValues) many.run(...values.slice(at, at + manyValues))
    for (; at < values.length; at += columns) one.run(...values.slice(at, at + columns))
    return values.length / columns
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
