import type { ApiKey } from '../../domain/api-key.ts'
import type { ApiKeyId, TenantId } from '../../domain/ids.ts'
import { type KeyColumns, keyOf } from '../rows.ts'
import { pageOf, seqAfter } from '../pages.ts'
import type { Page, PageRequest } from '../../contracts/page.ts'
import type { WriteEnvelope, WriteResult } from '../../contracts/account-store.ts'
import type { Changes } from './changes.ts'
import type { Database } from './database.ts'
import { Abort } from '../abort.ts'
import { write } from './write.ts'

const keyColumns = `k.seq, k.id, k.dialect, k.scopes, k.role, k.name, k.hint, k.created_at, k.revoked_at,
  ARRAY(SELECT tenant FROM api_key_tenants t WHERE t.api_key = k.id) AS tenants`

export function keyRole(changes: Changes) {
  return {
    createKey(key: ApiKey, hash: string, envelope?: WriteEnvelope): Promise<WriteResult> {
      return write(changes, envelope, async ({ session }) => {
        await session.run(
          `INSERT INTO api_keys (id, hash, dialect, scopes, role, name, hint, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          key.id,
          hash,
          key.dialect,
          JSON.stringify(key.scopes),
          key.role,
          key.name,
          key.hint,
          key.createdAt,
        )
        const insert =
          'INSERT INTO api_key_tenants (tenant, api_key) SELECT tenant, $2 FROM unnest($1::text[]) AS tenant'
        await session.run(insert, key.tenants, key.id)
      })
    },

    revokeKey(id: ApiKeyId, now: number, envelope?: WriteEnvelope): Promise<WriteResult> {
      const revoke = 'UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL'
      return write(changes, envelope, async (change) => {
        if ((await change.session.run(revoke, now, id)) === 0) throw new Abort('absent')
        await change.keysChanged()
      })
    },
  }
}

export function keyReads(db: Database) {
  return {
    async findKeyByHash(hash: string): Promise<ApiKey | null> {
      const row = await db.get<KeyColumns>(`SELECT ${keyColumns} FROM api_keys k WHERE hash = $1`, hash)
      return row === undefined ? null : keyOf(row)
    },

    async listKeys(page: PageRequest, tenant: TenantId | null): Promise<Page<ApiKey>> {
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
