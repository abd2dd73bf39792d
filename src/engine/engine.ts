// The engine: events in, deliveries out, everything recorded. It knows two contracts, the store's and the dialect's,
// and neither a database nor a vendor.
//
//     accept ─► fan-out ─► group commit ─► lanes ─► deliver ─► group commit
//                               ▲                                   │ retry
//                               └── schedule ◄── database ◄─────────┘

import type { Attempt, Sender, SendResult } from '../domain/attempt.ts'
import type { Clock } from '../domain/clock.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, RandomBytes, TenantId } from '../domain/ids.ts'
import { type IngestResult, type Move, type NewEvent, type Store, StoreUnavailable } from '../contracts/store.ts'
import { limits } from '../domain/limits.ts'
import type { Message } from '../contracts/dialect.ts'
import { cancelReason, Deliver, type Finished, requestOf } from './deliver.ts'
import type { Directory, TenantView } from './tenant-cache.ts'
import { fanOut } from './fan-out.ts'
import { GroupCommit } from './group-commit.ts'
import { bytesOf, Lanes, type Work } from './lanes.ts'
import type { Rotation } from '../vault/master-key.ts'
import type { Membership } from './membership.ts'
import type { EngineObserver } from './observer.ts'
import { Schedule } from './schedule.ts'
import { Statuses } from './statuses.ts'
import { Upkeep } from './upkeep.ts'

export interface EngineOptions {
  readonly store: Store
  readonly membership: Membership
  /** Whether deliveries are made here, or left to other nodes. Tests of endpoints are made here all the same. */
  readonly delivers: boolean
  readonly directory: Directory
  readonly sender: Sender
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  /** For jitter: a number in [0, 1). */
  readonly random: () => number
  readonly retryScale: number
  readonly retentionMs: number
  /** Null: there is one master key only. */
  readonly rotation: Rotation | null
  readonly observer: EngineObserver
}

/** An event with the endpoints it is matched against. */
export interface Draft {
  readonly event: Event
  readonly view: TenantView
  /** Delivers to this endpoint alone, whatever it wants: a test event. */
  readonly only?: EndpointKey
}

/**
 * What became of a draft, and how many deliveries it has. `absent`: its tenant is gone. `unsettled`: the tenant kept
 * changing, or the database went away before the event could be matched with how it is now; it was not stored.
 * `unknown`: it may have been stored.
 */
export type Accepted = {
  readonly kind: Exclude<IngestResult['kind'], 'stale'> | 'absent' | 'unsettled' | 'unknown'
  readonly deliveries: readonly DeliveryId[]
  readonly count: number
}

type Settled = Accepted | { readonly kind: 'stale'; readonly deliveries: readonly []; readonly count: 0 }

function isStale({ kind }: Settled): boolean {
  return kind === 'stale'
}

export class Engine {
  /** Whoever records something of an endpoint beside the engine drops its status here. */
  readonly statuses: Statuses
  readonly #options: EngineOptions
  readonly #membership: Membership
  readonly #lanes: Lanes
  readonly #deliver: Deliver
  readonly #commits: GroupCommit
  readonly #schedule: Schedule
  readonly #upkeep: Upkeep
  /** Who waits for the first attempt of a delivery: as many as there are such requests. */
  readonly #watchers = new Map<DeliveryId, (attempt: Attempt | null) => void>()
  #accepting = true

  /** Takes up what waits, and goes on until `stop`. */
  static start(options: EngineOptions): Engine {
    const engine = new Engine(options)
    const { store, membership, directory } = options
    membership.start({
      lost: () => engine.#lost(),
      joined: () => engine.wake(),
      tookOver: () => engine.wake(),
    })
    store.listen((change) => {
      if (change.kind === 'tenant') directory.drop(change.tenant)
      else if (change.kind === 'due') engine.wake()
    })
    engine.#upkeep.start()
    engine.wake()
    return engine
  }

  private constructor(options: EngineOptions) {
    const { store, membership, directory, sender, clock, random, retryScale, retentionMs, rotation, observer } = options
    this.#options = options
    this.#membership = membership
    this.statuses = new Statuses(store)
    this.#lanes = new Lanes({
      start: (work) => this.#deliver.start(work),
      hasRoom: (endpoint) => this.#schedule.hasRoom(endpoint),
    })
    this.#deliver = new Deliver({
      directory,
      trust: membership,
      isHeld: (work) => this.#isHeld(work),
      sender,
      clock,
      random,
      retryScale,
      observer,
      finished: (finished) => this.#finished(finished),
      postponed: (work) => this.#postponed(work),
    })
    this.#commits = new GroupCommit(store, membership, clock, observer, {
      // A node that is stopping begins nothing new, though the store answers again.
      availabilityChanged: (available) => (available && this.#accepting ? this.#lanes.resume() : this.#lanes.pause()),
      committed: (batch) => this.statuses.committed(batch),
      learnt: (learnt) => directory.learn(learnt),
    })
    this.#schedule = new Schedule(store, membership, directory, this.#lanes, clock, observer)
    this.#upkeep = new Upkeep({ store, clock, observer, retentionMs, rotation, swept: () => this.statuses.dropAll() })
  }

  get inFlight(): number {
    return this.#lanes.inFlight
  }

  get queued(): number {
    return this.#lanes.queued
  }

  /**
   * Stores events with their deliveries, all in one transaction, and sends them on their way. An event whose tenant
   * changed on another node meanwhile is matched afresh, in a transaction of its own.
   *
   * @throws StoreUnavailable: none of them was stored, or the node is stopping
   */
  async accept(drafts: readonly Draft[]): Promise<readonly Accepted[]> {
    const plans = drafts.map((draft) => this.#plan(draft))
    const results = await this.#acceptPlanned(drafts, plans, this.#options.delivers)
    return results.some(isStale) ? this.#matchAfresh(drafts, results) : (results as readonly Accepted[])
  }

  #plan({ event, view, only }: Draft): Work[] {
    const node = this.#membership.incarnation
    if (!this.#accepting) throw new StoreUnavailable('the node is stopping')
    if (node === null) throw new StoreUnavailable('this node is joining anew')
    return fanOut(event, view, node, this.#options.randomBytes, only)
  }

  async #matchAfresh(drafts: readonly Draft[], first: readonly Settled[]): Promise<readonly Accepted[]> {
    const results = [...first]
    let left: 'unsettled' | 'unknown' = 'unsettled'
    try {
      for (let tries = 0; tries < limits.eventMatchesMax && results.some(isStale); tries++) {
        const again: { index: number; draft: Draft }[] = []
        for (const [index, result] of results.entries()) {
          const draft = drafts[index]
          if (!isStale(result) || draft === undefined) continue
          const { tenant } = draft.event
          this.#options.directory.drop(tenant)
          const view = await this.#options.directory.load(tenant)
          if (view === null) results[index] = { kind: 'absent', deliveries: [], count: 0 }
          else again.push({ index, draft: { ...draft, view } })
        }
        const matched = again.map(({ draft }) => draft)
        const plans = matched.map((draft) => this.#plan(draft))
        const settled = await this.#acceptPlanned(matched, plans, this.#options.delivers)
        for (const [at, { index }] of again.entries()) results[index] = settled[at] as Settled
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      this.#options.observer.failed('an event could not be matched afresh', error)
      if (error.outcomeUnknown) left = 'unknown'
    }
    return results.map((result): Accepted =>
      isStale(result) ? { kind: left, deliveries: [], count: 0 } : (result as Accepted),
    )
  }

  /** @param keeps whether the node takes the deliveries itself, as far as it has room */
  async #acceptPlanned(
    drafts: readonly Draft[],
    worksOf: readonly Work[][],
    keeps: boolean,
  ): Promise<readonly Settled[]> {
    let bytes = 0
    const plans: { works: Work[]; leased: boolean[] }[] = []
    const events: NewEvent[] = drafts.map(({ event, view }, index) => {
      const works = worksOf[index] ?? []
      const leased = works.map((work) => keeps && this.#lanes.reserve(work.endpoint, bytesOf(work)))
      bytes += event.data.length
      plans.push({ works, leased })
      return {
        event,
        version: view.version,
        deliveries: works.map((work, i) => ({ id: work.id, endpoint: work.endpoint, leased: leased[i] === true })),
      }
    })
    let results: readonly IngestResult[]
    try {
      results = await this.#commits.ingest(events, bytes)
    } catch (error) {
      for (const plan of plans) this.#release(plan)
      throw error
    }
    const accepted = results.map((result, index) => this.#dispatch(result, plans[index]))
    this.#lanes.pump()
    return accepted
  }

  /**
   * Stores an event for one endpoint and waits for its first attempt to be recorded; null: that took longer than
   * `timeoutMs`, and the delivery goes its way.
   *
   * @throws StoreUnavailable: it was not stored
   */
  async attemptNow(
    draft: Draft & { readonly only: EndpointKey },
    timeoutMs: number,
  ): Promise<{ readonly delivery: DeliveryId; readonly attempt: Attempt | null }> {
    let recorded: (attempt: Attempt | null) => void = () => {}
    const attempted = new Promise<Attempt | null>((resolve) => (recorded = resolve))
    const cancel = this.#options.clock.after(timeoutMs, () => recorded(null))
    let delivery: DeliveryId | undefined
    try {
      const works = this.#plan(draft)
      delivery = works[0]?.id
      if (delivery === undefined) throw new StoreUnavailable('the endpoint was changed meanwhile')
      this.#watchers.set(delivery, recorded)
      const [result] = await this.#acceptPlanned([draft], [works], true)
      if (result?.kind !== 'stored') throw new StoreUnavailable('the endpoint was changed meanwhile')
      return { delivery, attempt: await attempted }
    } finally {
      cancel()
      if (delivery !== undefined) this.#watchers.delete(delivery)
    }
  }

  /** Sends an event to an endpoint once; nothing is stored. */
  tryOut(message: Message, view: Pick<TenantView, 'dialect'>): Promise<SendResult> {
    const { directory, sender, clock } = this.#options
    const now = clock.now()
    const keys = directory.signingKeys(message.endpoint, view.dialect, now)
    return new Promise((resolve) => sender.send(requestOf(message, view.dialect, keys, now), resolve))
  }

  /**
   * Acts on a change of an endpoint that has been stored: what comes next meets it as it is now, and what it holds in
   * memory is cancelled where it was switched off or deleted.
   */
  endpointChanged(tenant: TenantId, off: { readonly endpoint: EndpointKey; readonly deleted: boolean } | null): void {
    this.#options.directory.drop(tenant)
    if (off === null) return
    const reason = off.deleted ? 'endpoint deleted' : 'endpoint disabled'
    for (const work of this.#lanes.drop(off.endpoint)) this.#cancel(work, reason)
    this.#upkeep.sweepSoon()
  }

  /** Looks for due deliveries at once: some were made due by hand. */
  wake(): void {
    if (this.#options.delivers) this.#schedule.wakeAt(this.#options.clock.now())
  }

  /** Others have what this node held: it forgets all that it has in memory. */
  #lost(): void {
    this.#lanes.dropAll()
    this.#commits.forget()
  }

  /**
   * Accepts nothing more, lets what is in flight end within `deadlineMs`, hands back the rest. Resolves when the node
   * holds nothing.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#accepting = false
    let cancelDeadline = (): void => {}
    const deadline = new Promise<void>((resolve) => {
      cancelDeadline = this.#options.clock.after(deadlineMs, resolve)
    })
    await Promise.race([this.#drain(), deadline])
    cancelDeadline()
    // What is still in flight goes out again later: at least once, never not at all.
    await this.#membership.leave()
  }

  async #drain(): Promise<void> {
    this.#lanes.pause()
    await Promise.all([this.#schedule.stop(), this.#upkeep.stop(), this.#commits.drained()])
    this.#lanes.dropAll()
    while (this.#lanes.inFlight > 0) {
      await new Promise<void>((resolve) => this.#options.clock.after(20, resolve))
    }
    await this.#commits.drained()
  }

  #dispatch(result: IngestResult, plan: { works: Work[]; leased: boolean[] } | undefined): Settled {
    const works = plan?.works ?? []
    if (plan === undefined || result.kind !== 'stored') {
      if (plan !== undefined) this.#release(plan)
      return {
        kind: result.kind,
        deliveries: [],
        count: result.kind === 'duplicate' ? result.deliveries : 0,
      } as Settled
    }
    for (const [index, work] of works.entries()) {
      if (plan.leased[index] !== true) this.wake()
      else if (this.#isHeld(work)) this.#lanes.push(work)
      else this.#lanes.release(work.endpoint, bytesOf(work))
    }
    this.#options.observer.accepted(1)
    return { kind: 'stored', deliveries: works.map((work) => work.id), count: works.length }
  }

  #release({ works, leased }: { works: Work[]; leased: boolean[] }): void {
    for (const [index, work] of works.entries()) {
      if (leased[index] === true) this.#lanes.release(work.endpoint, bytesOf(work))
    }
  }

  /** Whether it belongs to the present life of the node. */
  #isHeld(work: Work): boolean {
    return work.node === this.#membership.incarnation
  }

  #finished({ work, attempt, move, facts, good }: Finished): void {
    const { clock } = this.#options
    // Others record what becomes of it.
    if (!this.#isHeld(work)) return this.#lanes.finished(work, good)
    const off = facts?.disable
    this.#commits.record(
      { delivery: work.id, endpoint: work.endpoint, attempt, move, at: clock.now() },
      facts,
      off === undefined && move.to !== 'waiting' && !this.#watchers.has(work.id)
        ? null
        : () => this.#recorded(work, attempt, move, off !== undefined),
    )
    if (move.to !== 'waiting') this.#options.observer.ended(move.to)
    this.#lanes.finished(work, good)
    if (off !== undefined) for (const held of this.#lanes.drop(work.endpoint)) this.#cancel(held, cancelReason(off))
  }

  #recorded(work: Work, attempt: Attempt | null, move: Move, switchedOff: boolean): void {
    this.#watchers.get(work.id)?.(attempt)
    if (move.to === 'waiting' && this.#options.delivers) this.#schedule.wakeAt(move.dueAt)
    if (!switchedOff) return
    this.#options.directory.drop(work.event.tenant)
    this.#upkeep.sweepSoon()
  }

  /** It could not be prepared for sending: the node keeps the delivery and tries again. */
  #postponed(work: Work): void {
    this.#lanes.postpone(work)
    this.#options.clock.after(limits.prepareAgainMs, () => {
      if (!this.#isHeld(work)) return this.#lanes.release(work.endpoint, bytesOf(work))
      this.#lanes.push(work)
      this.#lanes.pump()
    })
  }

  #cancel(work: Work, reason: 'endpoint deleted' | ReturnType<typeof cancelReason>): void {
    const { clock, observer } = this.#options
    const move = { to: 'cancelled', reason } as const
    this.#commits.record(
      { delivery: work.id, endpoint: work.endpoint, attempt: null, move, at: clock.now() },
      null,
      null,
    )
    observer.ended('cancelled')
  }
}
