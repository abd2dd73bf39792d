// Claiming deliveries that wait in the database: retries that are due, deliveries whose lane had no room, and
// deliveries of a lost incarnation. A claim leases per endpoint only as many deliveries as its lane has room for, so a
// backlog of a million deliveries for one endpoint does not delay the others. The schedule sleeps until the next
// delivery is due, but at most `limits.claimIntervalMs`, because clocks jump. Tenants take turns in a claim, and each may
// lease its share of the deliveries.

import type { Clock } from '../domain/clock.ts'
import type { EndpointKey, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { IncarnationLost } from '../contracts/store.ts'
import type { ClaimRequest, DueEndpoint, LeaseStore } from '../contracts/lease-store.ts'
import { inTurns } from './in-turns.ts'
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
  /** Endpoints to claim for besides the due ones: their lanes have room again, or a claim for them failed. */
  readonly #refill = new Map<EndpointKey, TenantId>()
  #cancelTimer: (() => void) | null = null
  /** The due time that the timer waits for; Infinity: no timer is set. */
  #wakeAt = Number.POSITIVE_INFINITY
  /** The claims that run now. */
  #claiming: Promise<void> | null = null
  /** Another claim must follow the one that runs. */
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

  /** Claims at once. */
  wake(): void {
    this.wakeAt(this.#clock.now())
  }

  /** Claims at `dueAt` at the latest. */
  wakeAt(dueAt: number): void {
    if (this.#stopped || dueAt >= this.#wakeAt) return
    this.#cancelTimer?.()
    this.#wakeAt = dueAt
    // At most the regular interval: after the clock is set back, `dueAt` is far away.
    const waitMs = Math.min(Math.max(0, dueAt - this.#clock.now()), limits.claimIntervalMs)
    this.#cancelTimer = this.#clock.after(waitMs, () => {
      this.#cancelTimer = null
      this.#wakeAt = Number.POSITIVE_INFINITY
      this.#claimNow()
    })
  }

  /** Claims for an endpoint with a backlog in the database, because its lane has room again. */
  hasRoom(endpoint: EndpointKey, tenant: TenantId): void {
    this.#refill.set(endpoint, tenant)
    this.#claimNow()
  }

  /** Starts no further claim. Resolves when the claim that runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer?.()
    await this.#claiming
  }

  #claimNow(): void {
    this.#again = true
    if (!this.#stopped) this.#claiming ??= this.#claimAll()
  }

  /** Claims until nothing is due and no call has asked for another claim meanwhile. */
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

  /** One bounded claim. True: more deliveries may be due. */
  async #claimOnce(): Promise<boolean> {
    const node = this.#membership.incarnation
    if (node === null) return false
    const now = this.#clock.now()
    const due = await this.#store.dueEndpoints(now, limits.claimEndpointsMax)
    const { requests, left } = this.#plan(due)
    if (requests.length === 0) return false
    const { deliveries, more } = await this.#store.claim(node, now, requests).catch((error: unknown) => {
      // Without this, the endpoints might wait long: a clock that was ahead may have stored a late time for them.
      for (const { endpoint, tenant } of requests) this.#refill.set(endpoint, tenant)
      throw error
    })
    // If the incarnation was lost during the claim, the claimed deliveries are handed back with its other ones.
    if (node !== this.#membership.incarnation) return false
    for (const { event, endpoint } of deliveries) this.#tenantCache.expect(event.tenant, endpoint)
    this.#lanes.pushClaimed(deliveries.map((delivery) => ({ ...delivery, node })))
    for (const endpoint of more) this.#lanes.setBacklog(endpoint, true)
    this.#lanes.pump()
    return left > 0 || due.length === limits.claimEndpointsMax
  }

  /** The requests of one claim, and how many endpoints are left for the next one. */
  #plan(due: readonly DueEndpoint[]): { requests: (ClaimRequest & DueEndpoint)[]; left: number } {
    const endpoints = new Map([...this.#refill, ...due.map(({ endpoint, tenant }) => [endpoint, tenant] as const)])
    const tenants = new Map<TenantId, number>()
    for (const tenant of endpoints.values()) tenants.set(tenant, 0)
    const share = Math.ceil(limits.claimDeliveriesMax / tenants.size)
    let { bytesLeft } = this.#lanes
    const requests: (ClaimRequest & DueEndpoint)[] = []
    for (const [endpoint, tenant] of inTurns([...endpoints], ([, owner]) => owner)) {
      const taken = tenants.get(tenant) ?? 0
      if (requests.length === limits.claimEndpointsMax) break
      if (taken === share) continue
      const room = bytesLeft <= 0 ? 0 : this.#lanes.room(endpoint, tenant)
      const request = { endpoint, tenant, room: Math.min(room, limits.claimPerEndpointMax, share - taken) }
      if (request.room > 0) bytesLeft -= limits.claimPerEndpointBytesMax
      tenants.set(tenant, taken + request.room)
      this.#refill.delete(endpoint)
      requests.push(request)
    }
    return { requests, left: endpoints.size - requests.length }
  }
}
