import type { ApiKeyId, OperatorKeyId, TenantId } from '../../domain/ids.ts'
import { type KeyColumns, keyOf, type OperatorKeyColumns, operatorKeyOf } from '../key-rows.ts'
import { pageOf, seqAfter } from '../pages.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import type { StoredKey, StoredOperatorKey, WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import type { Changes } from './changes.ts'
import type { Database } from './database.ts'
import { Abort } from '../abort.ts'
import { write } from './write.ts'

export const keyColumns = `k.seq, k.id, k.hash, k.dialect, k.scopes, k.role, k.name, k.hint, k.created_at, k.revoked_at, k.seal,
  (SELECT coalesce(json_object_agg(tenant, t.seal), '{}')::text FROM api_key_tenants t WHERE t.api_key = k.id) AS grants`
const operatorKeyColumns = 'id, hash, name, role, hint, created_at, expires_at, seal'

export function keyRole(changes: Changes) {
  return {
    createKey(key: StoredKey, envelope?: WriteEnvelope): Promise<WriteResult> {
      return write(changes, envelope, async ({ session }) => {
        // Locked, so that no tenant is deleted before the key is stored.
        const tenants = await session.run(
          'SELECT FROM tenants WHERE id = ANY($1::text[]) ORDER BY id FOR KEY SHARE',
          key.grants.map(({ tenant }) => tenant),
        )
        if (tenants < key.grants.length) throw new Abort('absent')
        await session.run(
          `INSERT INTO api_keys (id, hash, dialect, scopes, role, name, hint, created_at, seal)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
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
        await session.run(
          `INSERT INTO api_key_tenants (tenant, api_key, seal)
           SELECT tenant, $2, seal FROM unnest($1::text[], $3::text[]) AS g (tenant, seal)`,
          key.grants.map(({ tenant }) => tenant),
          key.id,
          key.grants.map(({ seal }) => seal),
        )
      })
    },

    revokeKey(id: ApiKeyId, now: number, envelope?: WriteEnvelope): Promise<WriteResult> {
      const revoke = `UPDATE api_keys SET revoked_at = $1, seal = '' WHERE id = $2 AND revoked_at IS NULL`
      return write(changes, envelope, async (change) => {
        if ((await change.session.run(revoke, now, id)) === 0) throw new Abort('absent')
        await change.keysChanged()
      })
    },

    createOperatorKey(key: StoredOperatorKey, envelope?: WriteEnvelope): Promise<WriteResult> {
      const { id, hash, name, role, hint, createdAt, expiresAt, seal } = key
      const insert = `INSERT INTO operator_keys (${operatorKeyColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
      return write(changes, envelope, async ({ session }) => {
        await session.run(insert, id, hash, name, role, hint, createdAt, expiresAt, seal)
      })
    },

    updateOperatorKey(key: StoredOperatorKey, before: string, envelope?: WriteEnvelope): Promise<WriteResult> {
      const update = 'UPDATE operator_keys SET name = $1, expires_at = $2, seal = $3 WHERE id = $4 AND seal = $5'
      return write(changes, envelope, async (change) => {
        const updated = await change.session.run(update, key.name, key.expiresAt, key.seal, key.id, before)
        if (updated === 0) throw new Abort('stale')
        await change.keysChanged()
      })
    },

    deleteOperatorKey(id: OperatorKeyId, envelope?: WriteEnvelope): Promise<WriteResult> {
      return write(changes, envelope, async (change) => {
        if ((await change.session.run('DELETE FROM operator_keys WHERE id = $1', id)) === 0) throw new Abort('absent')
        await change.keysChanged()
      })
    },
  }
}

export function keyReads(db: Database) {
  return {
    async findKeyByHash(hash: string): Promise<StoredKey | null> {
      const row = await db.get<KeyColumns>(`SELECT ${keyColumns} FROM api_keys k WHERE hash = $1`, hash)
      return row === undefined ? null : keyOf(row)
    },

    async findKey(id: ApiKeyId): Promise<StoredKey | null> {
      const row = await db.get<KeyColumns>(`SELECT ${keyColumns} FROM api_keys k WHERE id = $1`, id)
      return row === undefined ? null : keyOf(row)
    },

    async findOperatorKeyByHash(hash: string): Promise<StoredOperatorKey | null> {
      const select = `SELECT ${operatorKeyColumns} FROM operator_keys WHERE hash = $1`
      const row = await db.get<OperatorKeyColumns>(select, hash)
      return row === undefined ? null : operatorKeyOf(row)
    },

    async listOperatorKeys(): Promise<StoredOperatorKey[]> {
      const select = `SELECT ${operatorKeyColumns} FROM operator_keys ORDER BY created_at DESC, id`
      return (await db.all<OperatorKeyColumns>(select)).map(operatorKeyOf)
    },

    async listKeys(page: PageRequest, tenant: TenantId | null): Promise<Page<StoredKey>> {
      const theirs = 'AND EXISTS (SELECT FROM api_key_tenants t WHERE t.tenant = $3 AND t.api_key = k.id)'
      const rows = await db.all<KeyColumns>(
        `SELECT ${keyColumns} FROM api_keys k WHERE seq < $1 ${tenant === null ? '' : theirs} ORDER BY seq DESC LIMIT $2`,
        seqAfter(page),
        page.limit + 1,
        ...(tenant === null ? [] : [tenant]),
      )
      return pageOf(rows, page.limit, keyOf, (row) => String(row.seq))
    },
  }
}
