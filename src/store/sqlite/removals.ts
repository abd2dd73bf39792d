// Removes single rows with their entries in the indexes that the program keeps by hand. The caller has called `settle`.

import { limits } from '../../domain/limits.ts'
import type { Database } from './database.ts'

/** Removes a delivery with its attempts. */
export function removeDelivery(db: Database, endpoint: number, id: string): void {
  db.run('DELETE FROM attempts WHERE delivery = ?', id)
  db.run('DELETE FROM deliveries_of_endpoint WHERE endpoint = ? AND id = ?', endpoint, id)
  db.run('DELETE FROM deliveries WHERE id = ?', id)
}

export interface EventRow {
  readonly seq: number
  /** The label of its tenant. */
  readonly tenant: string
  readonly accepted_at: number
  /** The size of its data. */
  readonly bytes: number
}

/** Columns of an event `e` for `removeEvents`. */
export const eventRow = 'e.seq, e.tenant, e.accepted_at, octet_length(e.data) AS bytes'

/** Removes events up to a number of bytes: each page of an event is written. Returns the number of removed events. */
export function removeEvents(db: Database, rows: readonly EventRow[]): number {
  const fitting = upToBytes(rows)
  for (const { seq, tenant, accepted_at: acceptedAt } of fitting) {
    db.run('DELETE FROM events_of_tenant WHERE tenant = ? AND accepted_at = ? AND seq = ?', tenant, acceptedAt, seq)
    db.run('DELETE FROM events WHERE seq = ?', seq)
  }
  return fitting.length
}

/** The first rows, until their data has `limits.eraseStepBytes`. */
export function upToBytes<Row extends EventRow>(rows: readonly Row[]): readonly Row[] {
  let bytes = 0
  const end = rows.findIndex((row) => (bytes += row.bytes) >= limits.eraseStepBytes)
  return end === -1 ? rows : rows.slice(0, end + 1)
}
