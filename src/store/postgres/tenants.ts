import type { TenantId } from '../../domain/ids.ts'
import type { Tenant } from '../../domain/tenant.ts'
import { labelMark, retentionOf, type TenantColumns, tenantOf } from '../rows.ts'
import type { TenantChange, WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import type { NewErasure } from '../../contracts/erase-store.ts'
import type { Changes } from './changes.ts'
import type { Database } from './database.ts'
import { Abort } from '../abort.ts'
import { addErasure } from './labels.ts'
import { write } from './write.ts'

/** Named, as everywhere: a statement that was prepared with `*` fails after another node has added a column. */
export const tenantColumns = 'seq, id, dialect, name, settings, created_at, retain_seconds, retain_data_seconds'

export function tenantRole(changes: Changes) {
  return {
    createTenant(tenant: Tenant, envelope?: WriteEnvelope): Promise<WriteResult> {
      const insert = `INSERT INTO tenants (id, dialect, name, settings, created_at, retain_seconds, retain_data_seconds)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`
      // After the insert, which waits for a transaction that deletes the tenant: this statement sees its erasure.
      const makeNew = `UPDATE tenants SET suffix = '${labelMark}' || nextval('versions')
        WHERE id = $1 AND EXISTS (SELECT FROM erasures WHERE label = $1)`
      const { id, dialect, name, settings, createdAt } = tenant
      return write(changes, envelope, async (change) => {
        const values = [id, dialect, name, JSON.stringify(settings), createdAt, ...retentionOf(tenant)]
        if ((await change.session.run(insert, ...values)) === 0) throw new Abort('duplicate')
        await change.session.run(makeNew, id)
        // Gives it its version and notifies the other nodes: they may have cached that there is no such tenant.
        await change.tenantChanged(id)
      })
    },

    updateTenant(id: TenantId, to: TenantChange, envelope?: WriteEnvelope): Promise<WriteResult> {
      const update =
        'UPDATE tenants SET name = $1, settings = $2, retain_seconds = $3, retain_data_seconds = $4 WHERE id = $5'
      return write(changes, envelope, async (change) => {
        if (!(await change.tenantChanged(id))) throw new Abort('absent')
        await change.session.run(update, to.name, JSON.stringify(to.settings), ...retentionOf(to), id)
      })
    },

    replaceTenantSecrets(
      id: TenantId,
      before: string | null,
      after: string,
      envelope?: WriteEnvelope,
    ): Promise<WriteResult> {
      const update = 'UPDATE tenants SET sealed_secrets = $1 WHERE id = $2 AND sealed_secrets IS NOT DISTINCT FROM $3'
      return write(changes, envelope, async (change) => {
        if (!(await change.tenantChanged(id))) throw new Abort('absent')
        if ((await change.session.run(update, after, id, before)) === 0) throw new Abort('stale')
      })
    },

    deleteTenant(id: TenantId, erasure: NewErasure, envelope?: WriteEnvelope): Promise<WriteResult> {
      return write(changes, envelope, async (change) => {
        const { session } = change
        // Every change of its endpoints locks this row, so that no endpoint is added any more.
        const deleted = await session.get<{ label: string; dialect: string }>(
          'DELETE FROM tenants WHERE id = $1 RETURNING label, dialect',
          id,
        )
        if (deleted === undefined) throw new Abort('absent')
        await session.run('DELETE FROM api_key_tenants WHERE tenant = $1', id)
        await session.run('DELETE FROM portal_links WHERE tenant = $1', id)
        await session.run(
          'DELETE FROM api_keys k WHERE NOT EXISTS (SELECT FROM api_key_tenants t WHERE t.api_key = k.id)',
        )
        const remove = `UPDATE endpoints SET deleted_at = coalesce(deleted_at, $1), sealed_secrets = '', sealed_headers = ''
          WHERE tenant = $2`
        await session.run(remove, erasure.createdAt, deleted.label)
        await addErasure(session, erasure, 'tenant', id, deleted)
        await change.tenantGone(id)
        await change.keysChanged()
      })
    },
  }
}

export function tenantReads(db: Database) {
  return {
    async findTenant(id: TenantId): Promise<Tenant | null> {
      const row = await db.get<TenantColumns>(`SELECT ${tenantColumns} FROM tenants WHERE id = $1`, id)
      return row === undefined ? null : tenantOf(row)
    },
  }
}
