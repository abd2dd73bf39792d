import type { ApiKeyId, EndpointKey, TenantId } from '../../domain/ids.ts'
import { limits } from '../../domain/limits.ts'
import type { StoredKey } from '../../contracts/account-store.ts'
import type {
  KeySealChange,
  SealedChange,
  SealedEndpoint,
  SealedTenant,
  TenantSealChange,
} from '../../contracts/upkeep-store.ts'
import { type KeyColumns, keyOf } from '../key-rows.ts'
import { type EndpointColumns, sealedColumns, sealedOf, type SealedTenantColumns, sealedTenantOf } from '../rows.ts'
import type { Database } from './database.ts'
import { keyColumns } from './keys.ts'

/** The version of the tenant stays the same and no node is notified: the unsealed values do not change. */
export function sealRole(db: Database) {
  return {
    async resealEndpoints(changes: readonly SealedChange[]): Promise<void> {
      // In a transaction, which runs again after a deadlock with a transaction that locks the rows in another order.
      await db.transaction((session) =>
        session.run(
          `UPDATE endpoints p SET sealed_secrets = c.new_secrets, sealed_headers = c.new_headers
           FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
             AS c (key, old_secrets, old_headers, new_secrets, new_headers)
           WHERE p.key = c.key AND p.key = ANY($1::bigint[]) AND p.sealed_secrets = c.old_secrets AND p.sealed_headers = c.old_headers`,
          changes.map(({ before }) => before.key),
          changes.map(({ before }) => before.sealedSecrets),
          changes.map(({ before }) => before.sealedHeaders),
          changes.map(({ after }) => after.sealedSecrets),
          changes.map(({ after }) => after.sealedHeaders),
        ),
      )
    },

    async resealTenants(changes: readonly TenantSealChange[]): Promise<void> {
      await db.transaction((session) =>
        session.run(
          `UPDATE tenants t SET sealed_secrets = c.new_secrets
           FROM unnest($1::text[], $2::text[], $3::text[]) AS c (id, old_secrets, new_secrets)
           WHERE t.id = c.id AND t.id = ANY($1::text[]) AND t.sealed_secrets = c.old_secrets`,
          changes.map(({ before }) => before.id),
          changes.map(({ before }) => before.sealedSecrets),
          changes.map(({ after }) => after.sealedSecrets),
        ),
      )
    },

    async resealKeys(changes: readonly KeySealChange[]): Promise<void> {
      const grants = changes.flatMap(({ before, after }) =>
        before.grants.map(({ tenant, seal }, index) => ({
          id: before.id,
          tenant,
          seal,
          to: after.grants[index]?.seal,
        })),
      )
      await db.transaction(async (session) => {
        await session.run(
          `UPDATE api_keys k SET seal = c.new_seal FROM unnest($1::text[], $2::text[], $3::text[]) AS c (id, seal, new_seal)
           WHERE k.id = c.id AND k.id = ANY($1::text[]) AND k.seal = c.seal`,
          changes.map(({ before }) => before.id),
          changes.map(({ before }) => before.seal),
          changes.map(({ after }) => after.seal),
        )
        await session.run(
          `UPDATE api_key_tenants t SET seal = c.new_seal
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS c (id, tenant, seal, new_seal)
           WHERE t.api_key = c.id AND t.api_key = ANY($1::text[]) AND t.tenant = c.tenant AND t.seal = c.seal`,
          grants.map(({ id }) => id),
          grants.map(({ tenant }) => tenant),
          grants.map(({ seal }) => seal),
          grants.map(({ seal, to }) => to ?? seal),
        )
      })
    },

    async replaceInstallationValue(name: string, before: string, after: string): Promise<void> {
      await db.run('UPDATE installation SET value = $1 WHERE name = $2 AND value = $3', after, name, before)
    },
  }
}

export function sealReads(db: Database) {
  return {
    async sealedEndpoints(after: EndpointKey, rowsMax: number): Promise<SealedEndpoint[]> {
      const rows = await db.all<EndpointColumns & { dialect: string }>(
        `SELECT ${sealedColumns}
         FROM (SELECT * FROM endpoints WHERE key > $1 AND deleted_at IS NULL ORDER BY key LIMIT $2) e
           LEFT JOIN LATERAL (SELECT dialect FROM tenants WHERE label = e.tenant OFFSET 0) t ON true
         ORDER BY e.key`,
        after,
        rowsMax,
      )
      return rows.map(sealedOf)
    },

    async sealedTenants(after: TenantId, rowsMax: number): Promise<SealedTenant[]> {
      const select = `SELECT id, dialect, created_at, sealed_secrets FROM tenants
        WHERE id > $1 AND sealed_secrets IS NOT NULL ORDER BY id LIMIT $2`
      return (await db.all<SealedTenantColumns>(select, after, rowsMax)).map(sealedTenantOf)
    },

    async sealedKeys(after: ApiKeyId, rowsMax: number): Promise<StoredKey[]> {
      const select = `SELECT ${keyColumns} FROM api_keys k WHERE id > $1 AND revoked_at IS NULL ORDER BY id LIMIT $2`
      return (await db.all<KeyColumns>(select, after, rowsMax)).map(keyOf)
    },

    async hasSealedRows(mark: string): Promise<boolean> {
      const found = await db.get(
        `SELECT WHERE EXISTS (SELECT FROM endpoints WHERE starts_with(sealed_secrets, $1))
           OR EXISTS (SELECT FROM api_keys WHERE seal <> '')
           OR EXISTS (SELECT FROM api_key_tenants WHERE seal <> '')
           OR EXISTS (SELECT FROM operator_keys)
           OR EXISTS (SELECT FROM tenants WHERE sealed_secrets IS NOT NULL)`,
        mark,
      )
      return found !== undefined
    },

    async livingNodes(): Promise<number> {
      const row = await db.get<{ nodes: number }>(
        `SELECT count(*)::int AS nodes FROM nodes
         WHERE dead_at IS NULL AND heartbeat_at > clock_timestamp() - $1 * interval '1 millisecond'`,
        limits.deadAfterMs,
      )
      return row?.nodes ?? 0
    },

    async hasOtherAnswers(mark: string): Promise<boolean> {
      const other = 'SELECT FROM idempotent_answers WHERE NOT starts_with(sealed_body, $1) LIMIT 1'
      return (await db.get(other, mark)) !== undefined
    },

    async installationValues(): Promise<{ name: string; value: string }[]> {
      return db.all<{ name: string; value: string }>('SELECT name, value FROM installation')
    },
  }
}
