// Converts database rows to the objects of the domain, and back.

import type { Attempt, Exchange, Outcome, Phases } from '../domain/attempt.ts'
import type { DeliveryStatus, EndReason } from '../domain/delivery.ts'
import type { Details, DisabledReason, EndpointStatus } from '../domain/endpoint.ts'
import type { Erased, Erasure } from '../domain/erasure.ts'
import type { Event } from '../domain/event.ts'
import {
  type ApiKeyId,
  type DeliveryId,
  type EndpointId,
  type EndpointKey,
  type ErasureId,
  type EventId,
  type TenantId,
  uuidV7Time,
} from '../domain/ids.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { DeliveryRow } from '../contracts/history-store.ts'
import type { KeptAnswer, StoredEndpoint } from '../contracts/account-store.ts'
import type { SealedEndpoint, SealedTenant } from '../contracts/upkeep-store.ts'

export const statusCode: Record<DeliveryStatus, number> = { pending: 0, delivered: 1, failed: 2, cancelled: 3 }
const statusOfCode: readonly DeliveryStatus[] = ['pending', 'delivered', 'failed', 'cancelled']

/** Begins the suffix of a label. No id of a tenant has this character. */
export const labelMark = '#'

/** The id of the tenant whose label is in a row. */
export function tenantIdOf(label: string): TenantId {
  const [id] = label.split(labelMark)
  return id as TenantId
}

export const eventColumns =
  'e.tenant, e.id, e.type, e.data, e.attributes, e.occurred_at, e.accepted_at, e.erase_at, e.erased_at'

export interface EventColumns {
  tenant: string
  id: string
  type: string
  data: string
  attributes: string | null
  occurred_at: number
  accepted_at: number
  erase_at: number | null
  erased_at: number | null
}

export function eventOf(row: EventColumns): Event {
  const attributes = row.attributes === null ? null : parsed<Record<string, string>>(row.attributes)
  return {
    tenant: tenantIdOf(row.tenant),
    id: row.id as EventId,
    type: row.type,
    data: row.data,
    attributes: attributes ?? null,
    occurredAt: row.occurred_at,
    acceptedAt: row.accepted_at,
    ...(row.erase_at !== null && { eraseAt: row.erase_at }),
    ...(row.erased_at !== null && { erasedAt: row.erased_at }),
    ...(attributes === undefined && { unreadable: true as const }),
  }
}

/** Parses JSON that this program wrote. Undefined: it is damaged. One damaged row must not hide the other rows. */
export function parsed<Value>(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value
  } catch {
    return undefined
  }
}

export interface EndpointColumns {
  key: number
  tenant: string
  id: string
  url: string
  event_types: string
  filters: string
  details: string
  description: string | null
  enabled: number | boolean
  disabled_reason: string | null
  sealed_headers: string
  sealed_secrets: string
  unique_key: string | null
  created_at: number
  updated_at: number
}

export function endpointOf(row: EndpointColumns): StoredEndpoint {
  const eventTypes = parsed<string[]>(row.event_types)
  const filters = parsed<StoredEndpoint['filters']>(row.filters)
  const details = parsed<Details>(row.details)
  const isReadable = eventTypes !== undefined && filters !== undefined && details !== undefined
  return {
    key: row.key as EndpointKey,
    tenant: tenantIdOf(row.tenant),
    id: row.id as EndpointId,
    url: row.url,
    // The event types are unknown. Deliveries that fail visibly and can be replayed are better than no deliveries.
    eventTypes: eventTypes ?? ['*'],
    filters: filters ?? {},
    details: details ?? {},
    description: row.description,
    enabled: Boolean(row.enabled),
    disabledReason: row.disabled_reason as DisabledReason | null,
    sealedHeaders: row.sealed_headers,
    sealedSecrets: row.sealed_secrets,
    uniqueKey: row.unique_key,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(!isReadable && { unreadable: true as const }),
  }
}

export interface StatusColumns {
  attempts: number | null
  last_attempt_at: number | null
  last_attempt_succeeded: number | boolean | null
  last_outcome: string | null
  health: string | null
}

/** @param row absent: there is no such endpoint */
export function endpointStatusOf(row: StatusColumns | undefined): EndpointStatus {
  const succeeded = row?.last_attempt_succeeded ?? null
  const outcome = row?.last_outcome ?? null
  return {
    attempts: row?.attempts ?? 0,
    lastAttemptAt: row?.last_attempt_at ?? null,
    lastAttemptSucceeded: succeeded === null ? null : Boolean(succeeded),
    lastOutcome: outcome === null ? null : (parsed<Outcome>(outcome) ?? null),
    health: row?.health ?? null,
  }
}

/** Columns of a delivery `d`, its event `e`, its endpoint `p`, its tenant `t` and its last attempt `l`. */
export const deliveryColumns = `d.id, d.endpoint, d.status, d.attempts, d.attempts_before, d.due_at, d.reason, d.ended_at,
  e.tenant, e.id AS event_id, e.type AS event_type, p.id AS endpoint_id, p.url AS endpoint_url, t.dialect,
  l.started_at AS last_started_at, l.duration_ms AS last_duration_ms, l.kind AS last_kind, l.status AS last_answer, l.detail AS last_detail`

export interface DeliveryColumns {
  id: string
  endpoint: number
  status: number
  attempts: number
  attempts_before: number
  due_at: number | null
  reason: string | null
  ended_at: number | null
  tenant: string
  event_id: string
  event_type: string
  endpoint_id: string
  endpoint_url: string
  dialect: string
  /** Null, as the other columns of the last attempt: there was none. */
  last_kind: Outcome['kind'] | null
  last_started_at: number
  last_duration_ms: number
  last_answer: number | null
  last_detail: string | null
}

export function deliveryOf(row: DeliveryColumns): DeliveryRow {
  return {
    id: row.id as DeliveryId,
    endpoint: row.endpoint as EndpointKey,
    status: statusOfCode[row.status] as DeliveryStatus,
    attempts: row.attempts,
    attemptsBefore: row.attempts_before,
    dueAt: row.due_at,
    reason: row.reason as EndReason | null,
    createdAt: uuidV7Time(row.id),
    endedAt: row.ended_at,
    tenant: tenantIdOf(row.tenant),
    eventId: row.event_id as EventId,
    eventType: row.event_type,
    endpointId: row.endpoint_id as EndpointId,
    endpointUrl: row.endpoint_url,
    dialect: row.dialect,
    lastAttempt: lastAttemptOf(row),
  }
}

function lastAttemptOf(row: DeliveryColumns): DeliveryRow['lastAttempt'] {
  const { last_kind: kind, last_answer: status, last_detail: detail } = row
  if (kind === null) return null
  const outcome = outcomeOf({ kind, status, detail })
  return { startedAt: row.last_started_at, durationMs: row.last_duration_ms, outcome }
}

export interface AttemptColumns {
  number: number
  started_at: number
  duration_ms: number
  kind: Outcome['kind']
  status: number | null
  detail: string | null
  response: string | null
  exchange: string | null
  /** Null: one. */
  connections: number | null
  erased_at: number | null
  request_crc: number | null
  /** Numbers with commas between them (`phasesText`). */
  phases: string | null
}

export function attemptOf(row: AttemptColumns): Attempt {
  return {
    number: row.number,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    outcome: outcomeOf(row),
    response: row.response,
    ...(row.erased_at !== null && { erasedAt: row.erased_at }),
    ...(row.connections !== null && { connections: row.connections }),
    ...(row.request_crc !== null && { requestCrc: row.request_crc }),
    ...(row.phases !== null && { phases: phasesOf(row.phases) }),
    ...(row.exchange !== null && { exchange: JSON.parse(row.exchange) as Exchange }),
  }
}

/** The column `phases`: `1,5,12,80,0`, or `,,,80,0` on an open connection. */
export function phasesText({ nameMs, connectMs, tlsMs, waitMs, bodyMs }: Phases): string {
  return `${nameMs ?? ''},${connectMs ?? ''},${tlsMs ?? ''},${waitMs ?? ''},${bodyMs ?? ''}`
}

function phasesOf(text: string): Phases {
  const [name, connect, tls, wait, body] = text.split(',').map((ms) => (ms === '' ? null : Number(ms)))
  return {
    nameMs: name ?? null,
    connectMs: connect ?? null,
    tlsMs: tls ?? null,
    waitMs: wait ?? null,
    bodyMs: body ?? null,
  }
}

/** The two columns that hold the data of an outcome besides its kind. */
export function outcomeColumns(outcome: Outcome): { status: number | null; detail: string | null } {
  switch (outcome.kind) {
    case 'delivered':
      return { status: outcome.status, detail: null }
    case 'rejected':
      return { status: outcome.status, detail: outcome.retryAfterMs === null ? null : String(outcome.retryAfterMs) }
    case 'timedOut':
      return { status: null, detail: outcome.phase }
    case 'unreachable':
    case 'blocked':
      return { status: null, detail: outcome.error }
  }
}

export function outcomeOf({ kind, status, detail }: Pick<AttemptColumns, 'kind' | 'status' | 'detail'>): Outcome {
  switch (kind) {
    case 'delivered':
      return { kind, status: status ?? 0 }
    case 'rejected':
      return { kind, status: status ?? 0, retryAfterMs: detail === null ? null : Number(detail) }
    case 'timedOut':
      return { kind, phase: (detail ?? 'connect') as Extract<Outcome, { kind: 'timedOut' }>['phase'] }
    case 'unreachable':
    case 'blocked':
      return { kind, error: detail ?? '' }
  }
}

export interface TenantColumns {
  seq: number
  version: number
  id: string
  dialect: string
  name: string | null
  settings: string
  created_at: number
  retain_seconds: number | null
  retain_data_seconds: number | null
  sealed_secrets: string | null
  label: string
}

export function tenantOf(row: Omit<TenantColumns, 'seq' | 'version' | 'label' | 'sealed_secrets'>): Tenant {
  return {
    id: row.id as TenantId,
    dialect: row.dialect,
    name: row.name,
    settings: JSON.parse(row.settings) as Record<string, string>,
    createdAt: row.created_at,
    ...(row.retain_seconds !== null && { retainSeconds: row.retain_seconds }),
    ...(row.retain_data_seconds !== null && { retainDataSeconds: row.retain_data_seconds }),
  }
}

export type SealedTenantColumns = Pick<TenantColumns, 'id' | 'dialect' | 'created_at'> & { sealed_secrets: string }

export function sealedTenantOf(row: SealedTenantColumns): SealedTenant {
  const { id, dialect, created_at: createdAt, sealed_secrets: sealedSecrets } = row
  return { id: id as TenantId, dialect, createdAt, sealedSecrets }
}

/** The columns `retain_seconds` and `retain_data_seconds` of a tenant. */
export function retentionOf(tenant: Pick<Tenant, 'retainSeconds' | 'retainDataSeconds'>): (number | null)[] {
  return [tenant.retainSeconds ?? null, tenant.retainDataSeconds ?? null]
}

export const sealedColumns =
  'e.key, e.tenant, t.dialect, e.id, e.url, e.event_types, e.filters, e.details, e.sealed_secrets, e.sealed_headers'

export function sealedOf(row: EndpointColumns & { dialect: string }): SealedEndpoint {
  const { key, tenant, id, url, eventTypes, filters, details, sealedSecrets, sealedHeaders } = endpointOf(row)
  return { key, tenant, dialect: row.dialect, id, url, eventTypes, filters, details, sealedSecrets, sealedHeaders }
}

export interface AnswerColumns {
  route: string
  status: number
  sealed_body: string
  sealed_digest: string | null
  expires_at: number
}

export function answerOf(row: AnswerColumns, apiKey: ApiKeyId, idempotencyKey: string): KeptAnswer {
  const { route, status, sealed_body: sealedBody, sealed_digest: sealedDigest, expires_at: expiresAt } = row
  return { apiKey, idempotencyKey, route, status, sealedBody, sealedDigest, expiresAt }
}

export interface ErasureColumns {
  id: string
  erases: string
  tenant: string
  created_at: number
  ended_at: number | null
}

export function erasureOf(row: ErasureColumns): Erasure {
  return {
    id: row.id as ErasureId,
    erases: row.erases as Erased,
    tenant: row.tenant as TenantId,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  }
}
