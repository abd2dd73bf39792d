import type { ApiKeyId, EndpointKey, TenantId } from '../../domain/ids.ts'
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

export function sealRole(db: Database) {
  return {
    resealEndpoints(changes: readonly SealedChange[]): void {
      db.overwriting(() => {
        for (const { before, after } of changes) {
          db.run(
            `UPDATE endpoints SET sealed_secrets = ?, sealed_headers = ?
             WHERE key = ? AND sealed_secrets = ? AND sealed_headers = ?`,
            after.sealedSecrets,
            after.sealedHeaders,
            before.key,
            before.sealedSecrets,
            before.sealedHeaders,
          )
        }
      })
    },

    resealTenants(changes: readonly TenantSealChange[]): void {
      db.overwriting(() => {
        for (const { before, after } of changes) {
          db.run(
            'UPDATE tenants SET sealed_secrets = ? WHERE id = ? AND sealed_secrets = ?',
            after.sealedSecrets,
            before.id,
            before.sealedSecrets,
          )
        }
      })
    },

    resealKeys(changes: readonly KeySealChange[]): void {
      const reseal = 'UPDATE api_keys SET seal = ? WHERE id = ? AND seal = ?'
      const resealGrant = 'UPDATE api_key_tenants SET seal = ? WHERE tenant = ? AND api_key = ? AND seal = ?'
      db.transaction(() => {
        for (const { before, after } of changes) {
          db.run(reseal, after.seal, before.id, before.seal)
          for (const [index, { tenant, seal }] of before.grants.entries()) {
            db.run(resealGrant, after.grants[index]?.seal ?? seal, tenant, before.id, seal)
          }
        }
      })
    },

    replaceInstallationValue(name: string, before: string, after: string): void {
      db.transaction(() =>
        db.run('UPDATE installation SET value = ? WHERE name = ? AND value = ?', after, name, before),
      )
    },
  }
}

export function sealReads(db: Database) {
  return {
    sealedEndpoints(after: EndpointKey, rowsMax: number): SealedEndpoint[] {
      return db
        .all<EndpointColumns & { dialect: string }>(
          `SELECT ${sealedColumns} FROM endpoints e JOIN tenants t ON t.label = e.tenant
           WHERE e.key > ? AND e.deleted_at IS NULL ORDER BY e.key LIMIT ?`,
          after,
          rowsMax,
        )
        .map(sealedOf)
    },

    sealedTenants(after: TenantId, rowsMax: number): SealedTenant[] {
      const select = `SELECT id, dialect, created_at, sealed_secrets FROM tenants
        WHERE id > ? AND sealed_secrets IS NOT NULL ORDER BY id LIMIT ?`
      return db.all<SealedTenantColumns>(select, after, rowsMax).map(sealedTenantOf)
    },

    sealedKeys(after: ApiKeyId, rowsMax: number): StoredKey[] {
      const select = `SELECT ${keyColumns} FROM api_keys k WHERE id > ? AND revoked_at IS NULL ORDER BY id LIMIT ?`
      return db.all<KeyColumns>(select, after, rowsMax).map(keyOf)
    },

    hasSealedRows(mark: string): boolean {
      const found = db.get(
        `SELECT 1 WHERE EXISTS (SELECT 1 FROM endpoints WHERE substr(sealed_secrets, 1, ?1) = ?2)
           OR EXISTS (SELECT 1 FROM api_keys WHERE seal <> '')
           OR EXISTS (SELECT 1 FROM api_key_tenants WHERE seal <> '')
           OR EXISTS (SELECT 1 FROM operator_keys)
           OR EXISTS (SELECT 1 FROM tenants WHERE sealed_secrets IS NOT NULL)`,
        mark.length,
        mark,
      )
      return found !== undefined
    },

    /** There are no other nodes. */
    livingNodes(): number {
      return 0
    },

    hasOtherAnswers(mark: string): boolean {
      const other = 'SELECT 1 FROM idempotent_answers WHERE substr(sealed_body, 1, ?) <> ? LIMIT 1'
      return db.get(other, mark.length, mark) !== undefined
    },

    installationValues(): { name: string; value: string }[] {
      const rows = db.all<{ name: string; value: string }>('SELECT name, value FROM installation')
      return rows.map(({ name, value }) => ({ name, value }))
    },
  }
}
