// Takes up deliveries that wait in the database: retries that are due, overflow, what an earlier life of the node left
// behind. Per endpoint only what its lane has room for, so a backlog of a million for one endpoint costs the others
// nothing. It sleeps until something is due and looks now and then all the same, because clocks jump.

import type { Clock } from '../domain/clock.ts'
import type { EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { IncarnationLost } from '../contracts/store.ts'
import type { ClaimRequest, LeaseStore } from '../contracts/lease-store.ts'
import type { TenantCache } from './tenant-cache.ts'
import type { Lanes } from './lanes.ts'
import type { Membership } from './membership.ts'
import type { EngineObserver } from '../contracts/observer.ts'

export class Schedule {
  readonly #store: LeaseStore
  readonly #membership: Pick<Membership, 'incarnation' | 'giveUp'>
  readonly #tenantCache: Pick<TenantCache, 'expect'>
  readonly #lanes: Lanes
  readonly #clock: Clock
  readonly #observer: EngineObserver
  /** Endpoints whose lanes have room again. */
  readonly #refill = new Set<EndpointKey>()
  #cancelTimer: (() => void) | null = null
  #wakeAt = Number.POSITIVE_INFINITY
  #claiming: Promise<void> | null = null
  #again = false
  #stopped = false

  constructor(
    store: LeaseStore,
    membership: Pick<Membership, 'incarnation' | 'giveUp'>,
    tenantCache: Pick<TenantCache, 'expect'>,
    lanes: Lanes,
    clock: Clock,
    observer: EngineObserver,
  ) {
    this.#store = store
    this.#membership = membership
    this.#tenantCache = tenantCache
    this.#lanes = lanes
    this.#clock = clock
    this.#observer = observer
  }

  /** Looks at once. */
  wake(): void {
    this.wakeAt(this.#clock.now())
  }

  /** Looks no later than when this delivery is due. */
  wakeAt(dueAt: number): void {
    if (this.#stopped || dueAt >= this.#wakeAt) return
    this.#cancelTimer?.()
    this.#wakeAt = dueAt
    // No longer than till the next look: a clock that is set back puts what is due far away.
    const waitMs = Math.min(Math.max(0, dueAt - this.#clock.now()), limits.claimIntervalMs)
    this.#cancelTimer = this.#clock.after(waitMs, () => {
      this.#cancelTimer = null
      this.#wakeAt = Number.POSITIVE_INFINITY
      this.#look()
    })
  }

  /** The lane of an endpoint with a backlog in the database has room again. */
  hasRoom(endpoint: EndpointKey): void {
    this.#refill.add(endpoint)
    this.#look()
  }

  /** Claims nothing more; resolves when a claim under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer?.()
    await this.#claiming
  }

  #look(): void {
    this.#again = true
    if (!this.#stopped) this.#claiming ??= this.#claimAll()
  }

  /** Claims until nothing more is due, and until nobody has asked for another look meanwhile. */
  async #claimAll(): Promise<void> {
    let next = 0
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false
        if (await this.#claimOnce()) this.#again = true
        else next = (await this.#store.nextDueAt()) ?? Number.POSITIVE_INFINITY
      }
      next = Math.min(next, this.#clock.now() + limits.claimIntervalMs)
      this.#observer.storeAnswered('claims')
    } catch (error) {
      if (error instanceof IncarnationLost) this.#membership.giveUp(error)
      else this.#observer.failed('due deliveries could not be claimed', error, 'claims')
      next = this.#clock.now() + limits.claimAgainMs
    }
    this.#claiming = null
    this.wakeAt(next)
  }

  /** One bounded claim; true: there may be more. */
  async #claimOnce(): Promise<boolean> {
    const node = this.#membership.incarnation
    if (node === null) return false
    const now = this.#clock.now()
    const due = await this.#store.dueEndpoints(now, limits.claimEndpointsMax)
    const endpoints = new Set([...[...this.#refill].slice(0, limits.claimEndpointsMax), ...due])
    if (endpoints.size === 0) return false
    let left: number = limits.claimDeliveriesMax
    let { bytesLeft } = this.#lanes
    const requests: ClaimRequest[] = []
    for (const endpoint of endpoints) {
      if (left === 0) break
      this.#refill.delete(endpoint)
      const room = bytesLeft > 0 ? Math.min(this.#lanes.room(endpoint), limits.claimPerEndpointMax, left) : 0
      left -= room
      if (room > 0) bytesLeft -= limits.claimPerEndpointBytesMax
      requests.push({ endpoint, room })
    }
    const { deliveries, more } = await this.#store.claim(node, now, requests).catch((error: unknown) => {
      // The database may look at them again much later only, where a clock that was ahead told it when.
      for (const { endpoint } of requests) this.#refill.add(endpoint)
      throw error
    })
    // What a life that has ended meanwhile has claimed is handed back with all that it held.
    if (node !== this.#membership.incarnation) return false
    for (const { event, endpoint } of deliveries) this.#tenantCache.expect(event.tenant, endpoint)
    this.#lanes.pushClaimed(deliveries.map((delivery) => ({ ...delivery, node })))
    for (const endpoint of more) this.#lanes.setBacklog(endpoint, true)
    this.#lanes.pump()
    return left === 0 || due.length === limits.claimEndpointsMax || this.#refill.size > 0
  }
}
