// The statuses of endpoints in memory: results of their attempts, which a vendor's "get webhook" shows. Code that
// records something about an endpoint drops its status here before the record is reported to any caller, so a caller
// never gets a status older than its request. Other nodes cannot drop a status here, so on a shared database a status
// is kept for at most `limits.statusMs`.

import { LRUCache } from 'lru-cache'
import type { EndpointStatus } from '../domain/endpoint.ts'
import type { EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Store } from '../contracts/store.ts'
import type { CommitBatch } from '../contracts/commit-store.ts'
import { everyDelivery } from '../contracts/history-store.ts'

type StatusReads = Pick<Store, 'endpointStatus' | 'listDeliveries' | 'shared'>

export class StatusCache {
  /** The status of an endpoint. It is the same object until something is recorded about the endpoint. */
  readonly recorded: CachedReads<EndpointStatus>
  /** Whether the newest delivery of an endpoint is pending. */
  readonly newestPending: CachedReads<boolean>

  constructor(store: StatusReads) {
    this.recorded = new CachedReads(store, (endpoint) => store.endpointStatus(endpoint))
    this.newestPending = new CachedReads(store, async (endpoint) => {
      const { rows } = await store.listDeliveries({ ...everyDelivery, endpoint }, { limit: 1, after: null })
      return rows[0]?.status === 'pending'
    })
  }

  drop(endpoint: EndpointKey): void {
    this.recorded.drop(endpoint)
    this.newestPending.drop(endpoint)
  }

  dropAll(): void {
    this.recorded.dropAll()
    this.newestPending.dropAll()
  }

  /** Drops the statuses that a batch has changed. */
  committed({ events, moves }: CommitBatch): void {
    if (this.recorded.isEmpty && this.newestPending.isEmpty) return
    for (const { deliveries } of events) for (const { endpoint } of deliveries) this.drop(endpoint)
    for (const { endpoint } of moves) this.drop(endpoint)
  }
}

/** A value, or the read that is in flight: all callers wait for the same read. */
interface Entry<Value> {
  value: Value | Promise<Value>
}

/** One value of each endpoint, read from the database when it is first asked for. */
class CachedReads<Value extends object | boolean> {
  readonly #read: (endpoint: EndpointKey) => Promise<Value>
  readonly #entries: LRUCache<EndpointKey, Entry<Value>>

  constructor({ shared }: Pick<Store, 'shared'>, read: (endpoint: EndpointKey) => Promise<Value>) {
    this.#read = read
    this.#entries = new LRUCache({ max: limits.cachedStatusesMax, ttl: shared ? limits.statusMs : 0 })
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  /** The value, if it is in memory. */
  peek(endpoint: EndpointKey): Value | undefined {
    const value = this.#entries.get(endpoint)?.value
    return value instanceof Promise ? undefined : value
  }

  /** The value, from memory or from the database. @throws StoreUnavailable */
  async load(endpoint: EndpointKey): Promise<Value> {
    const known = this.#entries.get(endpoint)
    if (known !== undefined) return known.value
    const reading = this.#read(endpoint)
    const entry: Entry<Value> = { value: reading }
    this.#entries.set(endpoint, entry)
    try {
      entry.value = await reading
      return entry.value
    } catch (error) {
      if (this.#entries.peek(endpoint) === entry) this.drop(endpoint)
      throw error
    }
  }

  drop(endpoint: EndpointKey): void {
    this.#entries.delete(endpoint)
  }

  dropAll(): void {
    this.#entries.clear()
  }
}
