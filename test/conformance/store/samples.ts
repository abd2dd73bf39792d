// Builders of the objects that the cases store. Times are offsets from `start`, in milliseconds, which keeps them
// short.

import { randomBytes } from 'node:crypto'
import type { Attempt } from '../../../src/domain/attempt.ts'
import type { NewAuditRecord } from '../../../src/domain/audit.ts'
import type { Event } from '../../../src/domain/event.ts'
import {
  type ApiKeyId,
  type AuditId,
  type DeliveryId,
  type EndpointId,
  type EndpointKey,
  type ErasureId,
  type EventId,
  type OperatorKeyId,
  type TenantId,
  uuidV7,
} from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import type { Tenant } from '../../../src/domain/tenant.ts'
import type { NewDelivery, NewEvent, RecordedMove } from '../../../src/contracts/commit-store.ts'
import type {
  KeptAnswer,
  StoredAnswer,
  StoredEndpoint,
  StoredKey,
  StoredOperatorKey,
} from '../../../src/contracts/account-store.ts'
import type { NewErasure } from '../../../src/contracts/erase-store.ts'

/** The time at which every case begins. */
export const start = Date.UTC(2026, 0, 1)

export const acme = 'acme' as TenantId
export const other = 'other' as TenantId

let serial = 0
/** Returns a number that no other sample has. */
function nextSerial(): number {
  return ++serial
}

export function sampleTenant(id: TenantId, change: Partial<Tenant> = {}): Tenant {
  return { id, dialect: 'standard', name: `Tenant ${id}`, settings: {}, createdAt: start, ...change }
}

export function sampleKey(tenants: readonly TenantId[], hash: string, change: Partial<StoredKey> = {}): StoredKey {
  return {
    id: `key_${nextSerial()}` as ApiKeyId,
    hash,
    seal: 'seal of the key',
    dialect: 'standard',
    grants: tenants.toSorted().map((tenant) => ({ tenant, seal: `seal of ${tenant}` })),
    scopes: ['read', 'write'],
    role: 'admin',
    name: 'A key',
    hint: 'wxyz',
    createdAt: start,
    revokedAt: null,
    ...change,
  }
}

export function sampleOperatorKey(hash: string, change: Partial<StoredOperatorKey> = {}): StoredOperatorKey {
  const id = `opk_${nextSerial()}` as OperatorKeyId
  return {
    id,
    hash,
    name: 'CI',
    role: 'read',
    hint: 'wxyz',
    createdAt: start,
    expiresAt: null,
    seal: 'seal',
    ...change,
  }
}

export function sampleEndpoint(
  key: EndpointKey,
  tenant: TenantId,
  change: Partial<StoredEndpoint> = {},
): StoredEndpoint {
  return {
    key,
    id: `ep_${key}` as EndpointId,
    tenant,
    url: `https://example.com/hooks/${key}`,
    eventTypes: ['invoice.*', 'call.ended'],
    filters: { agentId: 'agent 7' },
    details: { name: 'First', labels: { plan: 'gold' } },
    description: 'The first one',
    enabled: true,
    disabledReason: null,
    sealedHeaders: 'sealed headers',
    sealedSecrets: 'sealed secrets',
    uniqueKey: null,
    createdAt: start,
    updatedAt: start,
    ...change,
  }
}

export function sampleEvent(tenant: TenantId, at: number, change: Partial<Event> = {}): Event {
  const acceptedAt = start + at
  return {
    id: `evt_${nextSerial()}` as EventId,
    tenant,
    type: 'invoice.paid',
    data: '{"amount": 1.50}',
    attributes: null,
    occurredAt: acceptedAt,
    acceptedAt,
    ...change,
  }
}

/** A new id of a delivery, made as in the program: it contains the time at which the event was accepted. */
export function deliveryId(acceptedAt: number): DeliveryId {
  return uuidV7(acceptedAt, randomBytes) as DeliveryId
}

/** Its `version` defaults to the version of its tenant at the time of the commit. */
export type SampleNewEvent = Omit<NewEvent, 'version'> & { readonly version?: number }

export function newEvent(event: Event, endpoints: readonly EndpointKey[], leased: boolean): SampleNewEvent {
  const deliveries = endpoints.map((endpoint): NewDelivery => ({ id: deliveryId(event.acceptedAt), endpoint, leased }))
  return { event, deliveries }
}

export function sampleAttempt(number: number, at: number, change: Partial<Attempt> = {}): Attempt {
  return {
    number,
    startedAt: start + at,
    durationMs: 12,
    outcome: { kind: 'rejected', status: 503, retryAfterMs: null },
    response: 'later, please',
    ...change,
  }
}

export function sampleMove(
  delivery: DeliveryId,
  endpoint: EndpointKey,
  move: RecordedMove['move'],
  at: number,
  attempt: Attempt | null = null,
): RecordedMove {
  return { delivery, endpoint, attempt, move, at: start + at }
}

/** An answer that was given at `at` and expires after the usual time. */
export function sampleAnswer(idempotencyKey: string, at: number, change: Partial<StoredAnswer> = {}): StoredAnswer {
  return {
    apiKey: 'key_a' as ApiKeyId,
    tenant: acme,
    idempotencyKey,
    route: 'POST /endpoints',
    status: 201,
    sealedBody: 'sealed {"id":"ep_1"}',
    sealedDigest: 'sealed digest',
    expiresAt: start + at + limits.idempotencyMs,
    ...change,
  }
}

/** A stored answer as it is read again. */
export function keptAnswer(answer: StoredAnswer): KeptAnswer {
  const { tenant: _tenant, ...kept } = answer
  return kept
}

export function sampleAudit(at: number, change: Partial<NewAuditRecord> = {}): NewAuditRecord {
  return {
    id: uuidV7(start + at, randomBytes) as AuditId,
    action: 'endpoint.change',
    refused: null,
    count: 1,
    actor: { kind: 'operator', id: 'settings', name: 'settings', role: 'admin' },
    address: '127.0.0.1',
    object: 'ep_1',
    tenant: null,
    change: null,
    ...change,
  }
}

export function sampleErasure(at: number): NewErasure {
  return { id: `era_${nextSerial()}` as ErasureId, createdAt: start + at }
}
