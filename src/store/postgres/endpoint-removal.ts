import type { EndpointKey, TenantId } from '../../domain/ids.ts'
import type { NewErasure } from '../../contracts/erase-store.ts'
import { labelMark } from '../rows.ts'
import type { Session } from './database.ts'
import { addErasure, labelOf } from './labels.ts'

/**
 * Deletes an endpoint, in the transaction of the caller, which has locked and changed its tenant. Its sealed values are
 * removed, and `sweep` cancels its waiting deliveries. False: there is no such endpoint.
 *
 * @param erasure also erases its deliveries; null: they stay
 */
export async function removeEndpoint(
  session: Session,
  { tenant, key }: { readonly tenant: TenantId; readonly key: EndpointKey },
  now: number,
  erasure: NewErasure | null,
): Promise<boolean> {
  const deleted = await session.run(
    `UPDATE endpoints SET deleted_at = $1, enabled = false, sealed_secrets = '', sealed_headers = ''
     WHERE key = $2 AND tenant = ${labelOf('$3')} AND deleted_at IS NULL`,
    now,
    key,
    tenant,
  )
  if (deleted === 0) return false
  await session.run('UPDATE endpoint_status SET sweep = true WHERE endpoint = $1', key)
  if (erasure === null) return true
  const rows = await session.get<{ label: string; dialect: string }>(
    `UPDATE endpoints SET tenant = $1 || '${labelMark}' || nextval('versions') WHERE key = $2
     RETURNING tenant AS label, (SELECT dialect FROM tenants WHERE id = $1) AS dialect`,
    tenant,
    key,
  )
  await addErasure(session, erasure, 'endpoint', tenant, rows ?? null)
  return true
}
