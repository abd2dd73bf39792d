// Tenants in memory, with their endpoints and opened secrets. Matching, signing and every "get" of an API read them.
// The writer of a change (operations/writer.ts) drops the tenant here before the caller gets its response, so an event
// that is accepted after the response is matched with the changed tenant.

import type { KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type DisabledReason, type Endpoint, type SigningSecret, secretsInForce } from '../domain/endpoint.ts'
import type { Clock } from '../domain/clock.ts'
import type { EndpointId, EndpointKey, RandomBytes, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { prepareMatching, type Wants } from '../domain/matching.ts'
import { systemTenant } from '../domain/operational-events.ts'
import type { Tenant } from '../domain/tenant.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type { DeliveryDialect } from '../contracts/delivery-dialect.ts'
import type { LeaseStore } from '../contracts/lease-store.ts'
import type { AccountReads, AccountWrites, LoadedEndpoint, LoadedTenant } from '../contracts/account-store.ts'
import type { RemoteHealth } from '../contracts/commit-store.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { InstallationKeys } from '../vault/installation-keys.ts'
import type { RowSeals } from '../vault/row-seals.ts'
import { VaultError } from '../vault/vault.ts'
import type { Trust } from './membership.ts'

export interface CachedEndpoint {
  readonly endpoint: Endpoint
  /** The result of `charsOf`. */
  readonly chars: number
  /** The dialect's record of failures, as last given to a commit or read. */
  health: string | null
  /** The end of the pause that its receiver has asked for; null: none since the last success. */
  pausedUntil: number | null
  /** The length of the last pause, ms; 0: none since the last success. */
  lastPauseMs: number
  /**
   * Why the endpoint is disabled; null: it is enabled. When its own outcomes disable it, this is set before the commit
   * that stores it.
   */
  disabledReason: DisabledReason | null
  /** Whether it wants an event. */
  readonly wants: Wants
  /** The keys that sign at `nowMs`, newest first. Throws if the endpoint is unreadable, with the reason. */
  signingKeys(nowMs: number): readonly KeyObject[]
}

export interface CachedTenant {
  readonly tenant: Tenant
  readonly dialect: DeliveryDialect
  /** The secrets of the tenant, newest first; empty: its dialect has none. */
  readonly secrets: readonly SigningSecret[] | 'unreadable'
  /** As it was read (`LoadedTenant.sealedSecrets`). */
  readonly sealedSecrets: string | null
  /** The version that was read (`LoadedTenant.version`). */
  readonly version: number
  /** Newest first. */
  readonly endpoints: readonly CachedEndpoint[]
  readonly byId: ReadonlyMap<EndpointId, CachedEndpoint>
  readonly byKey: ReadonlyMap<EndpointKey, CachedEndpoint>
  /** Whether one of its endpoints has a filter. */
  readonly hasFilters: boolean
  /** The sum of its endpoints' `chars`. */
  readonly chars: number
  /** False: the tenant must be read again. Endpoints that have not changed are reused from this object then. */
  current: boolean
}

/** A tenant that is being read. */
interface Loading {
  readonly tenant: Promise<CachedTenant | null>
  /** The tenant was dropped during the read, so the result may be older than the change. */
  stale: boolean
}

export interface TenantCacheOptions {
  readonly store: Pick<AccountReads, 'loadTenant' | 'listKeys'> &
    Pick<AccountWrites, 'replaceTenantSecrets'> &
    Pick<LeaseStore, 'shared'>
  readonly seals: RowSeals
  readonly dialects: ReadonlyMap<string, DeliveryDialect>
  readonly installationKeys: Pick<InstallationKeys, 'signing'>
  readonly trust: Trust
  readonly clock: Pick<Clock, 'now'>
  readonly randomBytes: RandomBytes
  readonly observer: Pick<EngineObserver, 'unproved' | 'failed'>
}

export class TenantCache {
  readonly #options: TenantCacheOptions
  readonly #tenants = new LRUCache<TenantId, CachedTenant>({
    maxSize: limits.cachedEndpointCharsMax,
    sizeCalculation: ({ endpoints, chars }) => 1000 * (1 + endpoints.length) + chars,
  })
  readonly #loading = new Map<TenantId, Loading>()
  /** There was no system tenant when it was last read. */
  #systemIsAbsent = false
  /** The cache epoch in which everything in memory was read. */
  #epoch: number | null = null

  constructor(options: TenantCacheOptions) {
    this.#options = options
  }

  /** The keys that sign deliveries to an endpoint that is not stored. @throws Unavailable */
  async signingKeys(
    { tenant, endpoint }: { readonly tenant: Pick<Tenant, 'id'>; readonly endpoint: Pick<Endpoint, 'secrets'> },
    nowMs: number,
  ): Promise<readonly KeyObject[]> {
    const cached = await this.load(tenant.id)
    if (cached === null) throw new Unavailable('the tenant was deleted')
    return this.#preparedKeys(allSecrets(endpoint.secrets, cached.secrets), cached.dialect)(nowMs)
  }

  /** The tenant, if it is in memory, current and trusted. */
  peek(tenant: TenantId): CachedTenant | undefined {
    const epoch = this.#options.trust.cacheEpoch()
    if (epoch !== this.#epoch) this.#dropAll(epoch)
    const cached = this.#tenants.get(tenant)
    return cached?.current === true ? cached : undefined
  }

  /** The system tenant, if it is in memory; null: there is none; undefined: it must be read. */
  peekSystem(): CachedTenant | null | undefined {
    return this.peek(systemTenant) ?? (this.#systemIsAbsent ? null : undefined)
  }

  /** The tenant, from memory or from the database; null: there is none. @throws Unavailable */
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
      if (loading.stale || this.#epoch === null) return tenant
      if (tenant !== null) this.#tenants.set(id, tenant)
      else if (id === systemTenant) this.#systemIsAbsent = true
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

  /** Adopts a health that another node has recorded, unless this node has a later one. */
  adoptHealth({ tenant, endpoint, expectedHealth, health }: RemoteHealth): void {
    const cached = this.peek(tenant)?.byKey.get(endpoint)
    if (cached?.health === expectedHealth) cached.health = health
  }

  /**
   * A delivery to this endpoint has just been claimed, so the endpoint exists and is enabled. If the cached tenant says
   * otherwise, the message about its change has not arrived yet, and the tenant is dropped.
   */
  expect(tenant: TenantId, endpoint: EndpointKey): void {
    if (this.peek(tenant)?.byKey.get(endpoint)?.endpoint.enabled !== true) this.drop(tenant)
  }

  /** The next `load` reads this tenant again. */
  drop(tenant: TenantId): void {
    if (tenant === systemTenant) this.#systemIsAbsent = false
    const cached = this.#tenants.peek(tenant)
    if (cached !== undefined) cached.current = false
    const loading = this.#loading.get(tenant)
    if (loading !== undefined) loading.stale = true
    this.#loading.delete(tenant)
  }

  /** API keys have changed: drops the tenants for which they sign. */
  keysChanged(): void {
    for (const { tenant, dialect } of this.#tenants.values()) if (dialect.signsWithApiKeys) this.drop(tenant.id)
  }

  /** Drops all tenants, because the cache epoch has changed to `epoch`. */
  #dropAll(epoch: number | null): void {
    this.#epoch = epoch
    this.#systemIsAbsent = false
    for (const cached of this.#tenants.values()) cached.current = false
    this.#tenants.clear()
    for (const loading of this.#loading.values()) loading.stale = true
    this.#loading.clear()
  }

  async #read(id: TenantId): Promise<CachedTenant | null> {
    const loaded = await this.#options.store.loadTenant(id)
    if (loaded === null) return null
    const dialect = this.#options.dialects.get(loaded.tenant.dialect)
    // A node with a newer version may know the dialect. Deliveries of its tenants wait for that node.
    if (dialect === undefined) throw new Unavailable(`this node does not know the dialect of tenant ${id}`)
    if (dialect.newTenantSecret !== undefined && loaded.sealedSecrets === null) {
      await this.#addSecret(loaded, dialect.newTenantSecret)
      return this.#read(id)
    }
    const secrets = dialect.signsWithApiKeys ? await this.#apiKeysOf(id) : this.#secretsOf(loaded, dialect)
    const before = this.#tenants.peek(id)
    // The keys of an endpoint are prepared together with those of its tenant.
    const isSame = !dialect.signsWithApiKeys && before?.sealedSecrets === loaded.sealedSecrets
    const former = isSame ? before.byKey : undefined
    const endpoints = loaded.endpoints.map((endpoint) =>
      this.#endpoint(endpoint, former?.get(endpoint.key), dialect, secrets),
    )
    return {
      tenant: loaded.tenant,
      dialect,
      secrets,
      sealedSecrets: loaded.sealedSecrets,
      version: loaded.version,
      endpoints,
      byId: new Map(endpoints.map((cached) => [cached.endpoint.id, cached])),
      byKey: new Map(endpoints.map((cached) => [cached.endpoint.key, cached])),
      hasFilters: endpoints.some(({ endpoint }) => Object.keys(endpoint.filters).length > 0),
      chars: endpoints.reduce((sum, { chars }) => sum + chars, 0),
      current: true,
    }
  }

  /** The result of the write does not matter: if another node was first, its secret is read. */
  async #addSecret({ tenant }: LoadedTenant, newSecret: (random: RandomBytes) => string): Promise<void> {
    const { store, seals, clock, randomBytes } = this.#options
    const secret = { value: newSecret(randomBytes), createdAt: clock.now(), expiresAt: null }
    await store.replaceTenantSecrets(tenant.id, null, seals.storedTenantSecrets(tenant, [secret]))
  }

  /** The newest API keys that are not revoked. Keys of older versions were not kept, and do not sign. */
  async #apiKeysOf(tenant: TenantId): Promise<readonly SigningSecret[]> {
    const { store, seals } = this.#options
    const { rows } = await store.listKeys({ limit: limits.signingApiKeysRead, after: null }, tenant)
    const secrets = rows.flatMap((key): SigningSecret[] => {
      const value = seals.openKeyText(key)
      return value === null ? [] : [{ value, createdAt: key.createdAt, expiresAt: null }]
    })
    return secrets.slice(0, limits.secretsPerEndpointMax)
  }

  #secretsOf({ tenant, sealedSecrets }: LoadedTenant, dialect: DeliveryDialect): CachedTenant['secrets'] {
    if (sealedSecrets === null || dialect.newTenantSecret === undefined) return []
    try {
      return this.#options.seals.openTenantSecrets(tenant, sealedSecrets)
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      this.#options.observer.unproved(`the secrets of tenant ${tenant.id}`)
      return 'unreadable'
    }
  }

  #endpoint(
    loaded: LoadedEndpoint,
    former: CachedEndpoint | undefined,
    dialect: DeliveryDialect,
    tenantSecrets: CachedTenant['secrets'],
  ): CachedEndpoint {
    const { sealedSecrets: _secrets, sealedHeaders: _headers, uniqueKey: _key, health, pausedUntil, ...rest } = loaded
    const disabledReason = rest.enabled ? null : (rest.disabledReason ?? 'requested')
    // Reusing unchanged endpoints saves opening the secrets of up to `limits.endpointsPerTenantMax` endpoints whenever
    // one of them changes.
    if (former !== undefined && isUnchanged(former.endpoint, loaded)) {
      // The object must stay the same, because attempts in flight compare it (deliver.ts). Without other nodes, the
      // health in memory is never older than the stored one.
      if (this.#options.store.shared) {
        former.health = health
        former.pausedUntil = pausedUntil
      }
      return former
    }
    const state = { health, pausedUntil, lastPauseMs: 0, disabledReason }
    try {
      if (rest.unreadable) throw new Error(`the event types, filters or details of endpoint ${rest.id} cannot be read`)
      const opened = this.#options.seals.openEndpoint({ ...loaded, dialect: dialect.name })
      const signingKeys = this.#preparedKeys(allSecrets(opened.secrets, tenantSecrets), dialect)
      const endpoint: Endpoint = { ...rest, ...opened }
      return { ...state, endpoint, chars: charsOf(endpoint), wants: this.#wantsOf(endpoint, dialect), signingKeys }
    } catch (error) {
      if (error instanceof VaultError) this.#options.observer.unproved(`endpoint ${rest.key}`)
      // An endpoint that cannot be opened must not affect the other endpoints of its tenant.
      const endpoint: Endpoint = { ...rest, secrets: [], headers: {}, writeOnlyHeaders: [], unreadable: true }
      const signingKeys = (): never => {
        throw error
      }
      return { ...state, endpoint, chars: charsOf(endpoint), wants: prepareMatching(rest), signingKeys }
    }
  }

  /** If the choice of the dialect throws, the endpoint gets the event: a delivery too many is better than a lost one. */
  #wantsOf(endpoint: Endpoint, dialect: DeliveryDialect): Wants {
    const matches = prepareMatching(endpoint)
    const chooses = dialect.wants?.(endpoint) ?? null
    if (chooses === null) return matches
    let isReported = false
    return (event, attributes) => {
      if (!matches(event, attributes)) return false
      try {
        return chooses(event)
      } catch (error) {
        if (!isReported) this.#options.observer.failed(`events of endpoint ${endpoint.key} could not be chosen`, error)
        isReported = true
        return true
      }
    }
  }

  /**
   * Prepares each key once: those of the secrets that are in force, then those of the installation. The list is made again
   * for each attempt only if it depends on the time.
   */
  #preparedKeys(secrets: readonly SigningSecret[], dialect: DeliveryDialect): (nowMs: number) => readonly KeyObject[] {
    const keys = new Map(secrets.map((secret) => [secret, dialect.signingKey(secret.value)]))
    const all = [...keys.values()]
    const own = secrets.every((secret) => secret.expiresAt === null)
      ? () => all
      : (nowMs: number) => secretsInForce(secrets, nowMs).flatMap((secret) => keys.get(secret) ?? [])
    if (dialect.installationSecret === null) return own
    const { installationKeys } = this.#options
    if (secrets.length === 0) return (nowMs) => installationKeys.signing(dialect.name, nowMs)
    return (nowMs) => [...own(nowMs), ...installationKeys.signing(dialect.name, nowMs)]
  }
}

/**
 * The size of an endpoint that counts against `limits.endpointCharsPerTenantMax`: characters of these fields as JSON.
 * Disabling an endpoint and rotating its secret do not change the size, so they are never refused because of the limit.
 */
export function charsOf({ url, eventTypes, filters, details, description, headers }: Endpoint): number {
  return JSON.stringify([url, eventTypes, filters, details, description, headers]).length
}

/** The secrets of an endpoint and of its tenant. @throws Error if those of the tenant cannot be read */
function allSecrets(own: readonly SigningSecret[], ofTenant: CachedTenant['secrets']): readonly SigningSecret[] {
  if (ofTenant === 'unreadable') throw new Error('the secrets of the tenant cannot be read')
  return ofTenant.length === 0 ? own : [...own, ...ofTenant]
}

/** Compares `updatedAt`, because every change of an endpoint makes it later. */
function isUnchanged(known: Endpoint, loaded: LoadedEndpoint): boolean {
  return known.updatedAt === loaded.updatedAt && !known.unreadable && !loaded.unreadable
}
