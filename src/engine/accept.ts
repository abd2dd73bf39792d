// Accepting events, the first stage of the engine. The acceptor matches each event with the endpoints of its tenant
// (fan-out.ts), reserves room in their lanes (lanes.ts), commits the event with its deliveries (group-commit.ts), and
// pushes the deliveries into the lanes. A delivery without room waits in the database until schedule.ts claims it.

import { limits } from '../domain/limits.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, OutboxKey, RandomBytes } from '../domain/ids.ts'
import { never } from '../domain/time.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { Trace, Tracer } from '../contracts/tracer.ts'
import type { IngestResult, NewEvent } from '../contracts/commit-store.ts'
import { fanOut } from './fan-out.ts'
import type { GroupCommit } from './group-commit.ts'
import type { HeldDelivery, Lanes } from './lanes.ts'
import type { Membership } from './membership.ts'
import type { Schedule } from './schedule.ts'
import { traced } from './traced.ts'
import type { WaitingPolls } from './waiting-polls.ts'
import type { CachedTenant, TenantCache } from './tenant-cache.ts'

/** An event, and the tenant whose endpoints it is matched with. */
export interface Draft {
  readonly event: Event
  readonly tenant: CachedTenant
  /** The only endpoint that gets the event, even if it does not want the event type: for test events. */
  readonly only?: EndpointKey
  /** The header of its producer, which the trace of the event continues. */
  readonly traceparent?: string | undefined
  /** Set by the acceptor; absent: there is no tracing. */
  trace?: Trace
  /** The event is in the outbox, claimed by this node. */
  readonly outbox?: OutboxKey
}

/**
 * The result of a draft. `stored`, `duplicate` and `conflict` are those of `IngestResult`. `absent`: its tenant is
 * gone. `unsettled`: the event was not stored. The tenant kept changing, or the event could not be matched with the
 * changed tenant, because the database was unavailable or the node was stopping or joining again. `unknown`: the event
 * may have been stored.
 */
export type Accepted = {
  readonly kind: Exclude<IngestResult['kind'], 'stale'> | 'absent' | 'unsettled' | 'unknown'
  /** Empty unless `stored`. */
  readonly deliveries: readonly DeliveryId[]
  /** How many deliveries the event has; for a `duplicate`, those of the first event with this id. */
  readonly count: number
}

/** The result of one commit. `stale`: the event must be matched again. */
type Settled = Accepted | { readonly kind: 'stale'; readonly deliveries: readonly []; readonly count: 0 }

/** The deliveries of one draft. `leased` has one entry per delivery: whether room is reserved for it in its lane. */
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
  readonly waitingPolls: WaitingPolls
  readonly observer: EngineObserver
  /** Null: there is no tracing. */
  readonly tracer: Tracer | null
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
   * Stores events with their deliveries, and pushes the deliveries into the lanes. If another node has changed a tenant
   * since it was read, the commit refuses the events of that tenant as stale. They are matched again and stored in
   * another transaction.
   *
   * @throws Unavailable: no event was stored, unless `outcomeUnknown`
   */
  accept(drafts: readonly Draft[]): Promise<readonly Accepted[]> {
    const { tracer } = this.#options
    return tracer === null ? this.#accept(drafts) : traced(tracer, drafts, (all) => this.#accept(all))
  }

  async #accept(drafts: readonly Draft[]): Promise<readonly Accepted[]> {
    const results = await this.#store(drafts)
    return results.some(isStale) ? this.#matchAgain(drafts, results) : (results as readonly Accepted[])
  }

  /**
   * Stores an event for one endpoint. This node attempts the delivery, even if its role is not to deliver.
   *
   * @param planned is called with the delivery's id before the commit
   * @throws Unavailable: the event was not stored, unless `outcomeUnknown`
   */
  async acceptForOne(
    draft: Draft & { readonly only: EndpointKey },
    planned: (delivery: DeliveryId) => void,
  ): Promise<DeliveryId> {
    const { tracer } = this.#options
    const trace = tracer?.accepting(draft.event, undefined)
    const withTrace = trace === undefined ? draft : { ...draft, trace }
    const held = this.#fanOut(withTrace)
    const delivery = held[0]?.id
    if (delivery !== undefined) {
      planned(delivery)
      const [result] = await this.#commit([withTrace], [held], true)
      if (trace !== undefined) tracer?.accepted(trace, result?.kind ?? null, 1)
      if (result?.kind === 'stored') return delivery
    }
    throw new Unavailable('another request changed the endpoint')
  }

  #fanOut({ event, tenant, only, trace }: Draft): HeldDelivery[] {
    const node = this.#options.membership.incarnation
    if (!this.#open) throw new Unavailable('the node is stopping')
    if (node === null) throw new Unavailable('the node is joining again')
    return fanOut(event, tenant, node, this.#options.randomBytes, only, trace)
  }

  /**
   * Stores drafts in transactions of at most `limits.commitOperationsMax` operations, or of one event. They follow each
   * other, so that the events of other callers are stored between them.
   *
   * @throws Unavailable: no event was stored, unless `outcomeUnknown`
   */
  async #store(drafts: readonly Draft[]): Promise<Settled[]> {
    let settled: Settled[] = []
    while (settled.length < drafts.length) {
      try {
        const next = await this.#storeFrom(drafts, settled.length)
        settled = settled.length === 0 ? next : [...settled, ...next]
      } catch (error) {
        if (settled.length === 0 || !(error instanceof Unavailable)) throw error
        this.#options.observer.failed('the later events of a request could not be stored', error)
        const kind = error.outcomeUnknown ? 'unknown' : 'unsettled'
        while (settled.length < drafts.length) settled.push({ kind, deliveries: [], count: 0 })
      }
    }
    return settled
  }

  /** Stores as many drafts, from this one on, as fit into a transaction. */
  #storeFrom(drafts: readonly Draft[], first: number): Promise<Settled[]> {
    const heldByDraft: HeldDelivery[][] = []
    let operations = 0
    for (let next = first; next < drafts.length; next++) {
      const held = this.#fanOut(drafts[next] as Draft)
      operations += 1 + held.length
      if (next > first && operations > limits.commitOperationsMax) break
      heldByDraft.push(held)
    }
    return this.#commit(drafts.slice(first, first + heldByDraft.length), heldByDraft, this.#options.delivers)
  }

  /** @param leases whether this node leases the deliveries, as far as its lanes have room */
  async #commit(drafts: readonly Draft[], heldByDraft: readonly HeldDelivery[][], leases: boolean): Promise<Settled[]> {
    const { lanes, commits, tracer } = this.#options
    const queuedAt = tracer === null ? 0 : performance.now()
    let bytes = 0
    const plans: Plan[] = []
    const events: NewEvent[] = drafts.map(({ event, tenant, only, outbox }, index) => {
      const held = heldByDraft[index] ?? []
      const leased = held.map((delivery) => leases && delivery.pausedUntil === undefined && lanes.reserve(delivery))
      bytes += event.data.length
      plans.push({ held, leased })
      return {
        event,
        version: tenant.version,
        deliveries: held.map(({ id, endpoint }, i) => ({ id, endpoint, leased: leased[i] === true })),
        ...(only !== undefined && { test: true }),
        ...(outbox !== undefined && { outbox }),
      }
    })
    let results: readonly IngestResult[]
    try {
      results = await commits.ingest(events, bytes)
    } catch (error) {
      for (const plan of plans) this.#release(plan)
      throw error
    }
    if (tracer !== null) for (const { trace } of drafts) if (trace !== undefined) tracer.committed(trace, queuedAt)
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
    const { membership, lanes, schedule, waitingPolls, observer, tracer, delivers } = this.#options
    for (const [index, delivery] of plan.held.entries()) {
      if (plan.leased[index] === true) {
        // If the incarnation was lost during the commit, its deliveries are handed back (membership.ts).
        if (membership.holds(delivery)) lanes.push(delivery)
        else lanes.release(delivery)
      } else {
        tracer?.waits(delivery)
        if (delivery.pausedUntil === never) waitingPolls.wake(delivery.endpoint)
        else if (delivers) schedule.wakeAt(delivery.pausedUntil ?? 0)
      }
    }
    observer.accepted(1)
    return { kind: 'stored', deliveries: plan.held.map(({ id }) => id), count: plan.held.length }
  }

  #release({ held, leased }: Plan): void {
    for (const [index, delivery] of held.entries()) {
      if (leased[index] === true) this.#options.lanes.release(delivery)
    }
  }

  async #matchAgain(drafts: readonly Draft[], first: readonly Settled[]): Promise<readonly Accepted[]> {
    const results = [...first]
    let unresolved: 'unsettled' | 'unknown' = 'unsettled'
    try {
      for (let tries = 0; tries < limits.eventMatchesMax && results.some(isStale); tries++) {
        await this.#matchStale(drafts, results)
      }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      this.#options.observer.failed('an event could not be matched again', error)
      if (error.outcomeUnknown) unresolved = 'unknown'
    }
    return results.map((result): Accepted =>
      isStale(result) ? { kind: unresolved, deliveries: [], count: 0 } : (result as Accepted),
    )
  }

  /** Matches and commits each stale event once more, and replaces its entry in `results`. */
  async #matchStale(drafts: readonly Draft[], results: Settled[]): Promise<void> {
    const { tenantCache } = this.#options
    const again: { index: number; draft: Draft }[] = []
    for (const [index, draft] of drafts.entries()) {
      if (!isStale(results[index] as Settled)) continue
      tenantCache.drop(draft.event.tenant)
      const tenant = await tenantCache.load(draft.event.tenant)
      if (tenant === null) results[index] = { kind: 'absent', deliveries: [], count: 0 }
      else again.push({ index, draft: { ...draft, tenant } })
    }
    const settled = await this.#store(again.map(({ draft }) => draft))
    for (const [at, { index }] of again.entries()) results[index] = settled[at] as Settled
  }
}

function isStale({ kind }: Settled): boolean {
  return kind === 'stale'
}
