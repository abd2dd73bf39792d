// The only writer of tenants, API keys, operator keys and endpoints, and the only one that sends deliveries again. It stores a change,
// drops the cached values that the change affects, and wakes the parts of the engine that must act on it. No other code
// calls these methods of the store: `Context.store` does not have them.

import type { ApiKey } from '../domain/api-key.ts'
import type { NewAuditRecord } from '../domain/audit.ts'
import type { Clock } from '../domain/clock.ts'
import type { Endpoint, SigningSecret } from '../domain/endpoint.ts'
import { limits } from '../domain/limits.ts'
import type {
  ApiKeyId,
  DeliveryId,
  EndpointKey,
  EventId,
  OperatorKeyId,
  OutboxKey,
  PortalLinkId,
  ReplayId,
  TenantId,
} from '../domain/ids.ts'
import type { OperatorKey } from '../domain/operator-key.ts'
import type { PortalLink } from '../domain/portal-link.ts'
import type { Tenant } from '../domain/tenant.ts'
import type {
  StoredEndpoint,
  StoredOperatorKey,
  TenantChange,
  WriteEnvelope,
  WriteResult,
} from '../contracts/account-store.ts'
import type { NewErasure } from '../contracts/erase-store.ts'
import type { StoredPortalLink } from '../contracts/portal-store.ts'
import type { Dialect } from '../contracts/dialect.ts'
import type { RearmRequest } from '../contracts/history-store.ts'
import type { NewReplay, ReplayResult } from '../contracts/replay-store.ts'
import type { Store } from '../contracts/store.ts'
import type { Engine } from '../engine/engine.ts'
import type { CachedTenant } from '../engine/tenant-cache.ts'
import type { RowSeals } from '../vault/row-seals.ts'
import type { KeyCache } from './key-cache.ts'

export interface WriterOptions {
  readonly store: Store
  readonly engine: Engine
  readonly keyCache: KeyCache
  readonly seals: RowSeals
  readonly clock: Clock
}

/**
 * Every change is stored together with its audit record. Cached values are dropped even if a call fails, because a call
 * that failed may have taken effect.
 */
export class Writer {
  readonly #options: WriterOptions

  constructor(options: WriterOptions) {
    this.#options = options
    options.store.listen((change) => {
      if (change.kind === 'keys' || change.kind === 'tenant') options.keyCache.drop()
    })
  }

  async createTenant(tenant: Tenant, audit: NewAuditRecord): Promise<WriteResult> {
    const { store, engine } = this.#options
    try {
      return await store.createTenant(tenant, { audit: [audit] })
    } finally {
      engine.tenantCache.drop(tenant.id)
    }
  }

  /** Stores the record of a change that the store of accounts does not make. */
  recordAudit(audit: NewAuditRecord): Promise<void> {
    return this.#options.store.recordAudit([audit])
  }

  async updateTenant(id: TenantId, change: TenantChange, audit: NewAuditRecord): Promise<WriteResult> {
    const { store, engine } = this.#options
    try {
      return await store.updateTenant(id, change, { audit: [audit] })
    } finally {
      engine.tenantCache.drop(id)
    }
  }

  async replaceTenantSecrets(
    { tenant, sealedSecrets }: Pick<CachedTenant, 'tenant' | 'sealedSecrets'>,
    secrets: readonly SigningSecret[],
    audit: NewAuditRecord,
  ): Promise<WriteResult> {
    const { store, engine, seals } = this.#options
    const sealed = seals.storedTenantSecrets(tenant, secrets)
    try {
      return await store.replaceTenantSecrets(tenant.id, sealedSecrets, sealed, { audit: [audit] })
    } finally {
      engine.tenantCache.drop(tenant.id)
    }
  }

  async deleteTenant(id: TenantId, erasure: NewErasure, audit: NewAuditRecord): Promise<WriteResult> {
    const { store, engine, keyCache } = this.#options
    const tenant = await engine.tenantCache.load(id)
    try {
      return await store.deleteTenant(id, erasure, { audit: [audit] })
    } finally {
      keyCache.drop()
      engine.tenantCache.drop(id)
      for (const { endpoint } of tenant?.endpoints ?? []) {
        engine.endpointChanged(id, { endpoint: endpoint.key, deleted: true })
      }
      engine.eraseSoon()
    }
  }

  createPortalLink(link: PortalLink, hash: string, audit: NewAuditRecord): Promise<WriteResult> {
    const { store, seals } = this.#options
    return store.createPortalLink(seals.storedPortalLink(link, hash), { audit: [audit] })
  }

  openPortalLink(hash: string): Promise<StoredPortalLink | null> {
    const { store, clock } = this.#options
    return store.openPortalLink(hash, clock.now())
  }

  deletePortalLink(tenant: TenantId, id: PortalLinkId, audit: NewAuditRecord): Promise<WriteResult> {
    return this.#options.store.deletePortalLink(tenant, id, { audit: [audit] })
  }

  /** @param text the key itself, if deliveries are signed with it; null: it is not kept */
  async createKey(key: ApiKey, hash: string, text: string | null, audit: NewAuditRecord): Promise<WriteResult> {
    const { store, seals, engine } = this.#options
    if (text === null) return store.createKey(seals.storedKey(key, hash), { audit: [audit] })
    try {
      return await store.createKey(seals.storedKey(key, hash, text), { audit: [audit], reloads: key.tenants })
    } finally {
      for (const tenant of key.tenants) engine.tenantCache.drop(tenant)
    }
  }

  async revokeKey(id: ApiKeyId, audit: NewAuditRecord): Promise<WriteResult> {
    const { store, engine, keyCache, clock } = this.#options
    try {
      return await store.revokeKey(id, clock.now(), { audit: [audit] })
    } finally {
      keyCache.drop()
      engine.tenantCache.keysChanged()
    }
  }

  createOperatorKey(key: OperatorKey, hash: string, audit: NewAuditRecord): Promise<WriteResult> {
    const { store, seals } = this.#options
    return store.createOperatorKey(seals.storedOperatorKey({ ...key, hash }), { audit: [audit] })
  }

  /** @param before the seal of the key that the change is based on */
  async updateOperatorKey(key: StoredOperatorKey, before: string, audit: NewAuditRecord): Promise<WriteResult> {
    const { store, keyCache, seals } = this.#options
    try {
      return await store.updateOperatorKey(seals.storedOperatorKey(key), before, { audit: [audit] })
    } finally {
      keyCache.drop()
    }
  }

  async deleteOperatorKey(id: OperatorKeyId, audit: NewAuditRecord): Promise<WriteResult> {
    const { store, keyCache } = this.#options
    try {
      return await store.deleteOperatorKey(id, { audit: [audit] })
    } finally {
      keyCache.drop()
    }
  }

  /** A key that no endpoint has ever had. */
  nextEndpointKey(): Promise<EndpointKey> {
    return this.#options.store.nextEndpointKey()
  }

  /** Creates all endpoints, or none. They must belong to one tenant. */
  async createEndpoints(
    tenant: TenantId,
    dialect: Dialect,
    endpoints: readonly Endpoint[],
    envelope: WriteEnvelope,
  ): Promise<WriteResult> {
    const { store, engine } = this.#options
    try {
      return await store.createEndpoints(
        endpoints.map((endpoint) => this.#seal(endpoint, dialect)),
        envelope,
        Math.min(dialect.endpointRules.endpointsMax ?? Infinity, limits.endpointsPerTenantMax),
      )
    } finally {
      engine.tenantCache.drop(tenant)
    }
  }

  /** @param version the `updatedAt` of the endpoint that the change is based on */
  async updateEndpoint(
    endpoint: Endpoint,
    version: number,
    dialect: Dialect,
    envelope: WriteEnvelope,
  ): Promise<WriteResult> {
    const { store, engine } = this.#options
    const { tenant, key, enabled } = endpoint
    let disabled = false
    try {
      const written = await store.updateEndpoint(this.#seal(endpoint, dialect), version, envelope)
      disabled = written === 'written' && !enabled
      return written
    } finally {
      // Enabling an endpoint resets its failures and cancels its waiting deliveries.
      engine.statusCache.drop(key)
      engine.endpointChanged(tenant, disabled ? { endpoint: key, deleted: false } : null)
    }
  }

  /** @param erasure erases its deliveries; null: they stay */
  async deleteEndpoint(
    { tenant, key }: Endpoint,
    envelope: WriteEnvelope,
    erasure: NewErasure | null,
  ): Promise<WriteResult> {
    const { store, engine, clock } = this.#options
    try {
      return await store.deleteEndpoint(tenant, key, clock.now(), envelope, erasure)
    } finally {
      engine.endpointChanged(tenant, { endpoint: key, deleted: true })
      if (erasure !== null) engine.eraseSoon()
    }
  }

  /** Erases the data of an event. False: there is no such event. */
  async erasePayload(tenant: TenantId, id: EventId, erasure: NewErasure, audit: NewAuditRecord): Promise<boolean> {
    const { store, engine } = this.#options
    const event = await store.erasePayload(tenant, id, erasure, [audit])
    if (event === null) return false
    engine.eventsErased([event])
    engine.eraseSoon()
    return true
  }

  /** Erases the response of an attempt. False: there is no such attempt. */
  async eraseResponse(
    delivery: DeliveryId,
    number: number,
    erasure: NewErasure,
    audit: NewAuditRecord,
  ): Promise<boolean> {
    const { store, engine } = this.#options
    const erased = await store.eraseResponse(delivery, number, erasure, [audit])
    if (erased) engine.eraseSoon()
    return erased
  }

  /** Makes one delivery due now. False: there is no such delivery, or a node holds it. */
  async rearmDelivery(id: DeliveryId, endpoint: EndpointKey, audit: NewAuditRecord): Promise<boolean> {
    const { store, engine, clock } = this.#options
    const rearmed = await store.rearmDelivery(id, clock.now(), [audit])
    if (rearmed) {
      engine.statusCache.drop(endpoint)
      engine.wake()
    }
    return rearmed
  }

  /** Adds a delivery that repeats another one. False: there is no such delivery. */
  async repeatDelivery(
    first: DeliveryId,
    id: DeliveryId,
    endpoint: EndpointKey,
    audit: NewAuditRecord,
  ): Promise<boolean> {
    const { store, engine, clock } = this.#options
    const added = await store.repeatDelivery(first, id, clock.now(), [audit])
    if (added) {
      engine.statusCache.drop(endpoint)
      engine.wake()
    }
    return added
  }

  /** One step of sending many deliveries of an endpoint again. The last step wakes the engine. */
  async rearmDeliveries(request: RearmRequest): Promise<{ readonly count: number; readonly last: DeliveryId | null }> {
    const { store, engine } = this.#options
    const step = await store.rearmDeliveries(request)
    engine.statusCache.drop(request.endpoint)
    if (step.last === null) engine.wake()
    return step
  }

  async createReplay(replay: NewReplay, audit: NewAuditRecord): Promise<ReplayResult> {
    const { store, engine } = this.#options
    const result = await store.createReplay(replay, [audit])
    engine.replaySoon()
    return result
  }

  async startReplay(id: ReplayId, audit: NewAuditRecord): Promise<ReplayResult> {
    const { store, engine, clock } = this.#options
    const result = await store.startReplay(id, clock.now(), [audit])
    engine.replaySoon()
    return result
  }

  async cancelReplay(id: ReplayId, audit: NewAuditRecord): Promise<ReplayResult> {
    const { store, engine, clock } = this.#options
    const result = await store.cancelReplay(id, clock.now(), [audit])
    // Its operational event may be due.
    engine.wake()
    return result
  }

  /** Tries an event again that was set aside. */
  async putBack(key: OutboxKey, audit: NewAuditRecord): Promise<WriteResult> {
    return (await this.#options.store.outbox?.putBack(key, { audit: [audit] })) ?? 'absent'
  }

  async removeSetAside(key: OutboxKey, audit: NewAuditRecord): Promise<WriteResult> {
    return (await this.#options.store.outbox?.removeSetAside(key, { audit: [audit] })) ?? 'absent'
  }

  #seal(endpoint: Endpoint, { name, endpointRules }: Dialect): StoredEndpoint {
    return this.#options.seals.storedEndpoint(endpoint, name, endpointRules.uniqueKey?.(endpoint) ?? null)
  }
}
