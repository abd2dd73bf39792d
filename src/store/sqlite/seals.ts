import type { EndpointKey, TenantId } from '../../domain/ids.ts'
import type { SealedChange, SealedEndpoint } from '../../contracts/upkeep-store.ts'
import type { Database } from './database.ts'

export function sealRole(db: Database) {
  return {
    resealEndpoints(changes: readonly SealedChange[]): void {
      db.transaction(() => {
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
      const rows = db.all<{ key: number; tenant: string; sealed_secrets: string; sealed_headers: string }>(
        'SELECT key, tenant, sealed_secrets, sealed_headers FROM endpoints WHERE key > ? ORDER BY key LIMIT ?',
        after,
        rowsMax,
      )
      return rows.map((row) => ({
        key: row.key as EndpointKey,
        tenant: row.tenant as TenantId,
        sealedSecrets: row.sealed_secrets,
        sealedHeaders: row.sealed_headers,
      }))
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
