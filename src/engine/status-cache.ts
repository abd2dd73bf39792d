// The statuses of endpoints in memory: results of their attempts, which a vendor's "get webhook" shows. Code that
// records something about an endpoint drops its status here before the record is reported to any caller, so a caller
// never gets a status older than its request. Other nodes cannot drop a status here, so on a shared database a status
// is kept for at most `limits.statusMs`.

import { LRUCache } from 'lru-cache'
import type { RecordedStatus } from '../domain/endpoint.ts'
import type { EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Store } from '../contracts/store.ts'
import type { CommitBatch } from '../contracts/commit-store.ts'

/** A status, or the read that is in flight: all callers wait for the same read. */
interface Entry {
  status: RecordedStatus | Promise<RecordedStatus>
}

export class StatusCache {
  readonly #store: Pick<Store, 'endpointStatus' | 'listDeliveries'>
  readonly #entries: LRUCache<EndpointKey, Entry>

  constructor(store: Pick<Store, 'endpointStatus' | 'listDeliveries' | 'shared'>) {
    this.#store = store
    this.#entries = new LRUCache({ max: limits.cachedStatusesMax, ttl: store.shared ? limits.statusMs : 0 })
  }

  /** The status, if it is in memory. It is the same object until something is recorded about the endpoint. */
  peek(endpoint: EndpointKey): RecordedStatus | undefined {
    const status = this.#entries.get(endpoint)?.status
    return status instanceof Promise ? undefined : status
  }

  /** The status, from memory or from the database. @throws StoreUnavailable */
  async load(endpoint: EndpointKey): Promise<RecordedStatus> {
    const known = this.#entries.get(endpoint)
    if (known !== undefined) return known.status
    const reading = this.#read(endpoint)
    const entry: Entry = { status: reading }
    this.#entries.set(endpoint, entry)
    try {
      entry.status = await reading
      return entry.status
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

  /** Drops the statuses that a batch has changed. */
  committed({ events, moves }: CommitBatch): void {
    if (this.#entries.size === 0) return
    for (const { deliveries } of events) for (const { endpoint } of deliveries) this.drop(endpoint)
    for (const { endpoint } of moves) this.drop(endpoint)
  }

  async #read(endpoint: EndpointKey): Promise<RecordedStatus> {
    const status = await this.#store.endpointStatus(endpoint)
    // `waits` is true only before the first attempt.
    return { ...status, waits: status.attempts === 0 && (await this.#hasPending(endpoint)) }
  }

  async #hasPending(endpoint: EndpointKey): Promise<boolean> {
    const pending = { tenant: null, endpoint, status: 'pending', eventType: null, from: null, to: null } as const
    return (await this.#store.listDeliveries(pending, { limit: 1, after: null })).rows.length > 0
  }
}
