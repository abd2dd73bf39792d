// Polls: consumers of polling endpoints fetch deliveries, and report the result of each. A fetched delivery still waits in
// the database (contracts/poll-store.ts). The node that gets a result leases the delivery, and judges and records the result
// like the outcome of a request.
//
//     poll ─► waiting-polls.ts ─► fetch ─► encode and sign ─► answer
//     acknowledged, refused, lapsed ─► lease ─► deliver.ts: verdict, health ─► record.ts ─► group commit

import type { Clock } from '../domain/clock.ts'
import type { DeliveryStatus, EndReason } from '../domain/delivery.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import {
  type DeliveryId,
  type EndpointKey,
  type FetchId,
  type Incarnation,
  type RandomBytes,
  type TenantId,
  uuidV7,
} from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type { Move } from '../contracts/commit-store.ts'
import type { ClaimedDelivery } from '../contracts/lease-store.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { FetchedChoice, FetchedDelivery, PollStore } from '../contracts/poll-store.ts'
import { IncarnationLost, StoreUnavailable } from '../contracts/store.ts'
import type { SendRequest, SendResult } from '../contracts/transport.ts'
import type { Deliverer } from './deliver.ts'
import { requestOf } from './request-of.ts'
import type { HeldDelivery } from './lanes.ts'
import type { Membership } from './membership.ts'
import type { Receiving } from './finished.ts'
import type { Recorder } from './record.ts'
import type { CachedEndpoint, TenantCache } from './tenant-cache.ts'
import type { WaitingPoll, WaitingPolls } from './waiting-polls.ts'

/** The endpoint that a consumer polls. */
export interface PolledEndpoint {
  readonly tenant: TenantId
  readonly endpoint: EndpointKey
}

export interface Poll extends PolledEndpoint, Pick<WaitingPoll, 'caller' | 'isGone'> {
  readonly rowsMax: number
  /** How long the poll waits for a delivery, in milliseconds; 0: it does not wait. */
  readonly waitMs: number
  /** Within this time the consumer must acknowledge the deliveries, in milliseconds. */
  readonly ackMs: number
}

/** A delivery as a consumer gets it. */
export interface PolledDelivery {
  readonly id: DeliveryId
  readonly event: Event
  readonly endpoint: Endpoint
  /** The number of its attempt, from 1. */
  readonly attempt: number
  /** As it would be sent to a URL. */
  readonly request: SendRequest
}

/** The result of a poll. */
export interface Polled {
  /** Null: nothing was fetched. */
  readonly fetch: FetchId | null
  /** When the deliveries lapse, and are given again; 0: nothing was fetched. */
  readonly until: number
  readonly deliveries: readonly PolledDelivery[]
  /** Whether more may be due. */
  readonly more: boolean
}

/** A result that a consumer reports. `response` is a text for the history. */
export type ConsumerResult = Pick<SendResult, 'outcome' | 'response'>

export interface PollsOptions {
  readonly store: PollStore
  readonly membership: Membership
  readonly tenantCache: TenantCache
  readonly waiting: WaitingPolls
  readonly deliverer: Deliverer
  readonly recorder: Recorder
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly marker: string
  readonly observer: EngineObserver
}

const nothing: Polled = { fetch: null, until: 0, deliveries: [], more: false }

export class Polls {
  readonly #options: PollsOptions

  constructor(options: PollsOptions) {
    this.#options = options
  }

  /**
   * Fetches deliveries of an endpoint, and waits for one if none is due. Nothing is fetched for an endpoint that is disabled
   * or deleted. The caller has asked `waiting.refuses` if the poll waits.
   *
   * @throws Unavailable
   */
  async poll(poll: Poll): Promise<Polled> {
    const { waiting, clock } = this.#options
    const endsAt = clock.elapsed() + poll.waitMs
    for (;;) {
      // It waits before it looks, so that it misses no delivery that is stored meanwhile.
      const place = poll.waitMs > 0 ? waiting.enter({ ...poll, endsAt }) : null
      try {
        const polled = await this.#fetch(poll)
        if (polled.more) waiting.wake(poll.endpoint)
        if (polled.deliveries.length > 0 || place === null) return polled
        if (!(await place.woken)) return polled
      } finally {
        place?.leave()
      }
    }
  }

  /**
   * Records a result of fetched deliveries, and returns their states after it. Other deliveries of the choice are left out:
   * they have ended, were not fetched, or have lapsed and another consumer was first.
   *
   * @throws Unavailable; with `outcomeUnknown`, the result is recorded later or the deliveries are given again
   */
  async record(
    polled: PolledEndpoint,
    choice: FetchedChoice,
    result: ConsumerResult,
  ): Promise<ReadonlyMap<DeliveryId, DeliveryStatus>> {
    const receiving = await this.#receiving(polled)
    if (receiving === null) return new Map()
    const node = this.#node()
    const leased = await this.#leasing(this.#options.store.leaseFetched(node, polled.endpoint, choice))
    return this.#conclude(
      leased.map((delivery) => ({ ...delivery, node })),
      receiving,
      result,
    )
  }

  async #fetch({ tenant, endpoint, rowsMax, ackMs, isGone }: Poll): Promise<Polled> {
    const { store, clock, randomBytes } = this.#options
    for (;;) {
      const receiving = await this.#receiving({ tenant, endpoint })
      const now = clock.now()
      if (receiving === null || receiving.endpoint.disabledReason !== null) return nothing
      // A poll that finds nothing writes nothing.
      if ((await store.withDueDeliveries([endpoint], now)).length === 0 || isGone()) return nothing
      const node = this.#node()
      const fetch = uuidV7(now, randomBytes) as FetchId
      const until = now + ackMs
      const request = { endpoint, fetch, node, until, rowsMax }
      const { deliveries, lapsed, more } = await this.#leasing(store.fetchDeliveries(request))
      await this.#conclude(
        lapsed.map((delivery) => ({ ...delivery, node })),
        receiving,
        { outcome: { kind: 'timedOut', phase: 'acknowledgement' }, response: null },
      )
      const prepared = await this.#prepared(deliveries, receiving, now)
      if (prepared.length > 0) return { fetch, until, deliveries: prepared, more: more || lapsed.length > 0 }
    }
  }

  /** The deliveries with their requests. One that cannot be prepared ends. */
  async #prepared(
    deliveries: readonly ClaimedDelivery[],
    { tenant, endpoint }: Receiving,
    now: number,
  ): Promise<PolledDelivery[]> {
    const { marker } = this.#options
    const prepared: PolledDelivery[] = []
    for (const { id, event, attempts } of deliveries) {
      const attempt = attempts + 1
      const message = { tenant: tenant.tenant, event, delivery: id, endpoint: endpoint.endpoint, attempt }
      try {
        if (event.erasedAt !== undefined) throw new Error('its data was erased')
        if (event.unreadable) throw new Error(`the attributes of ${event.id} cannot be read`)
        const request = requestOf(message, tenant.dialect, endpoint.signingKeys(now), now, marker)
        prepared.push({ id, event, endpoint: endpoint.endpoint, attempt, request })
      } catch (error) {
        await this.#endUnprepared(id, event, endpoint, error)
      }
    }
    return prepared
  }

  async #endUnprepared(id: DeliveryId, event: Event, { endpoint }: CachedEndpoint, error: unknown): Promise<void> {
    const { store, recorder, observer } = this.#options
    const node = this.#node()
    const move: Move =
      event.erasedAt === undefined
        ? { to: 'failed', reason: event.unreadable ? 'event unreadable' : unpreparedReason(endpoint) }
        : { to: 'cancelled', reason: 'payload erased' }
    if (move.to === 'failed') observer.failed(`delivery ${id} could not be prepared and has failed`, error)
    for (const delivery of await this.#leasing(store.leaseFetched(node, endpoint.key, { ids: [id] }))) {
      const ended = { attempt: null, sentTo: null, move, summary: null, succeeded: false }
      recorder.record({ ...ended, delivery: { ...delivery, node } })
    }
  }

  /** Records one result for all deliveries. Resolves with their states once these are durable. */
  async #conclude(
    deliveries: readonly (FetchedDelivery & HeldDelivery)[],
    receiving: Receiving,
    result: ConsumerResult,
  ): Promise<ReadonlyMap<DeliveryId, DeliveryStatus>> {
    const { deliverer, recorder, clock } = this.#options
    const states = new Map<DeliveryId, DeliveryStatus>()
    if (deliveries.length === 0) return states
    const { promise: late, reject } = Promise.withResolvers<never>()
    const unknown = new StoreUnavailable('the database has not confirmed a result', { outcomeUnknown: true })
    const cancelTimeout = clock.after(limits.storeAnswerMs, () => reject(unknown))
    const stops: (() => void)[] = []
    const durable = deliveries.map((delivery) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      stops.push(recorder.watch(delivery.id, () => resolve()))
      const move = deliverer.concludeFetched(delivery, receiving, result)
      states.set(delivery.id, move.to === 'waiting' ? 'pending' : move.to)
      return promise
    })
    try {
      await Promise.race([Promise.all(durable), late])
      return states
    } finally {
      cancelTimeout()
      for (const stop of stops) stop()
    }
  }

  /** Null: the endpoint was deleted. */
  async #receiving({ tenant: id, endpoint: key }: PolledEndpoint): Promise<Receiving | null> {
    const tenant = await this.#options.tenantCache.load(id)
    const endpoint = tenant?.byKey.get(key)
    return tenant === null || endpoint === undefined ? null : { tenant, endpoint }
  }

  /** @throws Unavailable */
  #node(): Incarnation {
    const { incarnation } = this.#options.membership
    if (incarnation === null) throw new Unavailable('the node is joining again')
    return incarnation
  }

  /** If it is unknown what a call has leased, the node gives up everything that it holds. */
  async #leasing<Value>(call: Promise<Value>): Promise<Value> {
    try {
      return await call
    } catch (error) {
      if (error instanceof IncarnationLost) this.#options.membership.giveUp(error)
      throw error
    }
  }
}

function unpreparedReason({ unreadable }: Endpoint): EndReason {
  return unreadable ? 'endpoint unreadable' : 'internal error'
}
