import type {
  AttemptFilter,
  AttemptRow,
  FailedAttempt,
  FailureBounds,
  NumberedPage,
} from '../../contracts/history-store.ts'
import { type EndpointKey, lowestUuidV7 } from '../../domain/ids.ts'
import type { Database } from './database.ts'
import { deliveryJoins } from './history.ts'
import { type AttemptColumns, attemptOf, deliveryColumns, type DeliveryColumns, deliveryOf } from '../rows.ts'
import { type FailureColumns, failuresOf } from '../failure-rows.ts'

const farFuture = 2 ** 48 - 1

export function attemptReads(db: Database) {
  return {
    listAttempts(filter: AttemptFilter, { page, limit }: NumberedPage): { rows: AttemptRow[]; total: number } {
      // The count reads all deliveries of the endpoint, so tables that the filter does not need are not joined.
      const { eventType } = filter
      const matching = (index: string): string =>
        `SELECT ${index}.id AS delivery, a.number AS attempt FROM ${index} CROSS JOIN attempts a ON a.delivery = ${index}.id
           ${eventType === null ? '' : `CROSS JOIN deliveries d ON d.id = ${index}.id CROSS JOIN events e ON e.seq = d.event`}
         WHERE ${index}.endpoint = ?1 AND ${index}.id >= ?2 AND ${index}.id < ?3
           AND ${eventType === null ? '?4 IS NULL' : 'e.type = ?4'} AND (?5 IS NULL OR (a.kind = 'delivered') = ?5)`
      const all = `${matching('deliveries_of_endpoint')} UNION ALL ${matching('fresh_deliveries')}`
      const values = [
        filter.endpoint,
        lowestUuidV7(filter.from ?? 0),
        lowestUuidV7(filter.to ?? farFuture),
        eventType,
        filter.succeeded === null ? null : Number(filter.succeeded),
      ]
      const rows = db.all<DeliveryColumns & AttemptOfDelivery>(
        `SELECT ${deliveryColumns}, a.number, a.started_at, a.duration_ms, a.kind, a.status AS answer, a.detail,
           a.response, a.exchange, a.connections, a.erased_at, a.request_crc, a.phases
         FROM (${all} ORDER BY delivery DESC, attempt DESC LIMIT ?6 OFFSET ?7) m
           CROSS JOIN attempts a ON a.delivery = m.delivery AND a.number = m.attempt
           CROSS JOIN deliveries d ON d.id = m.delivery ${deliveryJoins}
         ORDER BY a.delivery DESC, a.number DESC`,
        ...values,
        limit,
        (page - 1) * limit,
      )
      const total = db.get<{ count: number }>(`SELECT count(*) AS count FROM (${all})`, ...values)?.count ?? 0
      return {
        rows: rows.map((row) => ({ ...attemptOf({ ...row, status: row.answer }), delivery: deliveryOf(row) })),
        total,
      }
    },

    newestFailures(endpoint: EndpointKey, bounds: FailureBounds): { rows: FailedAttempt[]; searchedTo: number | null } {
      return db.snapshot(() => {
        const ids = db
          .all<{ id: string }>(
            `SELECT id FROM (SELECT id FROM deliveries_of_endpoint WHERE endpoint = ?1 ORDER BY id DESC LIMIT ?2)
             UNION ALL SELECT id FROM fresh_deliveries WHERE endpoint = ?1 ORDER BY id DESC LIMIT ?2`,
            endpoint,
            bounds.deliveriesMax + 1,
          )
          .map(({ id }) => id)
        const rows = db.all<FailureColumns>(
          `SELECT a.delivery, a.number, a.started_at, a.kind, a.status, a.detail, substr(a.response, 1, ?) AS response
           FROM json_each(?) m CROSS JOIN attempts a ON a.delivery = m.value AND a.kind <> 'delivered'
           ORDER BY a.delivery DESC, a.number DESC LIMIT ?`,
          bounds.charsMax,
          JSON.stringify(ids.slice(0, bounds.deliveriesMax)),
          bounds.attemptsMax + 1,
        )
        return failuresOf(ids, rows, bounds)
      })
    },
  }
}

/** The delivery and the attempt both have a `status`: that of the attempt is selected as `answer`. */
type AttemptOfDelivery = Omit<AttemptColumns, 'status'> & { answer: number | null }
