import type { ApiKey } from '../../domain/api-key.ts'
import type { ApiKeyId, TenantId } from '../../domain/ids.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import type { WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import type { Database } from './database.ts'
import { type KeyColumns, keyOf } from '../rows.ts'
import { pageOf, seqAfter } from '../pages.ts'
import { Abort } from '../abort.ts'
import { write } from './write.ts'

const keyColumns = `k.*, (SELECT json_group_array(tenant) FROM api_key_tenants t WHERE t.api_key = k.id) AS tenants`

export function keyRole(db: Database) {
  return {
    createKey(key: ApiKey, hash: string, envelope?: WriteEnvelope): WriteResult {
      return write(db, envelope, () => {
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

    revokeKey(id: ApiKeyId, now: number, envelope?: WriteEnvelope): WriteResult {
      const revoke = 'UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL'
      return write(db, envelope, () => {
        if (db.run(revoke, now, id) === 0) throw new Abort('absent')
      })
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
