import type { AuditRecord, NewAuditRecord } from '../../domain/audit.ts'
import { lowestUuidV7 } from '../../domain/ids.ts'
import type { AuditFilter } from '../../contracts/audit-store.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import { auditColumns, type AuditColumns, auditOf, auditValues } from '../audit-rows.ts'
import { auditId, lastIdTime, pageOf } from '../pages.ts'
import { type Database, type Session, withoutNul } from './database.ts'
import { labelOf } from './labels.ts'

/** Takes an array for each column. */
const insert = `INSERT INTO audit (id, action, refused, count, actor_kind, actor, actor_name, actor_role, address, object,
    tenant, change, endpoint, label)
  SELECT id, action, refused, count, actor_kind, actor, actor_name, actor_role, address, object, tenant, change,
    CASE WHEN change IS NOT NULL THEN endpoint END, CASE WHEN change IS NOT NULL THEN ${labelOf('r.tenant')} END
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[])
    AS r (id, action, refused, count, actor_kind, actor, actor_name, actor_role, address, object, tenant, change, endpoint)
  ON CONFLICT (id) DO UPDATE SET count = excluded.count`

/** Adds records in the transaction of the caller. */
export async function addAudit(session: Session, records: readonly NewAuditRecord[]): Promise<void> {
  if (records.length === 0) return
  const rows = records.map((record) =>
    auditValues(record).map((one) => (typeof one === 'string' ? withoutNul(one) : one)),
  )
  const columns = Array.from({ length: rows[0]?.length ?? 0 }, (_, index) => rows.map((row) => row[index] ?? null))
  await session.run(insert, ...columns)
}

/** Erases the changes of some records: those of a label, or of an endpoint. Returns the number of records. */
export function eraseChanges(
  session: Session,
  of: 'label' | 'endpoint',
  value: string | number,
  now: number,
  rowsMax: number,
): Promise<number> {
  return session.run(
    `UPDATE audit SET change = NULL, label = NULL, endpoint = NULL, erased_at = $1
     WHERE id = ANY(ARRAY(SELECT id FROM audit WHERE ${of} = $2 ORDER BY ${of} LIMIT $3))`,
    now,
    value,
    rowsMax,
  )
}

export function auditRole(db: Database) {
  return {
    async recordAudit(records: readonly NewAuditRecord[]): Promise<void> {
      await db.transaction((session) => addAudit(session, records))
    },

    pruneAudit(before: number, rowsMax: number): Promise<number> {
      return db.run(
        `DELETE FROM audit WHERE id = ANY(ARRAY(
           SELECT id FROM audit WHERE id < $1::uuid ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED))`,
        lowestUuidV7(before),
        rowsMax,
      )
    },
  }
}

export function auditReads(db: Database) {
  return {
    async listAudit(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>> {
      if (page.after !== null && !auditId.test(page.after)) return { rows: [], next: null }
      const end = lowestUuidV7(Math.min(filter.to ?? lastIdTime, lastIdTime))
      const values: (string | number)[] = [
        lowestUuidV7(Math.min(filter.from ?? 0, lastIdTime)),
        page.after !== null && page.after < end ? page.after : end,
        page.limit + 1,
      ]
      const where = ['id >= $1::uuid', 'id < $2::uuid']
      const columns = (['tenant', 'actor', 'object', 'action'] as const).filter((column) => filter[column] !== null)
      for (const column of columns) where.push(`${column} = $${values.push(filter[column] as string)}`)
      // Only the index of the first column has this order, so that even old statistics lead the planner to it.
      const [first] = columns
      const rows = await db.all<AuditColumns>(
        `SELECT ${auditColumns} FROM audit WHERE ${where.join(' AND ')}
         ORDER BY ${first === undefined ? '' : `${first} DESC,`} id DESC LIMIT $3`,
        ...values,
      )
      return pageOf(rows, page.limit, auditOf, (row) => row.id)
    },
  }
}
