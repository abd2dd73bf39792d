// The engine accepts events, delivers them and records the outcomes. It depends on the contracts of store, dialect and
// transport only, never on a database or a vendor. One stage is one file:
//
//     accept ─► group commit ─► lanes ─► deliver ─► record ─► group commit
//                                 ▲                               │ retry
//                                 └── schedule ◄── database ◄─────┘

import type { KeyObject } from 'node:crypto'
import type { Attempt } from '../domain/attempt.ts'
import type { Clock } from '../domain/clock.ts'
import type { DeliveryId, EndpointKey, RandomBytes, TenantId } from '../domain/ids.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type { DeliveryDialect, Message } from '../contracts/delivery-dialect.ts'
import type { ErasedEvent } from '../contracts/erase-store.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { Store } from '../contracts/store.ts'
import type { Tracer } from '../contracts/tracer.ts'
import type { NotSent, Sender, SendRequest, SendResult } from '../contracts/transport.ts'
import type { InstallationKeys } from '../vault/installation-keys.ts'
import { Rotation } from '../vault/rotation.ts'
import type { RowSeals } from '../vault/row-seals.ts'
import { type Accepted, Acceptor, type Draft } from './accept.ts'
import { Deliverer } from './deliver.ts'
import { requestOf } from './request-of.ts'
import { GroupCommit } from './group-commit.ts'
import { Lanes } from './lanes.ts'
import { Membership } from './membership.ts'
import { type RecordedAttempt, Recorder } from './record.ts'
import { Polls } from './polls.ts'
import { ReplayJobs } from './replay-jobs.ts'
import { Schedule } from './schedule.ts'
import { StatusCache } from './status-cache.ts'
import { Teller } from './teller.ts'
import { TenantCache } from './tenant-cache.ts'
import { type StatsMs, Upkeep } from './upkeep.ts'
import { WaitingPolls } from './waiting-polls.ts'

export interface EngineOptions {
  readonly store: Store
  readonly seals: RowSeals
  /** By name: every dialect whose tenants may have deliveries, even if this node does not serve its API. */
  readonly dialects: ReadonlyMap<string, DeliveryDialect>
  readonly installationKeys: InstallationKeys
  /**
   * Whether this node attempts deliveries; false leaves them to other nodes, except test events whose caller waits
   * (`Engine.attemptNow`).
   */
  readonly delivers: boolean
  readonly sender: Sender
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  /** Multiplies the waits between attempts (POSTHORN_RETRY_SCALE). */
  readonly retryScale: number
  /** Events, deliveries and attempts older than this are removed. */
  readonly retentionMs: number
  /** Audit records older than this are removed. */
  readonly auditMs: number
  readonly statsMs: StatsMs
  /** The value of the header by which the installation recognises its own deliveries. */
  readonly marker: string
  readonly observer: EngineObserver
  /** Null: there is no tracing. */
  readonly tracer: Tracer | null
}

/** Joins the other nodes, starts to claim and deliver, and runs until `stop`. @throws StoreUnavailable */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const engine = new Engine(options, await Membership.join(options.store, options.clock, options.observer))
  engine.start()
  return engine
}

export class Engine {
  readonly tenantCache: TenantCache
  readonly statusCache: StatusCache
  readonly membership: Membership
  readonly waitingPolls: WaitingPolls
  readonly polls: Polls
  readonly #options: EngineOptions
  readonly #lanes: Lanes
  readonly #commits: GroupCommit
  readonly #schedule: Schedule
  readonly #upkeep: Upkeep
  readonly #acceptor: Acceptor
  readonly #recorder: Recorder
  readonly #deliverer: Deliverer

  constructor(options: EngineOptions, membership: Membership) {
    const { store, seals, clock, observer } = options
    this.#options = options
    this.membership = membership
    const tenantCache = new TenantCache({ ...options, trust: membership })
    this.tenantCache = tenantCache
    this.statusCache = new StatusCache(store)
    const lanes: Lanes = new Lanes({
      start: (delivery) => deliverer.start(delivery),
      hasRoom: (endpoint, tenant) => schedule.hasRoom(endpoint, tenant),
    })
    const commits = new GroupCommit(store, membership, clock, observer, {
      // A node that is stopping starts no attempt, even if the store answers again.
      availabilityChanged: (available) => (available && this.#acceptor.isOpen ? lanes.resume() : lanes.pause()),
      committed: (batch, { told }) => {
        this.statusCache.committed(batch)
        if (told) this.wake()
      },
      remoteHealthFound: (health) => tenantCache.adoptHealth(health),
    })
    const schedule: Schedule = new Schedule(store, membership, tenantCache, lanes, clock, observer)
    const replays = new ReplayJobs({
      ...options,
      tenantCache,
      sent: (endpoints) => {
        for (const endpoint of endpoints) this.statusCache.drop(endpoint)
        this.wake()
      },
    })
    const upkeep = new Upkeep({
      ...options,
      replays,
      rotation: seals.plain.hasOtherKeys ? new Rotation(store, seals, observer) : null,
      told: () => this.wake(),
      swept: () => this.statusCache.dropAll(),
      // An older delivery may be the newest one now.
      pruned: () => this.statusCache.newestPending.dropAll(),
      erased: (events) => this.eventsErased(events),
    })
    const teller = new Teller({ ...options, tenantCache })
    const recorder = new Recorder({ ...options, membership, tenantCache, lanes, commits, schedule, upkeep, teller })
    const deliverer: Deliverer = new Deliverer({ ...options, membership, tenantCache, recorder })
    const waitingPolls = new WaitingPolls(store, clock, observer)
    this.waitingPolls = waitingPolls
    this.polls = new Polls({ ...options, membership, tenantCache, waiting: waitingPolls, deliverer, recorder })
    this.#acceptor = new Acceptor({ ...options, membership, tenantCache, lanes, commits, schedule, waitingPolls })
    this.#lanes = lanes
    this.#commits = commits
    this.#schedule = schedule
    this.#upkeep = upkeep
    this.#recorder = recorder
    this.#deliverer = deliverer
  }

  start(): void {
    this.membership.start({
      lost: () => {
        this.#lanes.dropAll()
        this.#commits.dropAll()
      },
      joined: () => this.wake(),
      tookOver: () => this.wake(),
    })
    this.#options.store.listen((change) => {
      if (change.kind === 'tenant') this.tenantCache.drop(change.tenant)
      else if (change.kind === 'keys') this.tenantCache.keysChanged()
      else if (change.kind === 'due') this.wake()
      else if (change.kind === 'erased') this.#deliverer.erased(change)
    })
    this.#upkeep.start()
    this.wake()
  }

  /** Whether this node can store events, as far as it knows. */
  get canWrite(): boolean {
    const { incarnation } = this.membership
    return incarnation !== null && this.membership.cacheEpoch() !== null && this.#commits.canWrite
  }

  /** Attempts in flight. */
  get inFlight(): number {
    return this.#lanes.inFlight
  }

  /** Deliveries in lanes that wait for their turn. */
  get queued(): number {
    return this.#lanes.queued
  }

  /** Passes every attempt of this node to `tail` once it is durable; null: no longer. */
  watch(tail: ((recorded: RecordedAttempt) => void) | null): void {
    this.#recorder.tail = tail
  }

  /**
   * Stores events with their deliveries and queues the deliveries in their lanes. One result per draft, in order.
   *
   * @throws Unavailable: no event was stored, unless `outcomeUnknown`
   */
  accept(drafts: readonly Draft[]): Promise<readonly Accepted[]> {
    return this.#acceptor.accept(drafts)
  }

  /**
   * Stores an event for one endpoint and waits until its first attempt is recorded. `attempt` is null if that takes
   * longer than `timeoutMs` (the delivery continues), or if nothing was sent.
   *
   * @throws Unavailable: the event was not stored, unless `outcomeUnknown`
   */
  async attemptNow(
    draft: Draft & { readonly only: EndpointKey },
    timeoutMs: number,
  ): Promise<{ readonly delivery: DeliveryId; readonly attempt: Attempt | null }> {
    const { promise: attempted, resolve } = Promise.withResolvers<Attempt | null>()
    const cancelTimeout = this.#options.clock.after(timeoutMs, () => resolve(null))
    let stopWatching = (): void => {}
    try {
      const delivery = await this.#acceptor.acceptForOne(draft, (id) => {
        stopWatching = this.#recorder.watch(id, resolve)
      })
      return { delivery, attempt: await attempted }
    } finally {
      cancelTimeout()
      stopWatching()
    }
  }

  /**
   * Sends an event to an endpoint once, without storing anything.
   *
   * @throws Unavailable: the egress proxy is away or refuses Posthorn
   */
  async tryOut(message: Message, dialect: DeliveryDialect): Promise<SendResult> {
    const { sender, clock } = this.#options
    const request = await this.requestAt(clock.now(), message, dialect)
    const result = await new Promise<SendResult | NotSent>((resolve) => sender.send(request, resolve))
    if ('notSent' in result) throw new Unavailable(`the egress proxy is unavailable: ${result.notSent}`)
    return dialect.outcomeOf === undefined ? result : { ...result, outcome: dialect.outcomeOf(result) }
  }

  /**
   * The request of an attempt that starts at a time.
   *
   * @param keys sign it; default: those of the message's endpoint that are in force then
   * @throws Unavailable
   * @throws Error if there is no key, or the dialect throws
   */
  async requestAt(
    startedAt: number,
    message: Message,
    dialect: DeliveryDialect,
    keys?: readonly KeyObject[],
  ): Promise<SendRequest> {
    const signing = keys ?? (await this.tenantCache.signingKeys(message, startedAt))
    return requestOf(message, dialect, signing, startedAt, this.#options.marker)
  }

  /**
   * Acts on a stored change of an endpoint: attempts that start from now on use the changed endpoint.
   *
   * @param disabled the endpoint if it was disabled or deleted: its deliveries in the lane are cancelled at once, those
   * in the database soon
   */
  endpointChanged(
    tenant: TenantId,
    disabled: { readonly endpoint: EndpointKey; readonly deleted: boolean } | null,
  ): void {
    this.tenantCache.drop(tenant)
    if (disabled === null) return
    this.#recorder.cancelQueued(disabled.endpoint, disabled.deleted ? 'endpoint deleted' : 'endpoint disabled')
    this.#upkeep.sweepSoon()
  }

  /** The data of events was erased: deliveries of them in memory are cancelled, also those that are accepted just now. */
  eventsErased(events: readonly ErasedEvent[]): void {
    for (const event of events) this.#deliverer.erased(event)
    this.statusCache.dropAll()
  }

  /** Continues the erasures that are under way, at once. */
  eraseSoon(): void {
    this.#upkeep.eraseSoon()
  }

  /** Continues the replays that are under way, at once. */
  replaySoon(): void {
    this.#upkeep.replaySoon()
  }

  /** Claims due deliveries at once, if this node attempts deliveries. */
  wake(): void {
    if (this.#options.delivers) this.#schedule.wake()
  }

  /**
   * Refuses new events, waits at most `deadlineMs` for the attempts in flight, and hands back all other deliveries.
   * Resolves when the node holds no delivery.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#acceptor.close()
    this.waitingPolls.stop()
    const { promise: deadline, resolve } = Promise.withResolvers<void>()
    const cancelDeadline = this.#options.clock.after(deadlineMs, resolve)
    await Promise.race([this.#drain(), deadline])
    cancelDeadline()
    this.#commits.close()
    // The next node that claims the delivery of an attempt still in flight sends it again (at least once).
    await this.membership.leave()
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
}
