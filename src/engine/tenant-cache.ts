// Tenants with their endpoints, in memory, secrets opened: matching, signing and every "get" read them. The owner of a
// write drops its tenant here before the write is answered, so an event that is accepted after the answer sees the change.

import type { KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type DisabledReason, type Endpoint, type SigningSecret, secretsInForce } from '../domain/endpoint.ts'
import type { EndpointId, EndpointKey, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Tenant } from '../domain/tenant.ts'
import { Unavailable } from '../domain/unavailable.ts'

import type { DeliveryDialect } from '../contracts/delivery-dialect.ts'
import type { LeaseStore } from '../contracts/lease-store.ts'
import type { AccountReads, LoadedEndpoint } from '../contracts/account-store.ts'
import type { RemoteHealth } from '../contracts/commit-store.ts'
import { openEndpoint } from '../vault/endpoint-seals.ts'
import type { Vault } from '../vault/vault.ts'
import type { Trust } from './membership.ts'

export interface CachedEndpoint {
  readonly endpoint: Endpoint
  /** `charsOf` it. */
  readonly chars: number
  /** The dialect's memory of failures, as last recorded. */
  health: string | null
  /** Why it is off; set when its own outcomes switch it off, ahead of the commit that says so. Null: it is on. */
  disabledReason: DisabledReason | null
  /** Throws where the endpoint is unreadable: says why. */
  signingKeys(nowMs: number): readonly KeyObject[]
}

export interface CachedTenant {
  readonly tenant: Tenant
  readonly dialect: DeliveryDialect
  /** As it was read (`LoadedTenant.version`). */
  readonly version: number
  /** Newest first. */
  readonly endpoints: readonly CachedEndpoint[]
  readonly byId: ReadonlyMap<EndpointId, CachedEndpoint>
  readonly byKey: ReadonlyMap<EndpointKey, CachedEndpoint>
  /** Of all its endpoints. */
  readonly chars: number
  /** False: something of it has changed since; what has not is taken over from here when it is read again. */
  current: boolean
}

/** A tenant that is being read. */
interface Loading {
  readonly tenant: Promise<CachedTenant | null>
  /** Dropped meanwhile: it may have been read before the change, which has perhaps been answered by now. */
  stale: boolean
}

export interface TenantCacheOptions {
  readonly store: Pick<AccountReads, 'loadTenant'> & Pick<LeaseStore, 'shared'>
  readonly vault: Vault
  readonly dialects: ReadonlyMap<string, DeliveryDialect>
  /** By dialect, of those that sign with a secret of the installation. */
  readonly installationSecrets: ReadonlyMap<string, string>
  readonly trust: Trust
}

export class TenantCache {
  readonly #options: TenantCacheOptions
  readonly #tenants = new LRUCache<TenantId, CachedTenant>({
    maxSize: limits.cachedEndpointCharsMax,
    sizeCalculation: ({ endpoints, chars }) => 1000 * (1 + endpoints.length) + chars,
  })
  readonly #loading = new Map<TenantId, Loading>()
  /** The epoch in which everything in memory was read. */
  #epoch: number | null = null
  readonly #installationKeys: ReadonlyMap<string, readonly KeyObject[]>

  constructor(options: TenantCacheOptions) {
    this.#options = options
    this.#installationKeys = new Map(
      [...options.installationSecrets].map(([name, secret]) => [
        name,
        [options.dialects.get(name)?.signingKey(secret)].flatMap((key) => key ?? []),
      ]),
    )
  }

  /** What deliveries of an endpoint that is not stored would be signed with. */
  signingKeys(endpoint: Pick<Endpoint, 'secrets'>, dialect: DeliveryDialect, nowMs: number): readonly KeyObject[] {
    return this.#installationKeys.get(dialect.name) ?? preparedKeys(endpoint.secrets, dialect)(nowMs)
  }

  /** The tenant, if it is in memory and may be believed. */
  peek(tenant: TenantId): CachedTenant | undefined {
    const epoch = this.#options.trust.cacheEpoch()
    if (epoch !== this.#epoch) this.#forget(epoch)
    const cached = this.#tenants.get(tenant)
    return cached?.current === true ? cached : undefined
  }

  /** The tenant; null: there is none. @throws Unavailable */
  async load(tenant: TenantId): Promise<CachedTenant | null> {
    for (let tries = 0; tries < limits.updateTriesMax; tries++) {
      const known = this.peek(tenant)
      if (known !== undefined) return known
      const loading = this.#loading.get(tenant) ?? this.#startLoading(tenant)
      const loaded = await loading.tenant
      if (!loading.stale) return loaded
    }
    throw new Unavailable('the tenant keeps changing')
  }

  #startLoading(id: TenantId): Loading {
    const finish = (tenant: CachedTenant | null): CachedTenant | null => {
      if (tenant !== null && !loading.stale && this.#epoch !== null) this.#tenants.set(id, tenant)
      return tenant
    }
    const tenant = this.#read(id)
      .then(finish)
      .finally(() => {
        if (this.#loading.get(id) === loading) this.#loading.delete(id)
      })
    const loading: Loading = { tenant, stale: false }
    this.#loading.set(id, loading)
    return loading
  }

  /** Takes over what another node has recorded of an endpoint's failures, unless this one knows of later ones. */
  adoptHealth({ tenant, endpoint, expectedHealth, health }: RemoteHealth): void {
    const cached = this.peek(tenant)?.byKey.get(endpoint)
    if (cached?.health === expectedHealth) cached.health = health
  }

  /**
   * A delivery to this endpoint was claimed just now, so the endpoint is there and is on. Where what is in memory says
   * otherwise, word of a change is still on its way.
   */
  expect(tenant: TenantId, endpoint: EndpointKey): void {
    if (this.peek(tenant)?.byKey.get(endpoint)?.endpoint.enabled !== true) this.drop(tenant)
  }

  /** The next look reads this tenant afresh. */
  drop(tenant: TenantId): void {
    const cached = this.#tenants.peek(tenant)
    if (cached !== undefined) cached.current = false
    const loading = this.#loading.get(tenant)
    if (loading !== undefined) loading.stale = true
    this.#loading.delete(tenant)
  }

  #forget(epoch: number | null): void {
    this.#epoch = epoch
    for (const cached of this.#tenants.values()) cached.current = false
    this.#tenants.clear()
    for (const loading of this.#loading.values()) loading.stale = true
    this.#loading.clear()
  }

  async #read(id: TenantId): Promise<CachedTenant | null> {
    const loaded = await this.#options.store.loadTenant(id)
    if (loaded === null) return null
    const dialect = this.#options.dialects.get(loaded.tenant.dialect)
    // A newer node may know it: what was accepted for its tenants waits for that one.
    if (dialect === undefined) throw new Unavailable(`this node does not know the dialect of tenant ${id}`)
    const former = this.#tenants.peek(id)?.byKey
    const endpoints = loaded.endpoints.map((endpoint) => this.#endpoint(endpoint, former?.get(endpoint.key), dialect))
    return {
      tenant: loaded.tenant,
      dialect,
      version: loaded.version,
      endpoints,
      byId: new Map(endpoints.map((cached) => [cached.endpoint.id, cached])),
      byKey: new Map(endpoints.map((cached) => [cached.endpoint.key, cached])),
      chars: endpoints.reduce((sum, { chars }) => sum + chars, 0),
      current: true,
    }
  }

  #endpoint(loaded: LoadedEndpoint, former: CachedEndpoint | undefined, dialect: DeliveryDialect): CachedEndpoint {
    const { sealedSecrets: _secrets, sealedHeaders: _headers, uniqueKey: _key, health, ...rest } = loaded
    const disabledReason = rest.enabled ? null : (rest.disabledReason ?? 'requested')
    // Without this, each change of one endpoint would open the secrets of all endpoints of the tenant, up to a thousand.
    if (former !== undefined && isUnchanged(former.endpoint, loaded)) {
      // The object stays the same: attempts in flight compare it. On a database that is not shared, the health in memory
      // is never behind the stored one.
      if (this.#options.store.shared) former.health = health
      return former
    }
    try {
      if (rest.unreadable) throw new Error(`the event types or filters of endpoint ${rest.id} cannot be read`)
      const { secrets, headers } = openEndpoint(this.#options.vault, loaded)
      const own = this.#installationKeys.get(dialect.name)
      const signingKeys = own === undefined ? preparedKeys(secrets, dialect) : () => own
      const endpoint: Endpoint = { ...rest, secrets, headers }
      return { endpoint, chars: charsOf(endpoint), health, disabledReason, signingKeys }
    } catch (error) {
      // One endpoint that does not open must not affect the others of its tenant.
      const endpoint: Endpoint = { ...rest, secrets: [], headers: {}, unreadable: true }
      const signingKeys = (): never => {
        throw error
      }
      return { endpoint, chars: charsOf(endpoint), health, disabledReason, signingKeys }
    }
  }
}

/**
 * How much of its tenant's room in memory it takes (`limits.endpointCharsPerTenantMax`). To switch it off, or to rotate
 * its secret, takes none: that must never be refused for want of room.
 */
export function charsOf({ url, eventTypes, filters, description, headers }: Endpoint): number {
  return JSON.stringify([url, eventTypes, filters, description, headers]).length
}

/** Every change of an endpoint makes its `updatedAt` later. */
function isUnchanged(known: Endpoint, loaded: LoadedEndpoint): boolean {
  return known.updatedAt === loaded.updatedAt && !known.unreadable && !loaded.unreadable
}

/** Keys are prepared once; only while an old secret runs out does the answer depend on the time. */
function preparedKeys(
  secrets: readonly SigningSecret[],
  dialect: DeliveryDialect,
): (nowMs: number) => readonly KeyObject[] {
  const keys = new Map(secrets.map((secret) => [secret, dialect.signingKey(secret.value)]))
  const all = [...keys.values()]
  if (secrets.every((secret) => secret.expiresAt === null)) return () => all
  return (nowMs) => secretsInForce(secrets, nowMs).flatMap((secret) => keys.get(secret) ?? [])
}
