// What the database tells of endpoints' deliveries, kept between questions: a vendor's "get webhook" shows it. Whoever
// records something of an endpoint drops here what was read of it, before anybody hears that it was recorded, so that
// no answer is older than the question. Other nodes cannot drop anything here: where there may be some, what was read
// is believed for `limits.statusMs`.

import { LRUCache } from 'lru-cache'
import type { RecordedStatus } from '../domain/endpoint.ts'
import type { EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Soon } from '../domain/maybe-promise.ts'
import type { CommitBatch, Store } from '../contracts/store.ts'

/** A status, or the question that is under way: all who ask meanwhile wait for the same answer. */
interface Entry {
  status: Soon<RecordedStatus>
}

export class Statuses {
  readonly #store: Pick<Store, 'endpointStatus' | 'listDeliveries'>
  readonly #entries: LRUCache<EndpointKey, Entry>

  constructor(store: Pick<Store, 'endpointStatus' | 'listDeliveries' | 'shared'>) {
    this.#store = store
    this.#entries = new LRUCache({ max: limits.cachedStatusesMax, ttl: store.shared ? limits.statusMs : 0 })
  }

  /** The same object as long as nothing was recorded of the endpoint. @throws StoreUnavailable */
  of(endpoint: EndpointKey): Soon<RecordedStatus> {
    const known = this.#entries.get(endpoint)
    if (known !== undefined) return known.status
    const entry: Entry = { status: this.#read(endpoint) }
    this.#entries.set(endpoint, entry)
    return this.#keep(endpoint, entry)
  }

  drop(endpoint: EndpointKey): void {
    this.#entries.delete(endpoint)
  }

  dropAll(): void {
    this.#entries.clear()
  }

  /** Drops what a batch has made old. */
  committed({ events, moves }: CommitBatch): void {
    if (this.#entries.size === 0) return
    for (const { deliveries } of events) for (const { endpoint } of deliveries) this.drop(endpoint)
    for (const { endpoint } of moves) this.drop(endpoint)
  }

  async #keep(endpoint: EndpointKey, entry: Entry): Promise<RecordedStatus> {
    try {
      entry.status = await entry.status
      return entry.status
    } catch (error) {
      if (this.#entries.peek(endpoint) === entry) this.drop(endpoint)
      throw error
    }
  }

  async #read(endpoint: EndpointKey): Promise<RecordedStatus> {
    const status = await this.#store.endpointStatus(endpoint)
    // Only an endpoint without any attempt can have nothing but waiting deliveries.
    return { ...status, waits: status.attempts === 0 && (await this.#hasPending(endpoint)) }
  }

  async #hasPending(endpoint: EndpointKey): Promise<boolean> {
    const pending = { tenant: null, endpoint, status: 'pending', eventType: null, from: null, to: null } as const
    return (await this.#store.listDeliveries(pending, { limit: 1, after: null })).rows.length > 0
  }
}
