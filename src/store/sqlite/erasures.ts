import type { Erased } from '../../domain/erasure.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { NewErasure } from '../../contracts/erase-store.ts'
import type { Database } from './database.ts'

/**
 * Records an erasure in the transaction that begins it.
 *
 * @param rows the label of the rows to remove, and their dialect; null: they are removed
 */
export function addErasure(
  db: Database,
  { id, createdAt }: NewErasure,
  erases: Erased,
  tenant: TenantId,
  rows: { readonly label: string; readonly dialect: string } | null,
): void {
  db.run(
    'INSERT INTO erasures (id, erases, tenant, label, created_at, dialect) VALUES (?, ?, ?, ?, ?, ?)',
    id,
    erases,
    tenant,
    rows?.label ?? null,
    createdAt,
    rows?.dialect ?? null,
  )
}
