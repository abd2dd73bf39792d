// The engine: events in, deliveries out, everything recorded. It knows two contracts, the store's and the dialect's,
// and neither a database nor a vendor.
//
//     accept ─► fan-out ─► group commit ─► lanes ─► deliver ─► group commit
//                               ▲                                   │ retry
//                               └── schedule ◄── database ◄─────────┘

import type { Attempt, Sender, SendResult } from '../domain/attempt.ts'
import type { Clock } from '../domain/clock.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, Incarnation, RandomBytes, TenantId } from '../domain/ids.ts'
import { type IngestResult, type Move, type NewEvent, type Store, StoreUnavailable } from '../store/store.ts'
import { limits } from '../domain/limits.ts'
import type { Message } from '../dialects/dialect.ts'
import { cancelReason, Deliver, type Finished, requestOf } from './deliver.ts'
import type { Directory, TenantView } from './directory.ts'
import { fanOut } from './fan-out.ts'
import { GroupCommit } from './group-commit.ts'
import { bytesOf, Lanes, type Work } from './lanes.ts'
import type { EngineObserver } from './observer.ts'
import { Schedule } from './schedule.ts'
import { Upkeep } from './upkeep.ts'

export interface EngineOptions {
  readonly store: Store
  readonly directory: Directory
  readonly sender: Sender
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  /** For jitter: a number in [0, 1). */
  readonly random: () => number
  readonly retryScale: number
  readonly retentionMs: number
  readonly observer: EngineObserver
}

/** An event with the endpoints it is matched against. */
export interface Draft {
  readonly event: Event
  readonly view: TenantView
  /** Delivers to this endpoint alone, whatever it wants: a test event. */
  readonly only?: EndpointKey
}

/** What became of a draft, and how many deliveries it has. */
export type Accepted = {
  readonly kind: IngestResult['kind']
  readonly deliveries: readonly DeliveryId[]
  readonly count: number
}

export class Engine {
  readonly #options: EngineOptions
  readonly #node: Incarnation
  readonly #lanes: Lanes
  readonly #deliver: Deliver
  readonly #commits: GroupCommit
  readonly #schedule: Schedule
  readonly #upkeep: Upkeep
  /** Who waits for the first attempt of a delivery: as many as there are such requests. */
  readonly #watchers = new Map<DeliveryId, (attempt: Attempt | null) => void>()
  #accepting = true

  /** Registers the node, takes up what an earlier life left behind, and starts. */
  static async start(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options, await options.store.join(options.clock.now()))
    engine.#upkeep.start()
    engine.#schedule.wakeAt(options.clock.now())
    return engine
  }

  private constructor(options: EngineOptions, node: Incarnation) {
    const { store, directory, sender, clock, random, retryScale, retentionMs, observer } = options
    this.#options = options
    this.#node = node
    this.#lanes = new Lanes({
      start: (work) => this.#deliver.start(work),
      hasRoom: (endpoint) => this.#schedule.hasRoom(endpoint),
    })
    this.#deliver = new Deliver({
      directory,
      sender,
      clock,
      random,
      retryScale,
      observer,
      finished: (finished) => this.#finished(finished),
      postponed: (work) => this.#postponed(work),
    })
    this.#commits = new GroupCommit(store, node, clock, observer, {
      availabilityChanged: (available) => (available ? this.#lanes.resume() : this.#lanes.pause()),
    })
    this.#schedule = new Schedule(store, node, this.#lanes, clock, observer)
    this.#upkeep = new Upkeep({ store, node, clock, observer, retentionMs })
  }

  get inFlight(): number {
    return this.#lanes.inFlight
  }

  get queued(): number {
    return this.#lanes.queued
  }

  /**
   * Stores events with their deliveries, all in one transaction, and sends them on their way.
   *
   * @throws StoreUnavailable: none of them was stored, or the node is stopping
   */
  async accept(drafts: readonly Draft[]): Promise<readonly Accepted[]> {
    const { randomBytes } = this.#options
    return this.#acceptPlanned(
      drafts,
      drafts.map(({ event, view, only }) => fanOut(event, view, randomBytes, only)),
    )
  }

  async #acceptPlanned(drafts: readonly Draft[], worksOf: readonly Work[][]): Promise<readonly Accepted[]> {
    if (!this.#accepting) throw new StoreUnavailable('the node is stopping')
    let bytes = 0
    const plans: { works: Work[]; leased: boolean[] }[] = []
    const events: NewEvent[] = drafts.map(({ event }, index) => {
      const works = worksOf[index] ?? []
      const leased = works.map((work) => this.#lanes.reserve(work.endpoint, bytesOf(work)))
      bytes += event.data.length
      plans.push({ works, leased })
      return {
        event,
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
      const works = fanOut(draft.event, draft.view, this.#options.randomBytes, draft.only)
      delivery = works[0]?.id
      if (delivery === undefined) throw new Error('the endpoint is off')
      this.#watchers.set(delivery, recorded)
      await this.#acceptPlanned([draft], [works])
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
    this.#schedule.wakeAt(this.#options.clock.now())
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
    await this.#options.store.leave(this.#node)
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

  #dispatch(result: IngestResult, plan: { works: Work[]; leased: boolean[] } | undefined): Accepted {
    const works = plan?.works ?? []
    if (plan === undefined || result.kind !== 'stored') {
      if (plan !== undefined) this.#release(plan)
      return { kind: result.kind, deliveries: [], count: result.kind === 'duplicate' ? result.deliveries : 0 }
    }
    for (const [index, work] of works.entries()) {
      if (plan.leased[index] === true) this.#lanes.push(work)
      else this.#schedule.wakeAt(work.event.acceptedAt)
    }
    this.#options.observer.accepted(1)
    return { kind: 'stored', deliveries: works.map((work) => work.id), count: works.length }
  }

  #release({ works, leased }: { works: Work[]; leased: boolean[] }): void {
    for (const [index, work] of works.entries()) {
      if (leased[index] === true) this.#lanes.release(work.endpoint, bytesOf(work))
    }
  }

  #finished({ work, attempt, move, facts, good }: Finished): void {
    const { clock } = this.#options
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
    if (move.to === 'waiting') this.#schedule.wakeAt(move.dueAt)
    if (!switchedOff) return
    this.#options.directory.drop(work.event.tenant)
    this.#upkeep.sweepSoon()
  }

  /** Its endpoint could not be read: the node keeps the delivery and tries again. */
  #postponed(work: Work): void {
    this.#lanes.finished(work, false)
    this.#options.clock.after(limits.claimAgainMs, () => {
      this.#lanes.pushClaimed([work])
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
