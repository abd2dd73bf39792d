import type { TenantId } from '../../domain/ids.ts'
import type { Tenant } from '../../domain/tenant.ts'
import type { TenantChange, WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import type { NewErasure } from '../../contracts/erase-store.ts'
import type { Database } from './database.ts'
import { addErasure } from './erasures.ts'
import { suffixFor } from './labels.ts'
import { drawVersion } from './versions.ts'
import { retentionOf, type TenantColumns, tenantOf } from '../rows.ts'
import { Abort } from '../abort.ts'
import { write } from './write.ts'

export function tenantRole(db: Database) {
  return {
    createTenant(tenant: Tenant, envelope?: WriteEnvelope): WriteResult {
      const insert = `INSERT INTO tenants (id, suffix, dialect, name, settings, created_at, version, retain_seconds,
          retain_data_seconds)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
      const { id, dialect, name, settings, createdAt } = tenant
      return write(db, envelope, () => {
        const suffix = suffixFor(db, id)
        const values = [dialect, name, JSON.stringify(settings), createdAt, drawVersion(db)]
        if (db.run(insert, id, suffix, ...values, ...retentionOf(tenant)) === 0) throw new Abort('duplicate')
      })
    },

    updateTenant(id: TenantId, change: TenantChange, envelope?: WriteEnvelope): WriteResult {
      const update = `UPDATE tenants SET name = ?, settings = ?, retain_seconds = ?, retain_data_seconds = ?, version = ?
        WHERE id = ?`
      return write(db, envelope, () => {
        const values = [change.name, JSON.stringify(change.settings), ...retentionOf(change)]
        if (db.run(update, ...values, drawVersion(db), id) === 0) throw new Abort('absent')
      })
    },

    replaceTenantSecrets(id: TenantId, before: string | null, after: string, envelope?: WriteEnvelope): WriteResult {
      return write(db, envelope, () => {
        const row = db.get<Pick<TenantColumns, 'sealed_secrets'>>('SELECT sealed_secrets FROM tenants WHERE id = ?', id)
        if (row === undefined) throw new Abort('absent')
        if (row.sealed_secrets !== before) throw new Abort('stale')
        db.run('UPDATE tenants SET sealed_secrets = ?, version = ? WHERE id = ?', after, drawVersion(db), id)
      })
    },

    deleteTenant(id: TenantId, erasure: NewErasure, envelope?: WriteEnvelope): WriteResult {
      return write(db, envelope, () => {
        const rows = db.get<{ label: string; dialect: string }>('SELECT label, dialect FROM tenants WHERE id = ?', id)
        if (rows === undefined) throw new Abort('absent')
        db.run('DELETE FROM tenants WHERE id = ?', id)
        db.run('DELETE FROM api_key_tenants WHERE tenant = ?', id)
        db.run('DELETE FROM portal_links WHERE tenant = ?', id)
        db.run('DELETE FROM api_keys WHERE NOT EXISTS (SELECT 1 FROM api_key_tenants t WHERE t.api_key = api_keys.id)')
        const remove = `UPDATE endpoints SET deleted_at = ifnull(deleted_at, ?), sealed_secrets = '', sealed_headers = ''
          WHERE tenant = ?`
        db.run(remove, erasure.createdAt, rows.label)
        addErasure(db, erasure, 'tenant', id, rows)
      })
    },
  }
}

export function tenantReads(db: Database) {
  return {
    findTenant(id: TenantId): Tenant | null {
      const row = db.get<TenantColumns>('SELECT * FROM tenants WHERE id = ?', id)
      return row === undefined ? null : tenantOf(row)
    },
  }
}
