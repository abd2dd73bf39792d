// Labels of tenants, which the rows of a tenant contain (the migration `erasures`).

import type { TenantId } from '../../domain/ids.ts'
import { labelMark } from '../rows.ts'
import type { Database } from './database.ts'
import { drawVersion } from './versions.ts'

/** SQL: the label of the tenant whose id is the parameter; null: there is no such tenant. */
export function labelOf(parameter: string): string {
  return `(SELECT label FROM tenants WHERE id = ${parameter})`
}

/** SQL: whether a tenant has the label. The rows of a label that no tenant has are being erased. */
export function isLiving(label: string): string {
  return `EXISTS (SELECT 1 FROM tenants t WHERE t.label = ${label})`
}

/** A suffix that makes a new label of the id. */
export function newSuffix(db: Database): string {
  return `${labelMark}${drawVersion(db)}`
}

/** The suffix for a new tenant: none, unless rows of a deleted tenant of the same id are still stored. */
export function suffixFor(db: Database, id: TenantId): string {
  const isErased = db.get('SELECT 1 FROM erasures WHERE label = ?', id) !== undefined
  return isErased ? newSuffix(db) : ''
}
