// Tenants with their endpoints, in memory, secrets opened: what matching, signing and every "get" read. Whoever writes
// an endpoint drops its tenant here before answering, so that an event accepted after the answer meets the change.

import type { KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type DisabledReason, type Endpoint, type SigningSecret, secretsInForce } from '../domain/endpoint.ts'
import type { EndpointId, EndpointKey, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { Dialect } from '../contracts/dialect.ts'
import {
  type EndpointStore,
  type LeaseStore,
  type LearntHealth,
  type LoadedEndpoint,
  type StoredEndpoint,
  StoreUnavailable,
} from '../contracts/store.ts'
import type { Vault } from '../vault/vault.ts'
import type { Trust } from './membership.ts'

export interface EndpointView {
  readonly endpoint: Endpoint
  /** `charsOf` it. */
  readonly chars: number
  /** The dialect's memory of failures, as last recorded. */
  health: string | null
  /** Why it is off; set when its own outcomes switch it off, ahead of the commit that says so. Null: it is on. */
  off: DisabledReason | null
  /** Throws where the endpoint is unreadable: says why. */
  signingKeys(nowMs: number): readonly KeyObject[]
}

export interface TenantView {
  readonly tenant: Tenant
  readonly dialect: Dialect
  /** As it was read (`LoadedTenant.version`). */
  readonly version: number
  /** Newest first. */
  readonly endpoints: readonly EndpointView[]
  readonly byId: ReadonlyMap<EndpointId, EndpointView>
  readonly byKey: ReadonlyMap<EndpointKey, EndpointView>
  /** Of all its endpoints. */
  readonly chars: number
  /** False: something of it has changed since; what has not is taken over from here when it is read again. */
  current: boolean
}

/** A tenant that is being read. */
interface Loading {
  readonly view: Promise<TenantView | null>
  /** Dropped meanwhile: it may have been read before the change, which has perhaps been answered by now. */
  stale: boolean
}

export class Directory {
  readonly #store: EndpointStore & Pick<LeaseStore, 'shared'>
  readonly #vault: Vault
  readonly #dialects: ReadonlyMap<string, Dialect>
  readonly #views = new LRUCache<TenantId, TenantView>({
    maxSize: limits.cachedEndpointCharsMax,
    sizeCalculation: ({ endpoints, chars }) => 1000 * (1 + endpoints.length) + chars,
  })
  readonly #loading = new Map<TenantId, Loading>()
  readonly #trust: Trust
  /** The epoch in which all that is in memory was read. */
  #epoch: number | null = null
  readonly #installationKeys: ReadonlyMap<string, readonly KeyObject[]>

  /** @param installationSecrets by dialect, of those that sign with one */
  constructor(
    store: EndpointStore & Pick<LeaseStore, 'shared'>,
    vault: Vault,
    dialects: ReadonlyMap<string, Dialect>,
    installationSecrets: ReadonlyMap<string, string>,
    trust: Trust,
  ) {
    this.#trust = trust
    this.#store = store
    this.#vault = vault
    this.#dialects = dialects
    this.#installationKeys = new Map(
      [...installationSecrets].map(([name, secret]) => [
        name,
        [dialects.get(name)?.signingKey(secret)].flatMap((key) => key ?? []),
      ]),
    )
  }

  /** What deliveries of an endpoint that is not stored would be signed with. */
  signingKeys(endpoint: Pick<Endpoint, 'secrets'>, dialect: Dialect, nowMs: number): readonly KeyObject[] {
    return this.#installationKeys.get(dialect.name) ?? preparedKeys(endpoint.secrets, dialect)(nowMs)
  }

  /** The tenant, if it is in memory and may be believed. */
  peek(tenant: TenantId): TenantView | undefined {
    const epoch = this.#trust.epoch()
    if (epoch !== this.#epoch) this.#forget(epoch)
    const view = this.#views.get(tenant)
    return view?.current === true ? view : undefined
  }

  /** The tenant; null: there is none. @throws StoreUnavailable */
  async load(tenant: TenantId): Promise<TenantView | null> {
    for (let tries = 0; tries < limits.updateTriesMax; tries++) {
      const known = this.peek(tenant)
      if (known !== undefined) return known
      const loading = this.#loading.get(tenant) ?? this.#startLoading(tenant)
      const view = await loading.view
      if (!loading.stale) return view
    }
    throw new StoreUnavailable('the tenant keeps changing')
  }

  #startLoading(tenant: TenantId): Loading {
    const finish = (view: TenantView | null): TenantView | null => {
      if (view !== null && !loading.stale && this.#epoch !== null) this.#views.set(tenant, view)
      return view
    }
    const view = this.#read(tenant)
      .then(finish)
      .finally(() => {
        if (this.#loading.get(tenant) === loading) this.#loading.delete(tenant)
      })
    const loading: Loading = { view, stale: false }
    this.#loading.set(tenant, loading)
    return loading
  }

  /** Takes over what another node has recorded of an endpoint's failures, unless this one knows of later ones. */
  learn({ tenant, endpoint, known, health }: LearntHealth): void {
    const view = this.peek(tenant)?.byKey.get(endpoint)
    if (view?.health === known) view.health = health
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
    const view = this.#views.peek(tenant)
    if (view !== undefined) view.current = false
    const loading = this.#loading.get(tenant)
    if (loading !== undefined) loading.stale = true
    this.#loading.delete(tenant)
  }

  #forget(epoch: number | null): void {
    this.#epoch = epoch
    for (const view of this.#views.values()) view.current = false
    this.#views.clear()
    for (const loading of this.#loading.values()) loading.stale = true
    this.#loading.clear()
  }

  /** How an endpoint is stored: secrets and headers sealed for it alone. */
  seal(endpoint: Endpoint, dialect: Dialect): StoredEndpoint {
    const { secrets, headers, ...rest } = endpoint
    return {
      ...rest,
      uniqueKey: dialect.endpointRules.uniqueKey?.(endpoint) ?? null,
      sealedSecrets: this.#vault.seal(JSON.stringify(secrets), sealContext(endpoint, 'secrets')),
      sealedHeaders: this.#vault.seal(JSON.stringify(headers), sealContext(endpoint, 'headers')),
    }
  }

  async #read(id: TenantId): Promise<TenantView | null> {
    const loaded = await this.#store.loadTenant(id)
    if (loaded === null) return null
    const dialect = this.#dialects.get(loaded.tenant.dialect)
    // A newer node may know it: what was accepted for its tenants waits for that one.
    if (dialect === undefined) throw new StoreUnavailable(`this node does not know the dialect of tenant ${id}`)
    const former = this.#views.peek(id)?.byKey
    const endpoints = loaded.endpoints.map((endpoint) => this.#view(endpoint, former?.get(endpoint.key), dialect))
    return {
      tenant: loaded.tenant,
      dialect,
      version: loaded.version,
      endpoints,
      byId: new Map(endpoints.map((view) => [view.endpoint.id, view])),
      byKey: new Map(endpoints.map((view) => [view.endpoint.key, view])),
      chars: endpoints.reduce((sum, { chars }) => sum + chars, 0),
      current: true,
    }
  }

  #view(loaded: LoadedEndpoint, former: EndpointView | undefined, dialect: Dialect): EndpointView {
    const { sealedSecrets, sealedHeaders, uniqueKey: _, health, ...rest } = loaded
    const off = rest.enabled ? null : (rest.disabledReason ?? 'requested')
    // Opened again for each change of one of them, a tenant's thousand endpoints would hold up everybody's events.
    if (former !== undefined && isUnchanged(former.endpoint, loaded)) {
      // It stays one object, by which attempts under way judge too. No other node knows better than this one where there
      // is none, and what is in memory is ahead of what is stored.
      if (this.#store.shared) former.health = health
      return former
    }
    try {
      if (rest.unreadable) throw new Error(`the event types or filters of endpoint ${rest.id} cannot be read`)
      const secrets = JSON.parse(this.#vault.open(sealedSecrets, sealContext(rest, 'secrets'))) as SigningSecret[]
      const headers = JSON.parse(this.#vault.open(sealedHeaders, sealContext(rest, 'headers'))) as Record<
        string,
        string
      >
      const own = this.#installationKeys.get(dialect.name)
      const signingKeys = own === undefined ? preparedKeys(secrets, dialect) : () => own
      const endpoint: Endpoint = { ...rest, secrets, headers }
      return { endpoint, chars: charsOf(endpoint), health, off, signingKeys }
    } catch (error) {
      // It must not take the others of its tenant with it.
      const endpoint: Endpoint = { ...rest, secrets: [], headers: {}, unreadable: true }
      return { endpoint, chars: charsOf(endpoint), health, off, signingKeys: () => unreadable(error) }
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

function unreadable(error: unknown): never {
  throw error
}

/** What a sealed value of an endpoint belongs to. */
export function sealContext(endpoint: Pick<Endpoint, 'tenant' | 'key'>, column: 'secrets' | 'headers'): string {
  return `${endpoint.tenant}|${endpoint.key}|${column}`
}

/** Keys are prepared once; only while an old secret runs out does the answer depend on the time. */
function preparedKeys(secrets: readonly SigningSecret[], dialect: Dialect): (nowMs: number) => readonly KeyObject[] {
  const keys = new Map(secrets.map((secret) => [secret, dialect.signingKey(secret.value)]))
  const all = [...keys.values()]
  if (secrets.every((secret) => secret.expiresAt === null)) return () => all
  return (nowMs) => secretsInForce(secrets, nowMs).flatMap((secret) => keys.get(secret) ?? [])
}
