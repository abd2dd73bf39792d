import type { ApiKey } from '../../domain/api-key.ts'
import type { ApiKeyId, TenantId } from '../../domain/ids.ts'
import type { Tenant } from '../../domain/tenant.ts'
import type { Page, PageRequest } from '../store.ts'
import type { Database } from './database.ts'
import { pageOf, seqAfter } from './pages.ts'

interface TenantColumns {
  seq: number
  id: string
  dialect: string
  name: string | null
  settings: string
  created_at: number
}

export function tenantRole(db: Database) {
  return {
    createTenant(tenant: Tenant): boolean {
      const insert = `INSERT INTO tenants (id, dialect, name, settings, created_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING`
      const { id, dialect, name, settings, createdAt } = tenant
      return db.transaction(() => db.run(insert, id, dialect, name, JSON.stringify(settings), createdAt) === 1)
    },

    updateTenant(id: TenantId, { name, settings }: Pick<Tenant, 'name' | 'settings'>): boolean {
      const update = 'UPDATE tenants SET name = ?, settings = ? WHERE id = ?'
      return db.transaction(() => db.run(update, name, JSON.stringify(settings), id) === 1)
    },

    deleteTenant(id: TenantId, now: number): boolean {
      return db.transaction(() => {
        if (db.run('DELETE FROM tenants WHERE id = ?', id) === 0) return false
        db.run('DELETE FROM api_key_tenants WHERE tenant = ?', id)
        db.run('DELETE FROM api_keys WHERE NOT EXISTS (SELECT 1 FROM api_key_tenants t WHERE t.api_key = api_keys.id)')
        db.run(
          'UPDATE endpoint_status SET sweep = 1 WHERE endpoint IN (SELECT key FROM endpoints WHERE tenant = ?)',
          id,
        )
        db.run('UPDATE endpoints SET deleted_at = ifnull(deleted_at, ?) WHERE tenant = ?', now, id)
        return true
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

interface KeyColumns {
  seq: number
  id: string
  dialect: string
  scopes: string
  role: string | null
  name: string | null
  hint: string
  created_at: number
  revoked_at: number | null
  tenants: string
}

const keyColumns = `k.*, (SELECT json_group_array(tenant) FROM api_key_tenants t WHERE t.api_key = k.id) AS tenants`

export function keyRole(db: Database) {
  return {
    createKey(key: ApiKey, hash: string): void {
      db.transaction(() => {
        db.run(
          `INSERT INTO api_keys (id, hash, dialect, scopes, role, name, hint, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          key.id,
          hash,
          key.dialect,
          JSON.stringify(key.scopes),
          key.role,
          key.name,
          key.hint,
          key.createdAt,
        )
        for (const tenant of key.tenants) db.run('INSERT INTO api_key_tenants VALUES (?, ?)', tenant, key.id)
      })
    },

    revokeKey(id: ApiKeyId, now: number): boolean {
      const revoke = 'UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL'
      return db.transaction(() => db.run(revoke, now, id) === 1)
    },
  }
}

export function keyReads(db: Database) {
  return {
    findKeyByHash(hash: string): ApiKey | null {
      const row = db.get<KeyColumns>(`SELECT ${keyColumns} FROM api_keys k WHERE hash = ?`, hash)
      return row === undefined ? null : keyOf(row)
    },

    listKeys(page: PageRequest, tenant: TenantId | null): Page<ApiKey> {
      const rows = db.all<KeyColumns>(
        `SELECT ${keyColumns} FROM api_keys k
         WHERE seq < ?1 AND (?2 IS NULL OR EXISTS (SELECT 1 FROM api_key_tenants t WHERE t.tenant = ?2 AND t.api_key = k.id))
         ORDER BY seq DESC LIMIT ?3`,
        seqAfter(page),
        tenant,
        page.limit + 1,
      )
      return pageOf(rows, page.limit, keyOf, (row) => String(row.seq))
    },
  }
}

function tenantOf(row: TenantColumns): Tenant {
  return {
    id: row.id as TenantId,
    dialect: row.dialect,
    name: row.name,
    settings: JSON.parse(row.settings) as Record<string, string>,
    createdAt: row.created_at,
  }
}

function keyOf(row: KeyColumns): ApiKey {
  return {
    id: row.id as ApiKeyId,
    dialect: row.dialect,
    tenants: JSON.parse(row.tenants) as TenantId[],
    scopes: JSON.parse(row.scopes) as string[],
    role: row.role,
    name: row.name,
    hint: row.hint,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }
}
