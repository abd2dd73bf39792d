import type { EndpointKey, TenantId } from '../../domain/ids.ts'
import type { NewErasure } from '../../contracts/erase-store.ts'
import type { Database } from './database.ts'
import { addErasure } from './erasures.ts'
import { labelOf, newSuffix } from './labels.ts'
import { nextVersion } from './versions.ts'

/**
 * Deletes an endpoint, in the transaction of the caller. Its sealed values are removed, and `sweep` cancels its waiting
 * deliveries. False: there is no such endpoint.
 *
 * @param erasure also erases its deliveries; null: they stay
 */
export function removeEndpoint(
  db: Database,
  { tenant, key }: { readonly tenant: TenantId; readonly key: EndpointKey },
  now: number,
  erasure: NewErasure | null,
): boolean {
  const deleted = db.run(
    `UPDATE endpoints SET deleted_at = ?, enabled = 0, sealed_secrets = '', sealed_headers = ''
     WHERE key = ? AND tenant = ${labelOf('?')} AND deleted_at IS NULL`,
    now,
    key,
    tenant,
  )
  if (deleted === 0) return false
  nextVersion(db, tenant)
  db.run('UPDATE endpoint_status SET sweep = 1 WHERE endpoint = ?', key)
  if (erasure === null) return true
  const label = `${tenant}${newSuffix(db)}`
  db.run('UPDATE endpoints SET tenant = ? WHERE key = ?', label, key)
  const dialect = db.get<{ dialect: string }>('SELECT dialect FROM tenants WHERE id = ?', tenant)?.dialect ?? ''
  addErasure(db, erasure, 'endpoint', tenant, { label, dialect })
  return true
}
