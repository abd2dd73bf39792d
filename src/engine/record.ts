// Recording what becomes of a delivery: its attempt and its move go into a group commit, and what follows from them
// happens once they are durable.

import type { Attempt } from '../domain/attempt.ts'
import type { Clock } from '../domain/clock.ts'
import type { EndReason } from '../domain/delivery.ts'
import type { DisabledReason } from '../domain/endpoint.ts'
import type { DeliveryId, EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { AttemptSummary, Move } from '../contracts/commit-store.ts'
import type { GroupCommit } from './group-commit.ts'
import { bytesOf, type HeldDelivery, type Lanes } from './lanes.ts'
import type { Membership } from './membership.ts'
import type { Schedule } from './schedule.ts'
import type { TenantCache } from './tenant-cache.ts'
import type { Upkeep } from './upkeep.ts'

/** What became of a delivery, for the recorder. */
export interface Finished {
  readonly delivery: HeldDelivery
  /** Null where nothing was sent, because the endpoint is disabled. */
  readonly attempt: Attempt | null
  readonly move: Move
  readonly summary: AttemptSummary | null
  readonly succeeded: boolean
}

export interface RecorderOptions {
  readonly membership: Membership
  readonly tenantCache: TenantCache
  readonly lanes: Lanes
  readonly commits: GroupCommit
  readonly schedule: Schedule
  readonly upkeep: Upkeep
  readonly clock: Clock
  readonly observer: EngineObserver
  /** Whether this node attempts deliveries that are due; false leaves them to other nodes. */
  readonly delivers: boolean
}

export class Recorder {
  readonly #options: RecorderOptions
  /** Callers that wait for the first attempt of a delivery: one for each such request. */
  readonly #watchers = new Map<DeliveryId, (attempt: Attempt | null) => void>()

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** Calls `recorded` once the next attempt of a delivery is durable; the result ends that. */
  watch(delivery: DeliveryId, recorded: (attempt: Attempt | null) => void): () => void {
    this.#watchers.set(delivery, recorded)
    return () => this.#watchers.delete(delivery)
  }

  finished({ delivery, attempt, move, summary, succeeded }: Finished): void {
    const { membership, lanes, commits, clock, observer } = this.#options
    // Another node holds the delivery now and records it.
    if (!membership.holds(delivery)) return lanes.finished(delivery, succeeded)
    const disabled = summary?.disable
    commits.record(
      { delivery: delivery.id, endpoint: delivery.endpoint, attempt, move, at: clock.now() },
      summary,
      disabled === undefined && move.to !== 'waiting' && !this.#watchers.has(delivery.id)
        ? null
        : () => this.#recorded(delivery, attempt, move, disabled !== undefined),
    )
    if (move.to !== 'waiting') observer.ended(move.to)
    lanes.finished(delivery, succeeded)
    if (disabled !== undefined) this.cancelQueued(delivery.endpoint, cancelReason(disabled))
  }

  /** The delivery could not be prepared for sending: the node keeps it and tries again after `limits.prepareAgainMs`. */
  postponed(delivery: HeldDelivery): void {
    const { membership, lanes, clock } = this.#options
    lanes.postpone(delivery)
    clock.after(limits.prepareAgainMs, () => {
      if (!membership.holds(delivery)) return lanes.release(delivery.endpoint, bytesOf(delivery))
      lanes.push(delivery)
      lanes.pump()
    })
  }

  /** Cancels the deliveries that wait in the lane of an endpoint. */
  cancelQueued(endpoint: EndpointKey, reason: EndReason): void {
    const { lanes, commits, clock, observer } = this.#options
    for (const { id } of lanes.drop(endpoint)) {
      const move = { to: 'cancelled', reason } as const
      commits.record({ delivery: id, endpoint, attempt: null, move, at: clock.now() }, null, null)
      observer.ended('cancelled')
    }
  }

  #recorded(delivery: HeldDelivery, attempt: Attempt | null, move: Move, disabled: boolean): void {
    const { tenantCache, schedule, upkeep, delivers } = this.#options
    this.#watchers.get(delivery.id)?.(attempt)
    if (move.to === 'waiting' && delivers) schedule.wakeAt(move.dueAt)
    if (!disabled) return
    tenantCache.drop(delivery.event.tenant)
    upkeep.sweepSoon()
  }
}

/** Why a delivery is cancelled whose endpoint is disabled. */
export function cancelReason(disabled: DisabledReason): EndReason {
  return disabled === 'gone' ? 'endpoint gone' : 'endpoint disabled'
}
