import { limits } from '../../domain/limits.ts'
import { type EndpointStatus, isPolling } from '../../domain/endpoint.ts'
import type { ApiKeyId, EndpointKey, TenantId } from '../../domain/ids.ts'
import { never } from '../../domain/time.ts'
import type {
  KeptAnswer,
  LoadedTenant,
  StoredEndpoint,
  WriteEnvelope,
  WriteResult,
} from '../../contracts/account-store.ts'
import type { NewErasure } from '../../contracts/erase-store.ts'
import type { Database } from './database.ts'
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
import { removeEndpoint } from './endpoint-removal.ts'
import { labelOf } from './labels.ts'
import { cancelWaiting } from './upkeep.ts'
import { nextVersion } from './versions.ts'
import { write } from './write.ts'

export function endpointRole(db: Database) {
  return {
    nextEndpointKey(): EndpointKey {
      const take = `UPDATE sequences SET value = value + 1 WHERE name = 'endpoint' RETURNING value`
      return db.transaction(() => db.get<{ value: number }>(take)?.value as EndpointKey)
    },

    createEndpoints(
      endpoints: readonly StoredEndpoint[],
      envelope?: WriteEnvelope,
      endpointsMax: number = Infinity,
    ): WriteResult {
      return write(db, envelope, () => {
        if (countOf(endpoints[0]?.tenant) + endpoints.length > endpointsMax) throw new Abort('full')
        for (const endpoint of endpoints) {
          if (!nextVersion(db, endpoint.tenant)) throw new Abort('absent')
          if (isDuplicate(endpoint)) throw new Abort('duplicate')
          insert(endpoint)
        }
      })
    },

    updateEndpoint(endpoint: StoredEndpoint, version: number, envelope?: WriteEnvelope): WriteResult {
      return write(db, envelope, () => {
        const before = db.get<{ enabled: number; updated_at: number }>(
          'SELECT enabled, updated_at FROM endpoints WHERE key = ? AND deleted_at IS NULL',
          endpoint.key,
        )
        if (before === undefined) throw new Abort('absent')
        if (before.updated_at !== version) throw new Abort('stale')
        if (isDuplicate(endpoint)) throw new Abort('duplicate')
        nextVersion(db, endpoint.tenant)
        if (endpoint.enabled && before.enabled === 0) {
          while (cancelWaiting(db, endpoint.key, endpoint.updatedAt, limits.bulkStepRows) === limits.bulkStepRows);
          db.run(
            'UPDATE endpoint_status SET health = NULL, failing_told_at = NULL, sweep = 0 WHERE endpoint = ?',
            endpoint.key,
          )
        }
        db.run(
          'UPDATE endpoint_status SET paused_until = NULL, next_due_at = 0 WHERE endpoint = ? AND paused_until < ?',
          endpoint.key,
          never,
        )
        db.run(
          `UPDATE endpoints SET url = ?, event_types = ?, filters = ?, details = ?, description = ?, enabled = ?,
             disabled_reason = ?, sealed_headers = ?, sealed_secrets = ?, unique_key = ?, updated_at = ? WHERE key = ?`,
          endpoint.url,
          JSON.stringify(endpoint.eventTypes),
          JSON.stringify(endpoint.filters),
          JSON.stringify(endpoint.details),
          endpoint.description,
          endpoint.enabled ? 1 : 0,
          endpoint.disabledReason,
          endpoint.sealedHeaders,
          endpoint.sealedSecrets,
          endpoint.uniqueKey,
          endpoint.updatedAt,
          endpoint.key,
        )
        if (!endpoint.enabled) db.run('UPDATE endpoint_status SET sweep = 1 WHERE endpoint = ?', endpoint.key)
      })
    },

    deleteEndpoint(
      tenant: TenantId,
      key: EndpointKey,
      now: number,
      envelope?: WriteEnvelope,
      erasure: NewErasure | null = null,
    ): WriteResult {
      return write(db, envelope, () => {
        if (!removeEndpoint(db, { tenant, key }, now, erasure)) throw new Abort('absent')
      })
    },
  }

  function countOf(tenant: TenantId | undefined): number {
    const count = `SELECT count(*) AS count FROM endpoints WHERE tenant = ${labelOf('?')} AND deleted_at IS NULL`
    return db.get<{ count: number }>(count, tenant ?? '')?.count ?? 0
  }

  function insert(endpoint: StoredEndpoint): void {
    db.run(
      `INSERT INTO endpoints (key, tenant, id, url, event_types, filters, details, description, enabled, disabled_reason,
         sealed_headers, sealed_secrets, unique_key, created_at, updated_at)
       VALUES (?, ${labelOf('?')}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      endpoint.key,
      endpoint.tenant,
      endpoint.id,
      endpoint.url,
      JSON.stringify(endpoint.eventTypes),
      JSON.stringify(endpoint.filters),
      JSON.stringify(endpoint.details),
      endpoint.description,
      endpoint.enabled ? 1 : 0,
      endpoint.disabledReason,
      endpoint.sealedHeaders,
      endpoint.sealedSecrets,
      endpoint.uniqueKey,
      endpoint.createdAt,
      endpoint.updatedAt,
    )
    const pausedUntil = isPolling(endpoint) ? never : null
    db.run('INSERT INTO endpoint_status (endpoint, paused_until) VALUES (?, ?)', endpoint.key, pausedUntil)
  }

  /** Checked first for a clear result. The unique index enforces it. */
  function isDuplicate({ tenant, key, uniqueKey }: StoredEndpoint): boolean {
    const other = `SELECT 1 FROM endpoints
      WHERE tenant = ${labelOf('?')} AND unique_key = ? AND deleted_at IS NULL AND key <> ?`
    return uniqueKey !== null && db.get(other, tenant, uniqueKey, key) !== undefined
  }
}

export function endpointReads(db: Database) {
  return {
    loadTenant(id: TenantId): LoadedTenant | null {
      return db.snapshot(() => load(id))
    },

    endpointStatus(key: EndpointKey): EndpointStatus {
      return endpointStatusOf(db.get<StatusColumns>('SELECT * FROM endpoint_status WHERE endpoint = ?', key))
    },

    findAnswer(apiKey: ApiKeyId, idempotencyKey: string, now: number): KeptAnswer | null {
      const row = db.get<AnswerColumns>(
        'SELECT * FROM idempotent_answers WHERE api_key = ? AND idempotency_key = ? AND expires_at > ?',
        apiKey,
        idempotencyKey,
        now,
      )
      return row === undefined ? null : answerOf(row, apiKey, idempotencyKey)
    },
  }

  function load(id: TenantId): LoadedTenant | null {
    const tenant = db.get<TenantColumns>('SELECT * FROM tenants WHERE id = ?', id)
    if (tenant === undefined) return null
    const rows = db.all<EndpointColumns & { health: string | null; paused_until: number | null }>(
      `SELECT e.*, s.health, s.paused_until FROM endpoints e JOIN endpoint_status s ON s.endpoint = e.key
       WHERE e.tenant = ? AND e.deleted_at IS NULL ORDER BY e.key DESC`,
      tenant.label,
    )
    const endpoints = rows.map((row) => ({ ...endpointOf(row), health: row.health, pausedUntil: row.paused_until }))
    return { tenant: tenantOf(tenant), sealedSecrets: tenant.sealed_secrets, version: tenant.version, endpoints }
  }
}
