// Labels of tenants, which the rows of a tenant contain (the migration `erasures`). The order of each subquery makes
// the planner read the row by its index, even if it knows nothing of the size of the table.

import type { TenantId } from '../../domain/ids.ts'
import type { NewErasure } from '../../contracts/erase-store.ts'
import type { Erased } from '../../domain/erasure.ts'
import type { Session } from './database.ts'

/** SQL: the label of the tenant whose id is the parameter; null: there is no such tenant. */
export function labelOf(parameter: string): string {
  return `(SELECT label FROM tenants WHERE id = ANY(ARRAY[${parameter}]) ORDER BY id LIMIT 1)`
}

/** SQL: whether a tenant has the label. The rows of a label that no tenant has are being erased. */
export function isLiving(label: string): string {
  return `(SELECT true FROM tenants t WHERE t.label = ANY(ARRAY[${label}]) ORDER BY t.label LIMIT 1) IS TRUE`
}

/**
 * Records an erasure in the transaction that begins it.
 *
 * @param rows the label of the rows to remove, and their dialect; null: they are removed
 */
export async function addErasure(
  session: Session,
  { id, createdAt }: NewErasure,
  erases: Erased,
  tenant: TenantId,
  rows: { readonly label: string; readonly dialect: string } | null,
): Promise<void> {
  await session.run(
    `INSERT INTO erasures (id, erases, tenant, label, created_at, ended_at, dialect, xid)
     VALUES ($1, $2, $3, $4, $5, CASE WHEN $4::text IS NULL THEN $5::bigint END, $6, pg_current_xact_id()::text::bigint)`,
    id,
    erases,
    tenant,
    rows?.label ?? null,
    createdAt,
    rows?.dialect ?? null,
  )
}
