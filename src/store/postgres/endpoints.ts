import { limits } from '../../domain/limits.ts'
import { type EndpointStatus, isPolling } from '../../domain/endpoint.ts'
import type { ApiKeyId, EndpointKey, TenantId } from '../../domain/ids.ts'
import { never } from '../../domain/time.ts'
import { Abort } from '../abort.ts'
import {
  type AnswerColumns,
  answerOf,
  type EndpointColumns,
  endpointOf,
  endpointStatusOf,
  type StatusColumns,
  type TenantColumns,
  tenantOf,
} from '../rows.ts'
import type {
  KeptAnswer,
  LoadedTenant,
  StoredEndpoint,
  WriteEnvelope,
  WriteResult,
} from '../../contracts/account-store.ts'
import type { NewErasure } from '../../contracts/erase-store.ts'
import { attemptColumns } from './account-lists.ts'
import type { Changes } from './changes.ts'
import type { Database, Session } from './database.ts'
import { removeEndpoint } from './endpoint-removal.ts'
import { labelOf } from './labels.ts'
import { cancelWaiting } from './upkeep.ts'
import { write } from './write.ts'

export function endpointRole(db: Database, changes: Changes) {
  return {
    async nextEndpointKey(): Promise<EndpointKey> {
      const row = await db.get<{ value: number }>(`SELECT nextval('endpoint_keys') AS value`)
      return row?.value as EndpointKey
    },

    createEndpoints(
      endpoints: readonly StoredEndpoint[],
      envelope?: WriteEnvelope,
      endpointsMax: number = Infinity,
    ): Promise<WriteResult> {
      const tenant = endpoints[0]?.tenant
      return writeTo(tenant, envelope, async (session) => {
        if ((await countOf(session, tenant)) + endpoints.length > endpointsMax) throw new Abort('full')
        for (const endpoint of endpoints) {
          if (await isDuplicate(session, endpoint)) throw new Abort('duplicate')
          await insert(session, endpoint)
        }
      })
    },

    updateEndpoint(endpoint: StoredEndpoint, version: number, envelope?: WriteEnvelope): Promise<WriteResult> {
      return writeTo(endpoint.tenant, envelope, async (session) => {
        const before = await session.get<{ enabled: boolean; updated_at: number }>(
          'SELECT enabled, updated_at FROM endpoints WHERE key = $1 AND deleted_at IS NULL FOR NO KEY UPDATE',
          endpoint.key,
        )
        if (before === undefined) throw new Abort('absent')
        if (before.updated_at !== version) throw new Abort('stale')
        if (await isDuplicate(session, endpoint)) throw new Abort('duplicate')
        if (endpoint.enabled && !before.enabled) await resetWaiting(session, endpoint)
        await session.run(
          `UPDATE endpoint_status SET paused_until = NULL, next_due_at = 0
           WHERE endpoint = $1 AND paused_until < $2`,
          endpoint.key,
          never,
        )
        await session.run(
          `UPDATE endpoints SET url = $1, event_types = $2, filters = $3, details = $4, description = $5,
             enabled = $6, disabled_reason = $7, sealed_headers = $8, sealed_secrets = $9, unique_key = $10,
             updated_at = $11
           WHERE key = $12`,
          endpoint.url,
          JSON.stringify(endpoint.eventTypes),
          JSON.stringify(endpoint.filters),
          JSON.stringify(endpoint.details),
          endpoint.description,
          endpoint.enabled,
          endpoint.disabledReason,
          endpoint.sealedHeaders,
          endpoint.sealedSecrets,
          endpoint.uniqueKey,
          endpoint.updatedAt,
          endpoint.key,
        )
        if (!endpoint.enabled) {
          await session.run('UPDATE endpoint_status SET sweep = true WHERE endpoint = $1', endpoint.key)
        }
      })
    },

    deleteEndpoint(
      tenant: TenantId,
      key: EndpointKey,
      now: number,
      envelope?: WriteEnvelope,
      erasure: NewErasure | null = null,
    ): Promise<WriteResult> {
      return writeTo(tenant, envelope, async (session) => {
        if (!(await removeEndpoint(session, { tenant, key }, now, erasure))) throw new Abort('absent')
      })
    },
  }

  async function countOf(session: Session, tenant: TenantId | undefined): Promise<number> {
    const count = `SELECT count(*) AS count FROM endpoints WHERE tenant = ${labelOf('$1')} AND deleted_at IS NULL`
    return (await session.get<{ count: number }>(count, tenant ?? ''))?.count ?? 0
  }

  async function insert(session: Session, endpoint: StoredEndpoint): Promise<void> {
    await session.run(
      `INSERT INTO endpoints (key, tenant, id, url, event_types, filters, details, description, enabled, disabled_reason,
         sealed_headers, sealed_secrets, unique_key, created_at, updated_at)
       VALUES ($1, ${labelOf('$2')}, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      endpoint.key,
      endpoint.tenant,
      endpoint.id,
      endpoint.url,
      JSON.stringify(endpoint.eventTypes),
      JSON.stringify(endpoint.filters),
      JSON.stringify(endpoint.details),
      endpoint.description,
      endpoint.enabled,
      endpoint.disabledReason,
      endpoint.sealedHeaders,
      endpoint.sealedSecrets,
      endpoint.uniqueKey,
      endpoint.createdAt,
      endpoint.updatedAt,
    )
    const pausedUntil = isPolling(endpoint) ? never : null
    await session.run('INSERT INTO endpoint_status (endpoint, paused_until) VALUES ($1, $2)', endpoint.key, pausedUntil)
  }

  /** Checked first for a clear result. The unique index enforces it. */
  async function isDuplicate(session: Session, { tenant, key, uniqueKey }: StoredEndpoint): Promise<boolean> {
    const other = `SELECT FROM endpoints
      WHERE tenant = ${labelOf('$1')} AND unique_key = $2 AND deleted_at IS NULL AND key <> $3`
    return uniqueKey !== null && (await session.get(other, tenant, uniqueKey, key)) !== undefined
  }

  async function resetWaiting(session: Session, { key, updatedAt }: StoredEndpoint): Promise<void> {
    // Locked, so that no delivery starts to wait between the steps.
    await session.run('SELECT FROM endpoint_status WHERE endpoint = $1 FOR NO KEY UPDATE', key)
    while ((await cancelWaiting(session, key, updatedAt, limits.bulkStepRows)) === limits.bulkStepRows);
    await session.run(
      'UPDATE endpoint_status SET health = NULL, failing_told_at = NULL, sweep = false WHERE endpoint = $1',
      key,
    )
  }

  /**
   * Runs the change with the tenant locked, so that the endpoints of the tenant do not change between its reads and
   * writes.
   */
  function writeTo(
    tenant: TenantId | undefined,
    envelope: WriteEnvelope | undefined,
    action: (session: Session) => Promise<void>,
  ): Promise<WriteResult> {
    return write(changes, envelope, async (change) => {
      if (tenant !== undefined && !(await change.tenantChanged(tenant))) throw new Abort('absent')
      await action(change.session)
    })
  }
}

/** A tenant without endpoints has one row, with nulls for the endpoint. */
type LoadedColumns = Omit<TenantColumns, 'id' | 'created_at' | 'sealed_secrets'> & {
  version: number
  tenant_created_at: number
  tenant_secrets: string | null
} & ((EndpointColumns & { health: string | null; paused_until: number | null }) | { key: null })

export function endpointReads(db: Database) {
  return {
    /** Reads all in one statement, so that the endpoints belong to the version. */
    async loadTenant(id: TenantId): Promise<LoadedTenant | null> {
      const rows = await db.all<LoadedColumns>(
        `SELECT t.dialect, t.name, t.settings, t.created_at AS tenant_created_at, t.version,
           t.retain_seconds, t.retain_data_seconds, t.sealed_secrets AS tenant_secrets, p.key, p.tenant, p.id, p.url,
           p.event_types, p.filters, p.details, p.description, p.enabled, p.disabled_reason, p.sealed_headers,
           p.sealed_secrets, p.unique_key, p.created_at, p.updated_at,
           s.health, s.paused_until
         FROM tenants t
           LEFT JOIN LATERAL (SELECT * FROM endpoints WHERE tenant = t.label AND deleted_at IS NULL OFFSET 0) p ON true
           LEFT JOIN LATERAL (SELECT * FROM endpoint_status WHERE endpoint = p.key OFFSET 0) s ON true
         WHERE t.id = $1 ORDER BY p.key DESC`,
        id,
      )
      const [row] = rows
      if (row === undefined) return null
      return {
        tenant: tenantOf({ ...row, id, created_at: row.tenant_created_at }),
        sealedSecrets: row.tenant_secrets,
        version: row.version,
        endpoints: rows.flatMap((each) =>
          each.key === null ? [] : [{ ...endpointOf(each), health: each.health, pausedUntil: each.paused_until }],
        ),
      }
    },

    async endpointStatus(key: EndpointKey): Promise<EndpointStatus> {
      const row = await db.get<StatusColumns>(
        `SELECT ${attemptColumns}, s.health
         FROM endpoint_status s LEFT JOIN endpoint_attempts a ON a.endpoint = s.endpoint
         WHERE s.endpoint = $1 GROUP BY s.endpoint`,
        key,
      )
      return endpointStatusOf(row)
    },

    async findAnswer(apiKey: ApiKeyId, idempotencyKey: string, now: number): Promise<KeptAnswer | null> {
      const row = await db.get<AnswerColumns>(
        `SELECT route, status, sealed_body, sealed_digest, expires_at FROM idempotent_answers
         WHERE api_key = $1 AND idempotency_key = $2 AND expires_at > $3`,
        apiKey,
        idempotencyKey,
        now,
      )
      return row === undefined ? null : answerOf(row, apiKey, idempotencyKey)
    },
  }
}
