import type {
  AttemptFilter,
  AttemptRow,
  FailedAttempt,
  FailureBounds,
  NumberedPage,
} from '../../contracts/history-store.ts'
import type { EndpointKey } from '../../domain/ids.ts'
import { type AttemptColumns, attemptOf, type DeliveryColumns, deliveryOf } from '../rows.ts'
import { type FailureColumns, failuresOf } from '../failure-rows.ts'
import type { Database } from './database.ts'
import { described, idsFrom, ofType } from './history.ts'

const farFuture = 2 ** 48 - 1

export function attemptReads(db: Database) {
  return {
    async listAttempts(
      filter: AttemptFilter,
      { page, limit }: NumberedPage,
    ): Promise<{ rows: AttemptRow[]; total: number }> {
      const values: (string | number | boolean | readonly number[])[] = []
      const put = (value: (typeof values)[number]): string => `$${values.push(value)}`
      const conditions = [
        // Only the index by endpoint has the order of this list.
        `d.endpoint = ANY(${put([filter.endpoint])}::bigint[])`,
        `d.id >= ${put(idsFrom(filter.from))}`,
        `d.id < ${put(idsFrom(filter.to ?? farFuture))}`,
      ]
      if (filter.eventType !== null) conditions.push(ofType(put(filter.eventType)))
      const succeeded = filter.succeeded === null ? '' : `AND (kind = 'delivered') = ${put(filter.succeeded)}`
      const from = `FROM (SELECT * FROM deliveries d WHERE ${conditions.join(' AND ')} ORDER BY d.endpoint DESC, d.id DESC) d
        CROSS JOIN LATERAL (SELECT * FROM attempts WHERE delivery = d.id ${succeeded} ORDER BY number DESC) a`
      const count = `SELECT count(*) AS count ${from}`
      const total = (await db.get<{ count: number }>(count, ...values))?.count ?? 0
      const newest = `SELECT d.*, a.number, a.started_at, a.duration_ms, a.kind, a.status AS answer, a.detail, a.response,
        a.exchange, a.connections, a.erased_at, a.request_crc, a.phases ${from} ORDER BY d.endpoint DESC, d.id DESC, a.number DESC LIMIT ${put(limit)} OFFSET ${put((page - 1) * limit)}`
      const rows = await db.all<DeliveryColumns & AttemptOfDelivery>(
        `${described(newest, `, ${attemptColumns}`)} ORDER BY d.id DESC, d.number DESC`,
        ...values,
      )
      return {
        rows: rows.map((row) => ({ ...attemptOf({ ...row, status: row.answer }), delivery: deliveryOf(row) })),
        total,
      }
    },

    async newestFailures(
      endpoint: EndpointKey,
      bounds: FailureBounds,
    ): Promise<{ rows: FailedAttempt[]; searchedTo: number | null }> {
      const found = await db.all<{ id: string }>(
        `SELECT id FROM deliveries WHERE endpoint = ANY($1::bigint[]) ORDER BY endpoint DESC, id DESC LIMIT $2`,
        [endpoint],
        bounds.deliveriesMax + 1,
      )
      const ids = found.map(({ id }) => id)
      const rows = await db.all<FailureColumns>(
        `SELECT a.delivery, a.number, a.started_at, a.kind, a.status, a.detail, left(a.response, $2) AS response
         FROM unnest($1::uuid[]) m(id)
           CROSS JOIN LATERAL (SELECT * FROM attempts WHERE delivery = m.id AND kind <> 'delivered'
             ORDER BY number DESC LIMIT $3) a
         ORDER BY a.delivery DESC, a.number DESC LIMIT $3`,
        ids.slice(0, bounds.deliveriesMax),
        bounds.charsMax,
        bounds.attemptsMax + 1,
      )
      return failuresOf(ids, rows, bounds)
    },
  }
}

const attemptColumns = `d.number, d.started_at, d.duration_ms, d.kind, d.answer, d.detail, d.response, d.exchange,
  d.connections, d.erased_at, d.request_crc, d.phases`

/** The delivery and the attempt both have a `status`: that of the attempt is selected as `answer`. */
type AttemptOfDelivery = Omit<AttemptColumns, 'status'> & { answer: number | null }
