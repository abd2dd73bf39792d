// Recording the result of an attempt: the recorder adds the attempt and the move of its delivery to a group commit.
// Once they are durable, it wakes the schedule for a retry, reports to the caller that watches the delivery and to the log,
// and starts the sweep of an endpoint that was disabled.

import type { Attempt } from '../domain/attempt.ts'
import type { Clock } from '../domain/clock.ts'
import type { EndReason } from '../domain/delivery.ts'
import type { DisabledReason } from '../domain/endpoint.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { EndpointTelling } from '../domain/operational-events.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { CommitResult, Move } from '../contracts/commit-store.ts'
import type { Finished, Receiving } from './finished.ts'
import type { GroupCommit } from './group-commit.ts'
import type { HeldDelivery, Lanes } from './lanes.ts'
import type { Membership } from './membership.ts'
import type { Schedule } from './schedule.ts'
import type { Teller } from './teller.ts'
import type { TenantCache } from './tenant-cache.ts'
import type { Upkeep } from './upkeep.ts'

/** An attempt that is durable, with the move of its delivery. */
export interface RecordedAttempt extends Receiving {
  readonly delivery: HeldDelivery
  readonly attempt: Attempt
  readonly move: Move
}

export interface RecorderOptions {
  readonly membership: Membership
  readonly tenantCache: TenantCache
  readonly lanes: Lanes
  readonly commits: GroupCommit
  readonly schedule: Schedule
  readonly upkeep: Upkeep
  readonly teller: Teller
  readonly clock: Clock
  readonly observer: EngineObserver
  /** Whether this node claims deliveries that are due; false leaves them to other nodes. */
  readonly delivers: boolean
}

export class Recorder {
  readonly #options: RecorderOptions
  /** Callbacks of requests that wait for the first attempt of a delivery. */
  readonly #watchers = new Map<DeliveryId, (attempt: Attempt | null) => void>()
  /** Gets every attempt once it is durable; null: no stream is open, and attempts cost nothing more. */
  tail: ((recorded: RecordedAttempt) => void) | null = null

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /**
   * Calls `recorded` whenever a move of a delivery is durable, with the attempt that led to it; null: nothing was sent.
   * It is also called with null if the delivery waits because it could not be sent. The returned function stops watching.
   */
  watch(delivery: DeliveryId, recorded: (attempt: Attempt | null) => void): () => void {
    this.#watchers.set(delivery, recorded)
    return () => this.#watchers.delete(delivery)
  }

  /** Records the result of a delivery, and removes the delivery from its lane. */
  finished(finished: Finished): void {
    const { delivery, attempt, succeeded } = finished
    this.record(finished)
    this.#options.lanes.finished(delivery, succeeded && attempt !== null && attempt.durationMs < limits.slowAttemptMs)
  }

  /** Records the result of a delivery that is in no lane. */
  record(finished: Finished): void {
    const { delivery, attempt, move, summary } = finished
    const { membership, commits, teller, clock, observer } = this.#options
    // Another incarnation holds the delivery now, and attempts and records it.
    if (!membership.holds(delivery)) return
    const disabled = summary?.disable
    const at = clock.now()
    const changes = teller.changesOf(finished, at)
    // A look-up copies and interns the id, which costs more than the rest of this function.
    const isWatched = this.tail !== null || (this.#watchers.size > 0 && this.#watchers.has(delivery.id))
    commits.record(
      { delivery: delivery.id, endpoint: delivery.endpoint, attempt, move, at },
      summary,
      disabled === undefined && move.to !== 'waiting' && changes.length === 0 && !isWatched
        ? null
        : (result) => this.#recorded(finished, changes, result),
      changes.length === 0 ? null : teller.wanted(changes),
    )
    if (move.to !== 'waiting') observer.ended(move.to)
    if (disabled === undefined) return
    const reason = summary?.delete === undefined ? cancelReason(disabled) : 'endpoint deleted'
    this.cancelQueued(delivery.endpoint, reason)
  }

  /** As `postponed`, for `waitMs`. A caller that watches the delivery learns that nothing was sent. */
  unsent(delivery: HeldDelivery, waitMs: number): void {
    this.#watchers.get(delivery.id)?.(null)
    this.postponed(delivery, waitMs)
  }

  /** The delivery could not be prepared. The node holds it and tries again after `waitMs`. */
  postponed(delivery: HeldDelivery, waitMs: number = limits.prepareAgainMs): void {
    const { membership, lanes, clock } = this.#options
    lanes.postpone(delivery)
    clock.after(waitMs, () => {
      if (!membership.holds(delivery)) return lanes.release(delivery)
      lanes.push(delivery)
      lanes.pump()
    })
  }

  /** Cancels the deliveries that are queued in the lane of an endpoint. */
  cancelQueued(endpoint: EndpointKey, reason: EndReason): void {
    this.#cancel(this.#options.lanes.drop(endpoint), reason)
  }

  /** Cancels the queued deliveries of an event whose data was erased. */
  cancelErased(isOf: (event: Event) => boolean): void {
    this.#cancel(this.#options.lanes.dropEvent(isOf), 'payload erased')
  }

  #cancel(deliveries: readonly HeldDelivery[], reason: EndReason): void {
    const { commits, clock, observer } = this.#options
    for (const { id, endpoint } of deliveries) {
      const move = { to: 'cancelled', reason } as const
      commits.record({ delivery: id, endpoint, attempt: null, move, at: clock.now() }, null, null)
      observer.ended('cancelled')
    }
  }

  /** The move is durable. */
  #recorded(
    { delivery, attempt, sentTo, move, summary }: Finished,
    changes: readonly EndpointTelling[],
    { disabled }: CommitResult,
  ): void {
    const { tenantCache, schedule, upkeep, delivers, observer } = this.#options
    for (const change of changes) {
      // Another node may have disabled the endpoint before.
      if (change.type !== 'endpoint.disabled' || disabled.includes(change.endpoint)) observer.changed(change)
    }
    this.#watchers.get(delivery.id)?.(attempt)
    if (this.tail !== null && attempt !== null && sentTo !== null) {
      this.tail({ delivery, attempt, move, tenant: sentTo.tenant, endpoint: sentTo.endpoint })
    }
    if (move.to === 'waiting' && delivers) schedule.wakeAt(move.dueAt)
    if (summary?.disable === undefined) return
    tenantCache.drop(delivery.event.tenant)
    upkeep.sweepSoon()
    if (summary.delete !== undefined) upkeep.eraseSoon()
  }
}

/** The reason of a delivery that is cancelled because its endpoint is disabled. */
export function cancelReason(disabled: DisabledReason): EndReason {
  return disabled === 'gone' ? 'endpoint gone' : 'endpoint disabled'
}
