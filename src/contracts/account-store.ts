// Tenants, keys and endpoints in the database. Secrets and header values arrive sealed: a store never sees them in the
// clear.

import type { ApiKey } from '../domain/api-key.ts'
import type { Endpoint, EndpointStatus } from '../domain/endpoint.ts'
import type { ApiKeyId, EndpointKey, TenantId } from '../domain/ids.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { Page, PageRequest } from './page.ts'

/** An endpoint as it is stored: secrets and header values sealed. */
export interface StoredEndpoint extends Omit<Endpoint, 'secrets' | 'headers'> {
  readonly sealedSecrets: string
  readonly sealedHeaders: string
  /** Of the endpoints of a tenant that have one, no two have the same. */
  readonly uniqueKey: string | null
}

export interface LoadedEndpoint extends StoredEndpoint {
  /** The dialect's memory of its failures (`EndpointStatus.health`). */
  readonly health: string | null
}

export interface LoadedTenant {
  readonly tenant: Tenant
  /** Another one after every change of the tenant or of an endpoint of it. */
  readonly version: number
  /** Newest first. */
  readonly endpoints: readonly LoadedEndpoint[]
}

/** An answer stored under a client's Idempotency-Key, in the transaction of the change that it answers. */
export interface StoredAnswer {
  readonly apiKey: ApiKeyId
  readonly idempotencyKey: string
  /** Method and path that it answered. */
  readonly route: string
  readonly status: number
  /** Sealed: it may hold a secret. */
  readonly sealedBody: string
  readonly expiresAt: number
}

/** What joins the transaction of a change. */
export interface WriteEnvelope {
  readonly answer: StoredAnswer | null
}

/**
 * `absent`: there is no such tenant, key or endpoint. `stale`: the endpoint was changed since it was read. `duplicate`:
 * the tenant's id is taken, or the tenant has another endpoint of the same `uniqueKey`. `taken`: another request with the
 * same Idempotency-Key was first. Only `written` wrote anything.
 */
export type WriteResult = 'written' | 'absent' | 'stale' | 'duplicate' | 'taken'

/** Reads of tenants, keys and endpoints. */
export interface AccountReads {
  findTenant(id: TenantId): Promise<Tenant | null>
  listTenants(page: PageRequest, dialect: string | null): Promise<Page<Tenant>>
  /** The tenant with its endpoints; null: there is none. */
  loadTenant(id: TenantId): Promise<LoadedTenant | null>
  endpointStatus(key: EndpointKey): Promise<EndpointStatus>
  /** `hash`: SHA-256 of the key, hex. Revoked keys are found too. */
  findKeyByHash(hash: string): Promise<ApiKey | null>
  listKeys(page: PageRequest, tenant: TenantId | null): Promise<Page<ApiKey>>
  findAnswer(apiKey: ApiKeyId, idempotencyKey: string, now: number): Promise<StoredAnswer | null>
}

/** Changes of tenants, keys and endpoints: each in one transaction with its envelope. */
export interface AccountWrites {
  createTenant(tenant: Tenant, envelope?: WriteEnvelope): Promise<WriteResult>
  /** Changes its name and settings. */
  updateTenant(id: TenantId, change: Pick<Tenant, 'name' | 'settings'>, envelope?: WriteEnvelope): Promise<WriteResult>
  /** Deletes its keys and endpoints too; `sweep` cancels their waiting deliveries. */
  deleteTenant(id: TenantId, now: number, envelope?: WriteEnvelope): Promise<WriteResult>
  createKey(key: ApiKey, hash: string, envelope?: WriteEnvelope): Promise<WriteResult>
  /** `absent`: there is no such key, or it is revoked already. */
  revokeKey(id: ApiKeyId, now: number, envelope?: WriteEnvelope): Promise<WriteResult>
  /** A number that no endpoint ever had. */
  nextEndpointKey(): Promise<EndpointKey>
  /** All of them, or none. They belong to one tenant. */
  createEndpoints(endpoints: readonly StoredEndpoint[], envelope?: WriteEnvelope): Promise<WriteResult>
  /**
   * `version` is the `updatedAt` that the change is based on; the new `updatedAt` must be later. Where the change disables
   * the endpoint, `sweep` cancels its waiting deliveries. Where it enables the endpoint, deliveries that still wait are
   * cancelled first, and its health is reset.
   */
  updateEndpoint(endpoint: StoredEndpoint, version: number, envelope?: WriteEnvelope): Promise<WriteResult>
  /** `sweep` cancels its waiting deliveries; ended ones stay until retention removes them. */
  deleteEndpoint(tenant: TenantId, key: EndpointKey, now: number, envelope?: WriteEnvelope): Promise<WriteResult>
}
