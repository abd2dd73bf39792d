// Accepting events: match each event with the endpoints of its tenant, reserve room in their lanes, commit the event
// with its deliveries, and hand the deliveries to the lanes.

import { limits } from '../domain/limits.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, RandomBytes } from '../domain/ids.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { IngestResult, NewEvent } from '../contracts/commit-store.ts'
import { fanOut } from './fan-out.ts'
import type { GroupCommit } from './group-commit.ts'
import { bytesOf, type HeldDelivery, type Lanes } from './lanes.ts'
import type { Membership } from './membership.ts'
import type { Schedule } from './schedule.ts'
import type { CachedTenant, TenantCache } from './tenant-cache.ts'

/** An event with the tenant whose endpoints it is matched with. */
export interface Draft {
  readonly event: Event
  readonly tenant: CachedTenant
  /** Delivers to this endpoint alone, whatever event types it wants: a test event. */
  readonly only?: EndpointKey
}

/**
 * The result of a draft, and how many deliveries it has. `absent`: its tenant is gone. `unsettled`: the tenant kept
 * changing, or the database failed before the event could be matched with the changed tenant; the event was not stored.
 * `unknown`: the event may have been stored.
 */
export type Accepted = {
  readonly kind: Exclude<IngestResult['kind'], 'stale'> | 'absent' | 'unsettled' | 'unknown'
  readonly deliveries: readonly DeliveryId[]
  readonly count: number
}

type Settled = Accepted | { readonly kind: 'stale'; readonly deliveries: readonly []; readonly count: 0 }

/** The deliveries of one draft; `leased` says for each whether its lane has reserved room for it. */
interface Plan {
  readonly held: readonly HeldDelivery[]
  readonly leased: readonly boolean[]
}

export interface AcceptorOptions {
  readonly membership: Membership
  readonly tenantCache: TenantCache
  readonly lanes: Lanes
  readonly commits: GroupCommit
  readonly schedule: Schedule
  readonly observer: EngineObserver
  readonly randomBytes: RandomBytes
  /** Whether this node attempts the deliveries that it accepts; false leaves them to other nodes. */
  readonly delivers: boolean
}

export class Acceptor {
  readonly #options: AcceptorOptions
  #open = true

  constructor(options: AcceptorOptions) {
    this.#options = options
  }

  /** Whether new events are accepted. */
  get isOpen(): boolean {
    return this.#open
  }

  close(): void {
    this.#open = false
  }

  /**
   * Stores events with their deliveries in one transaction, and hands the deliveries to the lanes. Another node may
   * change a tenant meanwhile: then its events are matched again, in another transaction.
   *
   * @throws Unavailable: no event was stored, or the node is stopping
   */
  async accept(drafts: readonly Draft[]): Promise<readonly Accepted[]> {
    const heldOf = drafts.map((draft) => this.#fanOut(draft))
    const results = await this.#commit(drafts, heldOf, this.#options.delivers)
    return results.some(isStale) ? this.#matchAgain(drafts, results) : (results as readonly Accepted[])
  }

  /**
   * Stores an event for one endpoint. This node attempts it, whatever its role.
   *
   * @param planned is given the delivery's id before the commit
   * @throws Unavailable: it was not stored
   */
  async acceptForOne(
    draft: Draft & { readonly only: EndpointKey },
    planned: (delivery: DeliveryId) => void,
  ): Promise<DeliveryId> {
    const held = this.#fanOut(draft)
    const delivery = held[0]?.id
    if (delivery !== undefined) {
      planned(delivery)
      const [result] = await this.#commit([draft], [held], true)
      if (result?.kind === 'stored') return delivery
    }
    throw new Unavailable('another request changed the endpoint')
  }

  #fanOut({ event, tenant, only }: Draft): HeldDelivery[] {
    const node = this.#options.membership.incarnation
    if (!this.#open) throw new Unavailable('the node is stopping')
    if (node === null) throw new Unavailable('the node is joining again')
    return fanOut(event, tenant, node, this.#options.randomBytes, only)
  }

  /** @param keeps whether this node takes the deliveries itself, as far as its lanes have room */
  async #commit(
    drafts: readonly Draft[],
    heldOf: readonly HeldDelivery[][],
    keeps: boolean,
  ): Promise<readonly Settled[]> {
    const { lanes, commits } = this.#options
    let bytes = 0
    const plans: Plan[] = []
    const events: NewEvent[] = drafts.map(({ event, tenant }, index) => {
      const held = heldOf[index] ?? []
      const leased = held.map((delivery) => keeps && lanes.reserve(delivery.endpoint, bytesOf(delivery)))
      bytes += event.data.length
      plans.push({ held, leased })
      return {
        event,
        version: tenant.version,
        deliveries: held.map(({ id, endpoint }, i) => ({ id, endpoint, leased: leased[i] === true })),
      }
    })
    let results: readonly IngestResult[]
    try {
      results = await commits.ingest(events, bytes)
    } catch (error) {
      for (const plan of plans) this.#release(plan)
      throw error
    }
    const settled = results.map((result, index) => this.#settle(result, plans[index] as Plan))
    lanes.pump()
    return settled
  }

  #settle(result: IngestResult, plan: Plan): Settled {
    if (result.kind !== 'stored') {
      this.#release(plan)
      const count = result.kind === 'duplicate' ? result.deliveries : 0
      return { kind: result.kind, deliveries: [], count } as Settled
    }
    const { membership, lanes, schedule, observer, delivers } = this.#options
    for (const [index, delivery] of plan.held.entries()) {
      if (plan.leased[index] === true) {
        if (membership.holds(delivery)) lanes.push(delivery)
        else lanes.release(delivery.endpoint, bytesOf(delivery))
      } else if (delivers) schedule.wake()
    }
    observer.accepted(1)
    return { kind: 'stored', deliveries: plan.held.map(({ id }) => id), count: plan.held.length }
  }

  #release({ held, leased }: Plan): void {
    for (const [index, delivery] of held.entries()) {
      if (leased[index] === true) this.#options.lanes.release(delivery.endpoint, bytesOf(delivery))
    }
  }

  async #matchAgain(drafts: readonly Draft[], first: readonly Settled[]): Promise<readonly Accepted[]> {
    const results = [...first]
    let left: 'unsettled' | 'unknown' = 'unsettled'
    try {
      for (let tries = 0; tries < limits.eventMatchesMax && results.some(isStale); tries++) {
        await this.#matchStale(drafts, results)
      }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      this.#options.observer.failed('an event could not be matched again', error)
      if (error.outcomeUnknown) left = 'unknown'
    }
    return results.map((result): Accepted =>
      isStale(result) ? { kind: left, deliveries: [], count: 0 } : (result as Accepted),
    )
  }

  /** Matches each stale event once more, and puts its result in place. */
  async #matchStale(drafts: readonly Draft[], results: Settled[]): Promise<void> {
    const { tenantCache, delivers } = this.#options
    const again: { index: number; draft: Draft }[] = []
    for (const [index, draft] of drafts.entries()) {
      if (!isStale(results[index] as Settled)) continue
      tenantCache.drop(draft.event.tenant)
      const tenant = await tenantCache.load(draft.event.tenant)
      if (tenant === null) results[index] = { kind: 'absent', deliveries: [], count: 0 }
      else again.push({ index, draft: { ...draft, tenant } })
    }
    const matched = again.map(({ draft }) => draft)
    const heldOf = matched.map((draft) => this.#fanOut(draft))
    const settled = await this.#commit(matched, heldOf, delivers)
    for (const [at, { index }] of again.entries()) results[index] = settled[at] as Settled
  }
}

function isStale({ kind }: Settled): boolean {
  return kind === 'stale'
}
