import type { TenantId } from '../../domain/ids.ts'
import type { Tenant } from '../../domain/tenant.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import type { WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import type { Database } from './database.ts'
import { drawVersion } from './versions.ts'
import { type TenantColumns, tenantOf } from '../rows.ts'
import { pageOf, seqAfter } from '../pages.ts'
import { Abort } from '../abort.ts'
import { write } from './write.ts'

export function tenantRole(db: Database) {
  return {
    createTenant(tenant: Tenant, envelope?: WriteEnvelope): WriteResult {
      const insert = `INSERT INTO tenants (id, dialect, name, settings, created_at, version) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING`
      const { id, dialect, name, settings, createdAt } = tenant
      return write(db, envelope, () => {
        const inserted = db.run(insert, id, dialect, name, JSON.stringify(settings), createdAt, drawVersion(db))
        if (inserted === 0) throw new Abort('duplicate')
      })
    },

    updateTenant(
      id: TenantId,
      { name, settings }: Pick<Tenant, 'name' | 'settings'>,
      envelope?: WriteEnvelope,
    ): WriteResult {
      const update = 'UPDATE tenants SET name = ?, settings = ?, version = ? WHERE id = ?'
      return write(db, envelope, () => {
        if (db.run(update, name, JSON.stringify(settings), drawVersion(db), id) === 0) throw new Abort('absent')
      })
    },

    deleteTenant(id: TenantId, now: number, envelope?: WriteEnvelope): WriteResult {
      return write(db, envelope, () => {
        if (db.run('DELETE FROM tenants WHERE id = ?', id) === 0) throw new Abort('absent')
        db.run('DELETE FROM api_key_tenants WHERE tenant = ?', id)
        db.run('DELETE FROM api_keys WHERE NOT EXISTS (SELECT 1 FROM api_key_tenants t WHERE t.api_key = api_keys.id)')
        db.run(
          'UPDATE endpoint_status SET sweep = 1 WHERE endpoint IN (SELECT key FROM endpoints WHERE tenant = ?)',
          id,
        )
        db.run(
          `UPDATE endpoints SET deleted_at = ?, sealed_secrets = '', sealed_headers = ''
           WHERE tenant = ? AND deleted_at IS NULL`,
          now,
          id,
        )
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

    listTenants(page: PageRequest, dialect: string | null): Page<Tenant> {
      const rows = db.all<TenantColumns>(
        'SELECT * FROM tenants WHERE seq < ?1 AND (?2 IS NULL OR dialect = ?2) ORDER BY seq DESC LIMIT ?3',
        seqAfter(page),
        dialect,
        page.limit + 1,
      )
      return pageOf(rows, page.limit, tenantOf, (row) => String(row.seq))
    },
  }
}
