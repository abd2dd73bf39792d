import type { ApiKeyId, OperatorKeyId, TenantId } from '../../domain/ids.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import type { StoredKey, StoredOperatorKey, WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import type { Database } from './database.ts'
import { type KeyColumns, keyOf, type OperatorKeyColumns, operatorKeyOf } from '../key-rows.ts'
import { pageOf, seqAfter } from '../pages.ts'
import { Abort } from '../abort.ts'
import { write } from './write.ts'

export const keyColumns = `k.*,
  (SELECT json_group_object(tenant, t.seal) FROM api_key_tenants t WHERE t.api_key = k.id) AS grants`

export function keyRole(db: Database) {
  return {
    createKey(key: StoredKey, envelope?: WriteEnvelope): WriteResult {
      return write(db, envelope, () => {
        const stored = 'SELECT 1 FROM tenants WHERE id = ?'
        if (key.grants.some((grant) => db.get(stored, grant.tenant) === undefined)) throw new Abort('absent')
        db.run(
          `INSERT INTO api_keys (id, hash, dialect, scopes, role, name, hint, created_at, seal)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          key.id,
          key.hash,
          key.dialect,
          JSON.stringify(key.scopes),
          key.role,
          key.name,
          key.hint,
          key.createdAt,
          key.seal,
        )
        const grant = 'INSERT INTO api_key_tenants (tenant, api_key, seal) VALUES (?, ?, ?)'
        for (const { tenant, seal } of key.grants) db.run(grant, tenant, key.id, seal)
      })
    },

    revokeKey(id: ApiKeyId, now: number, envelope?: WriteEnvelope): WriteResult {
      const revoke = `UPDATE api_keys SET revoked_at = ?, seal = '' WHERE id = ? AND revoked_at IS NULL`
      return write(db, envelope, () => {
        if (db.run(revoke, now, id) === 0) throw new Abort('absent')
      })
    },

    createOperatorKey(key: StoredOperatorKey, envelope?: WriteEnvelope): WriteResult {
      const { id, hash, name, role, hint, createdAt, expiresAt, seal } = key
      const insert = `INSERT INTO operator_keys (id, hash, name, role, hint, created_at, expires_at, seal)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
      return write(db, envelope, () => void db.run(insert, id, hash, name, role, hint, createdAt, expiresAt, seal))
    },

    updateOperatorKey(key: StoredOperatorKey, before: string, envelope?: WriteEnvelope): WriteResult {
      const update = 'UPDATE operator_keys SET name = ?, expires_at = ?, seal = ? WHERE id = ? AND seal = ?'
      return write(db, envelope, () => {
        if (db.run(update, key.name, key.expiresAt, key.seal, key.id, before) === 0) throw new Abort('stale')
      })
    },

    deleteOperatorKey(id: OperatorKeyId, envelope?: WriteEnvelope): WriteResult {
      return write(db, envelope, () => {
        if (db.run('DELETE FROM operator_keys WHERE id = ?', id) === 0) throw new Abort('absent')
      })
    },
  }
}

export function keyReads(db: Database) {
  return {
    findKeyByHash(hash: string): StoredKey | null {
      const row = db.get<KeyColumns>(`SELECT ${keyColumns} FROM api_keys k WHERE hash = ?`, hash)
      return row === undefined ? null : keyOf(row)
    },

    findKey(id: ApiKeyId): StoredKey | null {
      const row = db.get<KeyColumns>(`SELECT ${keyColumns} FROM api_keys k WHERE id = ?`, id)
      return row === undefined ? null : keyOf(row)
    },

    findOperatorKeyByHash(hash: string): StoredOperatorKey | null {
      const row = db.get<OperatorKeyColumns>('SELECT * FROM operator_keys WHERE hash = ?', hash)
      return row === undefined ? null : operatorKeyOf(row)
    },

    listOperatorKeys(): StoredOperatorKey[] {
      return db.all<OperatorKeyColumns>('SELECT * FROM operator_keys ORDER BY created_at DESC, id').map(operatorKeyOf)
    },

    listKeys(page: PageRequest, tenant: TenantId | null): Page<StoredKey> {
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
