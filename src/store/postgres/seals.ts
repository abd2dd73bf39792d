import type { EndpointKey, TenantId } from '../../domain/ids.ts'
import type { SealedChange, SealedEndpoint } from '../../contracts/upkeep-store.ts'
import type { Database } from './database.ts'

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

    async replaceInstallationValue(name: string, before: string, after: string): Promise<void> {
      await db.run('UPDATE installation SET value = $1 WHERE name = $2 AND value = $3', after, name, before)
    },
  }
}

export function sealReads(db: Database) {
  return {
    async sealedEndpoints(after: EndpointKey, rowsMax: number): Promise<SealedEndpoint[]> {
      const rows = await db.all<{ key: number; tenant: string; sealed_secrets: string; sealed_headers: string }>(
        'SELECT key, tenant, sealed_secrets, sealed_headers FROM endpoints WHERE key > $1 ORDER BY key LIMIT $2',
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

    async hasOtherAnswers(mark: string): Promise<boolean> {
      const other = 'SELECT FROM idempotent_answers WHERE NOT starts_with(sealed_body, $1) LIMIT 1'
      return (await db.get(other, mark)) !== undefined
    },

    async installationValues(): Promise<{ name: string; value: string }[]> {
      return db.all<{ name: string; value: string }>('SELECT name, value FROM installation')
    },
  }
}
