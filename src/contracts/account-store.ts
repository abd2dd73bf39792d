// Tenants, API keys and endpoints in the database. Secrets and header values arrive sealed: a store never sees them as
// plain text.

import type { ApiKey } from '../domain/api-key.ts'
import type { NewAuditRecord } from '../domain/audit.ts'
import type { Endpoint, EndpointStatus } from '../domain/endpoint.ts'
import type { ApiKeyId, EndpointKey, OperatorKeyId, TenantId } from '../domain/ids.ts'
import type { OperatorKey } from '../domain/operator-key.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { NewErasure } from './erase-store.ts'
import type { Page, PageRequest, SearchedPage } from './page.ts'

/** An endpoint as stored, with sealed secrets and header values. */
export interface StoredEndpoint extends Omit<Endpoint, 'secrets' | 'headers' | 'writeOnlyHeaders'> {
  readonly sealedSecrets: string
  readonly sealedHeaders: string
  /** No two endpoints of a tenant have the same key; null: the endpoint has none. */
  readonly uniqueKey: string | null
}

/** A tenant that an API key grants. */
export interface StoredGrant {
  readonly tenant: TenantId
  /** Proves that the master key's owner granted the tenant to the key; empty: nothing proves it. */
  readonly seal: string
}

/** An API key as stored. */
export interface StoredKey extends Omit<ApiKey, 'tenants'> {
  /** SHA-256 of the key, hex. */
  readonly hash: string
  /** Proves the hash, dialect, scopes and role; empty: the key is revoked, or nothing proves them. */
  readonly seal: string
  /** Sorted by tenant: the first one is the key's default tenant, on every database. */
  readonly grants: readonly StoredGrant[]
}

/** An operator key as stored. */
export interface StoredOperatorKey extends OperatorKey {
  /** SHA-256 of the key, hex. */
  readonly hash: string
  /** Proves all the rest. */
  readonly seal: string
}

/** A stored endpoint with its health and its pause. */
export interface LoadedEndpoint extends StoredEndpoint {
  /** The dialect's memory of its failures (`EndpointStatus.health`). */
  readonly health: string | null
  /** The end of the pause that its receiver has asked for; null: none since the last success. */
  readonly pausedUntil: number | null
}

/** Conditions of a list of endpoints; null: no condition. */
export interface EndpointFilter {
  readonly tenant: TenantId | null
  /** Its tenant speaks this dialect. */
  readonly dialect: string | null
  /** It is the id of the endpoint, or the URL without its scheme begins with it. The case of the URL does not count. */
  readonly text: string | null
  /**
   * - `failing`: it is enabled and has a stored health, which its dialect may still report as healthy
   * - `disabled`: it is not enabled
   * - `paused`: it is enabled, and its receiver has asked for a pause that has not ended at `now`
   */
  readonly health: 'failing' | 'disabled' | 'paused' | null
  readonly now: number
}

/** An endpoint in a list of all tenants. */
export interface FoundEndpoint {
  readonly endpoint: StoredEndpoint
  /** The dialect of its tenant. */
  readonly dialect: string
  readonly status: EndpointStatus
  readonly pausedUntil: number | null
}

/** A tenant with its endpoints, read at one version of the tenant. */
export interface LoadedTenant {
  readonly tenant: Tenant
  /** Its signing secrets, for dialects that sign with them; null: it has none yet. */
  readonly sealedSecrets: string | null
  /** Changes with every change of the tenant or of one of its endpoints. */
  readonly version: number
  /** Newest first. */
  readonly endpoints: readonly LoadedEndpoint[]
}

/** A response that is stored under the caller's Idempotency-Key, in the transaction of the change that it confirms. */
export interface StoredAnswer {
  readonly apiKey: ApiKeyId
  readonly idempotencyKey: string
  /** The tenant that the change is about: the answer is erased with it. */
  readonly tenant: TenantId
  /** Method and path of the request. */
  readonly route: string
  readonly status: number
  /** Digest of the request, sealed, because the request may contain a secret that is easy to guess. */
  readonly sealedDigest: string
  /** Sealed, because it may contain a secret. */
  readonly sealedBody: string
  readonly expiresAt: number
}

/** A stored answer as it is read again. */
export interface KeptAnswer extends Omit<StoredAnswer, 'tenant' | 'sealedDigest'> {
  /** Null: an older version stored the answer. */
  readonly sealedDigest: string | null
}

/** Data that is written in the transaction of a change. */
export interface WriteEnvelope {
  /** Tenants that every node must load again; default: those that the change itself changes. */
  readonly reloads?: readonly TenantId[]
  readonly answer?: StoredAnswer | null
  readonly audit?: readonly NewAuditRecord[]
}

/**
 * The result of a change. Only `written` changed anything.
 *
 * - `absent`: the tenant, key or endpoint does not exist
 * - `stale`: the endpoint, or the secrets of the tenant, were changed since they were read
 * - `duplicate`: the tenant's id is taken, or the tenant has another endpoint with the same `uniqueKey`
 * - `taken`: another request with the same Idempotency-Key was first
 * - `full`: the tenant would have too many endpoints
 */
export type WriteResult = 'written' | 'absent' | 'stale' | 'duplicate' | 'taken' | 'full'

/** The parts of a tenant that can be changed. */
export type TenantChange = Omit<Tenant, 'id' | 'dialect' | 'createdAt'>

/** Reads of tenants, keys and endpoints. */
export interface AccountReads {
  findTenant(id: TenantId): Promise<Tenant | null>
  /** @param text the id or the name begins with it, in any case of letters; default: any tenant */
  listTenants(page: PageRequest, dialect: string | null, text?: string | null): Promise<SearchedPage<Tenant>>
  listEndpoints(filter: EndpointFilter, page: PageRequest): Promise<SearchedPage<FoundEndpoint>>
  findKey(id: ApiKeyId): Promise<StoredKey | null>
  /** The tenant with its endpoints; null: the tenant does not exist. */
  loadTenant(id: TenantId): Promise<LoadedTenant | null>
  endpointStatus(key: EndpointKey): Promise<EndpointStatus>
  /** `hash`: SHA-256 of the key, hex. Revoked keys are returned too. */
  findKeyByHash(hash: string): Promise<StoredKey | null>
  listKeys(page: PageRequest, tenant: TenantId | null): Promise<Page<StoredKey>>
  findOperatorKeyByHash(hash: string): Promise<StoredOperatorKey | null>
  /** All operator keys, newest first; there are at most `limits.operatorKeysMax`. */
  listOperatorKeys(): Promise<readonly StoredOperatorKey[]>
  findAnswer(apiKey: ApiKeyId, idempotencyKey: string, now: number): Promise<KeptAnswer | null>
}

/** Changes of tenants, keys and endpoints. Each change runs in one transaction with its envelope. */
export interface AccountWrites {
  createTenant(tenant: Tenant, envelope?: WriteEnvelope): Promise<WriteResult>
  /** Changes everything but the id, the dialect and the time of creation. */
  updateTenant(id: TenantId, change: TenantChange, envelope?: WriteEnvelope): Promise<WriteResult>
  /** Replaces the secrets of a tenant. `stale`: they are no longer `before`. */
  replaceTenantSecrets(
    id: TenantId,
    before: string | null,
    after: string,
    envelope?: WriteEnvelope,
  ): Promise<WriteResult>
  /**
   * Also deletes the keys and endpoints of the tenant, with their sealed values. All that it had is invisible at once,
   * also to a new tenant of the same id, and is removed by `eraseStep`.
   */
  deleteTenant(id: TenantId, erasure: NewErasure, envelope?: WriteEnvelope): Promise<WriteResult>
  /** `absent`: a tenant of the key does not exist. */
  createKey(key: StoredKey, envelope?: WriteEnvelope): Promise<WriteResult>
  /** Also removes the seal of the key. `absent`: the key does not exist or is already revoked. */
  revokeKey(id: ApiKeyId, now: number, envelope?: WriteEnvelope): Promise<WriteResult>
  createOperatorKey(key: StoredOperatorKey, envelope?: WriteEnvelope): Promise<WriteResult>
  /** Changes the name, the end and the seal. `stale`: the key no longer has the seal `before`. */
  updateOperatorKey(key: StoredOperatorKey, before: string, envelope?: WriteEnvelope): Promise<WriteResult>
  deleteOperatorKey(id: OperatorKeyId, envelope?: WriteEnvelope): Promise<WriteResult>
  /** Returns a number that no endpoint has ever had. */
  nextEndpointKey(): Promise<EndpointKey>
  /** Creates all endpoints or none. They belong to one tenant, which has at most `endpointsMax` then; default: no bound. */
  createEndpoints(
    endpoints: readonly StoredEndpoint[],
    envelope?: WriteEnvelope,
    endpointsMax?: number,
  ): Promise<WriteResult>
  /**
   * `version` is the `updatedAt` on which the change is based; the new `updatedAt` must be later. If the change
   * disables the endpoint, `sweep` cancels its waiting deliveries. If the change enables the endpoint, it first cancels
   * deliveries that still wait, and resets the endpoint's health.
   */
  updateEndpoint(endpoint: StoredEndpoint, version: number, envelope?: WriteEnvelope): Promise<WriteResult>
  /**
   * Removes its sealed values. `sweep` cancels the endpoint's waiting deliveries. Ended deliveries stay until retention
   * removes them. With an erasure, all deliveries are invisible at once and are removed by `eraseStep`.
   */
  deleteEndpoint(
    tenant: TenantId,
    key: EndpointKey,
    now: number,
    envelope?: WriteEnvelope,
    erasure?: NewErasure | null,
  ): Promise<WriteResult>
}
