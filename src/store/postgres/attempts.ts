import type { AttemptFilter, AttemptRow, NumberedPage } from '../store.ts'
import { type AttemptColumns, attemptOf, deliveryColumns, type DeliveryColumns, deliveryOf } from '../rows.ts'
import type { Database } from './database.ts'
import { idsFrom } from './history.ts'

const farFuture = 2 ** 48 - 1

export function attemptReads(db: Database) {
  return {
    async listAttempts(
      filter: AttemptFilter,
      { page, limit }: NumberedPage,
    ): Promise<{ rows: AttemptRow[]; total: number }> {
      const values: (string | number | boolean)[] = []
      const put = (value: string | number | boolean): string => `$${values.push(value)}`
      const conditions = [
        `d.endpoint = ${put(filter.endpoint)}`,
        `d.id >= ${put(idsFrom(filter.from))}`,
        `d.id < ${put(idsFrom(filter.to ?? farFuture))}`,
      ]
      if (filter.eventType !== null) conditions.push(`e.type = ${put(filter.eventType)}`)
      if (filter.succeeded !== null) conditions.push(`(a.kind = 'delivered') = ${put(filter.succeeded)}`)
      const from = `FROM deliveries d JOIN attempts a ON a.delivery = d.id JOIN events e ON e.seq = d.event
        JOIN endpoints p ON p.key = d.endpoint WHERE ${conditions.join(' AND ')}`
      const count = `SELECT count(*) AS count ${from}`
      const total = (await db.get<{ count: number }>(count, ...values))?.count ?? 0
      const rows = await db.all<DeliveryColumns & AttemptOfDelivery>(
        `SELECT ${deliveryColumns}, a.number, a.started_at, a.duration_ms, a.kind, a.status AS answer, a.detail,
           a.response, a.exchange ${from}
         ORDER BY d.id DESC, a.number DESC LIMIT ${put(limit)} OFFSET ${put((page - 1) * limit)}`,
        ...values,
      )
      return {
        rows: rows.map((row) => ({ ...attemptOf({ ...row, status: row.answer }), delivery: deliveryOf(row) })),
        total,
      }
    },
  }
}

/** Both have a status: the attempt's is read under another name. */
type AttemptOfDelivery = Omit<AttemptColumns, 'status'> & { answer: number | null }
