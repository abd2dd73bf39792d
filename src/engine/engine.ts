// The engine: events in, deliveries out, everything recorded. It knows the contracts of store, dialect and transport,
// and neither a database nor a vendor.
//
//     accept ─► group commit ─► lanes ─► deliver ─► record ─► group commit
//                                 ▲                               │ retry
//                                 └── schedule ◄── database ◄─────┘

import type { Attempt } from '../domain/attempt.ts'
import type { Clock } from '../domain/clock.ts'
import type { DeliveryId, EndpointKey, RandomBytes, TenantId } from '../domain/ids.ts'
import type { DeliveryDialect, Message } from '../contracts/delivery-dialect.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { Store } from '../contracts/store.ts'
import type { Sender, SendResult } from '../contracts/transport.ts'
import { Rotation } from '../vault/rotation.ts'
import type { Vault } from '../vault/vault.ts'
import { type Accepted, Acceptor, type Draft } from './accept.ts'
import { Deliverer, requestOf } from './deliver.ts'
import { GroupCommit } from './group-commit.ts'
import { Lanes } from './lanes.ts'
import { Membership } from './membership.ts'
import { Recorder } from './record.ts'
import { Schedule } from './schedule.ts'
import { StatusCache } from './status-cache.ts'
import { TenantCache } from './tenant-cache.ts'
import { Upkeep } from './upkeep.ts'

export interface EngineOptions {
  readonly store: Store
  readonly vault: Vault
  /** By name: every dialect whose tenants may have deliveries, whether its API is served here or not. */
  readonly dialects: ReadonlyMap<string, DeliveryDialect>
  /** By dialect, of those that sign with a secret of the installation. */
  readonly installationSecrets: ReadonlyMap<string, string>
  /** Whether this node attempts deliveries, or leaves them to other nodes. Test events are attempted here all the same. */
  readonly delivers: boolean
  readonly sender: Sender
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  /** For jitter: a number in [0, 1). */
  readonly random: () => number
  /** POSTHORN_RETRY_SCALE. */
  readonly retryScale: number
  readonly retentionMs: number
  readonly observer: EngineObserver
}

/** Joins the other nodes, claims what waits, and works until `stop`. @throws StoreUnavailable */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const engine = new Engine(options, await Membership.join(options.store, options.clock, options.observer))
  engine.start()
  return engine
}

export class Engine {
  readonly tenantCache: TenantCache
  readonly statusCache: StatusCache
  readonly membership: Membership
  readonly #options: EngineOptions
  readonly #lanes: Lanes
  readonly #commits: GroupCommit
  readonly #schedule: Schedule
  readonly #upkeep: Upkeep
  readonly #acceptor: Acceptor
  readonly #recorder: Recorder

  constructor(options: EngineOptions, membership: Membership) {
    const { store, vault, clock, observer } = options
    this.#options = options
    this.membership = membership
    const tenantCache = new TenantCache({ ...options, trust: membership })
    this.tenantCache = tenantCache
    this.statusCache = new StatusCache(store)
    const lanes: Lanes = new Lanes({
      start: (delivery) => deliverer.start(delivery),
      hasRoom: (endpoint) => schedule.hasRoom(endpoint),
    })
    const commits = new GroupCommit(store, membership, clock, observer, {
      // A node that is stopping starts nothing new, though the store answers again.
      availabilityChanged: (available) => (available && this.#acceptor.isOpen ? lanes.resume() : lanes.pause()),
      committed: (batch) => this.statusCache.committed(batch),
      remoteHealthFound: (health) => tenantCache.adoptHealth(health),
    })
    const schedule: Schedule = new Schedule(store, membership, tenantCache, lanes, clock, observer)
    const upkeep = new Upkeep({
      ...options,
      rotation: vault.hasOtherKeys ? new Rotation(store, vault, observer) : null,
      swept: () => this.statusCache.dropAll(),
    })
    const recorder = new Recorder({ ...options, membership, tenantCache, lanes, commits, schedule, upkeep })
    const deliverer: Deliverer = new Deliverer({ ...options, membership, tenantCache, recorder })
    this.#acceptor = new Acceptor({ ...options, membership, tenantCache, lanes, commits, schedule })
    this.#lanes = lanes
    this.#commits = commits
    this.#schedule = schedule
    this.#upkeep = upkeep
    this.#recorder = recorder
  }

  start(): void {
    this.membership.start({
      lost: () => {
        this.#lanes.dropAll()
        this.#commits.forget()
      },
      joined: () => this.wake(),
      tookOver: () => this.wake(),
    })
    this.#options.store.listen((change) => {
      if (change.kind === 'tenant') this.tenantCache.drop(change.tenant)
      else if (change.kind === 'due') this.wake()
    })
    this.#upkeep.start()
    this.wake()
  }

  /** Attempts that run now. */
  get inFlight(): number {
    return this.#lanes.inFlight
  }

  /** Deliveries in memory that wait for their turn. */
  get queued(): number {
    return this.#lanes.queued
  }

  /** Stores events with their deliveries, and starts them. @throws Unavailable: no event was stored */
  accept(drafts: readonly Draft[]): Promise<readonly Accepted[]> {
    return this.#acceptor.accept(drafts)
  }

  /**
   * Stores an event for one endpoint and waits until its first attempt is recorded; null: that took longer than
   * `timeoutMs`, and the delivery continues.
   *
   * @throws Unavailable: it was not stored
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

  /** Sends an event to an endpoint once; nothing is stored. */
  tryOut(message: Message, dialect: DeliveryDialect): Promise<SendResult> {
    const { sender, clock } = this.#options
    const now = clock.now()
    const keys = this.tenantCache.signingKeys(message.endpoint, dialect, now)
    return new Promise((resolve) => sender.send(requestOf(message, dialect, keys, now), resolve))
  }

  /**
   * Acts on a stored change of an endpoint: everything that starts from now on sees the change. Where the endpoint was
   * disabled or deleted, its deliveries in memory are cancelled at once, and those in the database soon.
   */
  endpointChanged(tenant: TenantId, off: { readonly endpoint: EndpointKey; readonly deleted: boolean } | null): void {
    this.tenantCache.drop(tenant)
    if (off === null) return
    this.#recorder.cancelQueued(off.endpoint, off.deleted ? 'endpoint deleted' : 'endpoint disabled')
    this.#upkeep.sweepSoon()
  }

  /** Looks for due deliveries at once. */
  wake(): void {
    if (this.#options.delivers) this.#schedule.wake()
  }

  /**
   * Accepts no more events, lets attempts in flight end within `deadlineMs`, and hands back the rest. Resolves when the
   * node holds no delivery.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#acceptor.close()
    const { promise: deadline, resolve } = Promise.withResolvers<void>()
    const cancelDeadline = this.#options.clock.after(deadlineMs, resolve)
    await Promise.race([this.#drain(), deadline])
    cancelDeadline()
    // An attempt that is still in flight is repeated by the next holder: at least once.
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
