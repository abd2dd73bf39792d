import type { AttemptFilter, AttemptRow, NumberedPage } from '../store.ts'
import { lowestUuidV7 } from '../../domain/ids.ts'
import type { Database } from './database.ts'
import { type AttemptColumns, attemptOf, deliveryColumns, type DeliveryColumns, deliveryOf } from '../rows.ts'

const farFuture = 2 ** 48 - 1

export function attemptReads(db: Database) {
  return {
    listAttempts(filter: AttemptFilter, { page, limit }: NumberedPage): { rows: AttemptRow[]; total: number } {
      const conditions = `d.endpoint = ?1 AND d.id >= ?2 AND d.id < ?3 AND (?4 IS NULL OR e.type = ?4)
        AND (?5 IS NULL OR (a.kind = 'delivered') = ?5)`
      const from = `FROM deliveries d INDEXED BY deliveries_by_endpoint CROSS JOIN attempts a ON a.delivery = d.id
        CROSS JOIN events e ON e.seq = d.event CROSS JOIN endpoints p ON p.key = d.endpoint WHERE ${conditions}`
      const values = [
        filter.endpoint,
        lowestUuidV7(filter.from ?? 0),
        lowestUuidV7(filter.to ?? farFuture),
        filter.eventType,
        filter.succeeded === null ? null : Number(filter.succeeded),
      ]
      const rows = db.all<DeliveryColumns & AttemptOfDelivery>(
        `SELECT ${deliveryColumns}, a.number, a.started_at, a.duration_ms, a.kind, a.status AS answer, a.detail,
           a.response, a.exchange ${from} ORDER BY d.id DESC, a.number DESC LIMIT ?6 OFFSET ?7`,
        ...values,
        limit,
        (page - 1) * limit,
      )
      const total = db.get<{ count: number }>(`SELECT count(*) AS count ${from}`, ...values)?.count ?? 0
      return {
        rows: rows.map((row) => ({ ...attemptOf({ ...row, status: row.answer }), delivery: deliveryOf(row) })),
        total,
      }
    },
  }
}

/** Both have a status: the attempt's is read under another name. */
type AttemptOfDelivery = Omit<AttemptColumns, 'status'> & { answer: number | null }
