import type { AuditRecord, NewAuditRecord } from '../../domain/audit.ts'
import { lowestUuidV7 } from '../../domain/ids.ts'
import type { AuditFilter } from '../../contracts/audit-store.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import { auditColumns, type AuditColumns, auditOf, auditValues } from '../audit-rows.ts'
import { auditId, lastIdTime, pageOf } from '../pages.ts'
import type { Database } from './database.ts'
import { labelOf } from './labels.ts'

const insert = `INSERT INTO audit (id, action, refused, count, actor_kind, actor, actor_name, actor_role, address, object,
    tenant, change, endpoint, label)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, iif(?12 IS NULL, NULL, ?13),
    iif(?12 IS NULL, NULL, ${labelOf('?11')}))
  ON CONFLICT (id) DO UPDATE SET count = excluded.count`

/** Adds records in the transaction of the caller. */
export function addAudit(db: Database, records: readonly NewAuditRecord[]): void {
  for (const record of records) db.run(insert, ...auditValues(record))
}

/** Erases the changes of some records: those of a label, or of an endpoint. Returns the number of records. */
export function eraseChanges(
  db: Database,
  of: 'label' | 'endpoint',
  value: string | number,
  now: number,
  rowsMax: number,
): number {
  return db.run(
    `UPDATE audit SET change = NULL, label = NULL, endpoint = NULL, erased_at = ?
     WHERE id IN (SELECT id FROM audit WHERE ${of} = ? LIMIT ?)`,
    now,
    value,
    rowsMax,
  )
}

export function auditRole(db: Database) {
  return {
    recordAudit(records: readonly NewAuditRecord[]): void {
      db.transaction(() => addAudit(db, records))
    },

    pruneAudit(before: number, rowsMax: number): number {
      const old = 'SELECT id FROM audit WHERE id < ? ORDER BY id LIMIT ?'
      if (db.get(old, lowestUuidV7(before), 1) === undefined) return 0
      return db.erasing(() => db.run(`DELETE FROM audit WHERE id IN (${old})`, lowestUuidV7(before), rowsMax))
    },
  }
}

export function auditReads(db: Database) {
  return {
    listAudit(filter: AuditFilter, page: PageRequest): Page<AuditRecord> {
      if (page.after !== null && !auditId.test(page.after)) return { rows: [], next: null }
      const end = lowestUuidV7(Math.min(filter.to ?? lastIdTime, lastIdTime))
      const where = ['id >= ?', 'id < ?']
      const values: (string | number)[] = [
        lowestUuidV7(Math.min(filter.from ?? 0, lastIdTime)),
        page.after !== null && page.after < end ? page.after : end,
      ]
      for (const column of ['tenant', 'actor', 'object', 'action'] as const) {
        const value = filter[column]
        if (value === null) continue
        where.push(`${column} = ?`)
        values.push(value)
      }
      const rows = db.all<AuditColumns>(
        `SELECT ${auditColumns} FROM audit WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT ?`,
        ...values,
        page.limit + 1,
      )
      return pageOf(rows, page.limit, auditOf, (row) => row.id)
    },
  }
}
