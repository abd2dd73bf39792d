import type { Erased } from '../../domain/erasure.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { NewErasure } from '../../contracts/erase-store.ts'
import type { Database } from './database.ts'

/** Records an erasure in the transaction that begins it. @param label of the rows to remove; null: they are removed */
export function addErasure(
  db: Database,
  { id, createdAt }: NewErasure,
  erases: Erased,
  tenant: TenantId,
  label: string | null,
): void {
  db.run('INSERT INTO erasures VALUES (?, ?, ?, ?, ?, NULL)', id, erases, tenant, label, createdAt)
}
