// Background work of the node: the sweep (cancelling waiting deliveries of disabled and deleted endpoints), retention,
// erasures, replays, and the rotation of the master key.

import type { Clock } from '../domain/clock.ts'
import { limits } from '../domain/limits.ts'
import type { AuditWrites } from '../contracts/audit-store.ts'
import type { ErasedEvent, EraseStep, EraseStore } from '../contracts/erase-store.ts'
import type { LeaseStore } from '../contracts/lease-store.ts'
import type { PollStore } from '../contracts/poll-store.ts'
import type { StatsStore } from '../contracts/stats-store.ts'
import type { TellingStore } from '../contracts/telling-store.ts'
import type { UpkeepStore } from '../contracts/upkeep-store.ts'
import type { InstallationKeys } from '../vault/installation-keys.ts'
import type { Rotation } from '../vault/rotation.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type { ReplayJobs } from './replay-jobs.ts'

/** How long rollups of statistics are kept. Those by hour are kept as long as events. */
export interface StatsMs {
  /** Of endpoints, tenants and event types by minute. */
  readonly minutes: number
  /** Of dialects by minute; at least as long as `minutes`. */
  readonly dialectMinutes: number
  /** By day, and of dialects by hour; at least as long as events. */
  readonly days: number
}

export interface UpkeepOptions {
  readonly store: UpkeepStore &
    Pick<PollStore, 'failUnfetched'> &
    EraseStore &
    StatsStore &
    TellingStore &
    Pick<AuditWrites, 'pruneAudit'> &
    Pick<LeaseStore, 'shared'>
  readonly clock: Clock
  readonly observer: EngineObserver
  /** Events, deliveries and attempts older than this are removed. */
  readonly retentionMs: number
  /** Audit records older than this are removed. */
  readonly auditMs: number
  readonly statsMs: StatsMs
  /** Called when waiting deliveries were cancelled; it is not known of which endpoints. */
  readonly swept: () => void
  /** Called after each step of retention that removed events or deliveries. */
  readonly pruned: () => void
  /** Called after each step of telling changes that were left out. */
  readonly told: () => void
  /** Called when the data of events was erased because it had expired. */
  readonly erased: (events: readonly ErasedEvent[]) => void
  readonly replays: Pick<ReplayJobs, 'round'>
  readonly installationKeys: Pick<InstallationKeys, 'load'>
  /** Null: there is only one master key. */
  readonly rotation: Rotation | null
}

export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #timers = new Map<string, () => void>()
  readonly #running = new Set<Promise<void>>()
  /** Another sweep must follow the one that runs. */
  #sweepAgain = false
  #stopped = false
  /** The ends of the pauses that are under way. */
  readonly #pauses = new Set<() => void>()

  constructor(options: UpkeepOptions) {
    this.#options = options
  }

  start(): void {
    this.#repeat('retention', limits.retentionIntervalMs, () => this.#prune())
    // An attempt that was in flight when its endpoint was disabled may add a retry after the first sweep.
    this.#repeat('late sweep', limits.sweepIntervalMs, async () => this.sweepSoon())
    this.#repeat('statistics', limits.statsGatherMs, () => this.#moveCounts())
    this.#repeat('late erasures', limits.eraseIntervalMs, async () => this.eraseSoon())
    this.#repeat('late replays', limits.replayIntervalMs, async () => this.replaySoon())
    this.#repeat('operational events', limits.tellLeftOutMs, () => this.#tellLeftOut())
    const { store, installationKeys } = this.#options
    // Another node may have added a pair.
    if (store.shared) this.#repeat('key pairs', limits.installationKeysReadMs, () => installationKeys.load())
    this.sweepSoon()
    this.eraseSoon()
    this.replaySoon()
    if (this.#options.rotation !== null) this.#rotate(this.#options.rotation, 0)
  }

  /** Starts a sweep for endpoints that were just disabled or deleted. */
  sweepSoon(): void {
    this.#sweepAgain = true
    if (!this.#timers.has('sweep')) this.#after('sweep', 0, () => this.#sweep())
  }

  /** Continues the erasures that are under way. */
  eraseSoon(afterMs = 0): void {
    if (!this.#timers.has('erasures')) this.#after('erasures', afterMs, () => this.#erase())
  }

  /** Continues the replays that are under way, at once. */
  replaySoon(): void {
    this.#timers.get('replays')?.()
    this.#after('replays', 0, () => this.#replay())
  }

  /** Starts nothing more. Resolves when the work that runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const cancel of this.#timers.values()) cancel()
    for (const end of this.#pauses) end()
    await Promise.all(this.#running)
  }

  async #sweep(): Promise<void> {
    const { store, clock, swept } = this.#options
    while (this.#sweepAgain && !this.#stopped) {
      this.#sweepAgain = false
      while (!this.#stopped && (await store.sweep(clock.now(), limits.bulkStepRows))) swept()
    }
  }

  async #erase(): Promise<void> {
    const { store, clock, observer, erased } = this.#options
    for (let count = 1; count > 0 && !this.#stopped;) {
      const events = await store.eraseExpired(clock.now(), limits.eraseStepRows)
      count = events.length
      if (count > 0) erased(events)
    }
    let step: EraseStep = 'more'
    while (step !== 'wait' && step !== 'done' && !this.#stopped) {
      step = await this.#spaced(limits.stepPauses, () => store.eraseStep(clock.now(), limits.eraseStepRows))
      if (typeof step === 'object') observer.erasuresEnded(step.ended)
    }
    if (step === 'wait') this.eraseSoon(limits.eraseAgainMs)
  }

  async #replay(): Promise<void> {
    const { clock, replays } = this.#options
    const startedAt = clock.elapsed()
    const waitMs = await replays.round()
    if (waitMs === null || this.#timers.has('replays')) return
    const pauseMs = (clock.elapsed() - startedAt) * limits.stepPauses
    this.#after('replays', Math.max(waitMs, pauseMs), () => this.#replay())
  }

  async #moveCounts(): Promise<void> {
    const { store, clock } = this.#options
    while (!this.#stopped && (await this.#spaced(1, () => store.gatherStats(limits.statsGatherRows))));
    if (this.#stopped || !(await store.claimFold(clock.now(), limits.statsFoldMs))) return
    while (!this.#stopped && (await this.#spaced(1, () => store.foldStats(limits.statsFoldRows))));
  }

  async #tellLeftOut(): Promise<void> {
    const { store, clock, told } = this.#options
    while (!this.#stopped && (await store.tellLeftOut(clock.now(), limits.tellStepRows)) > 0) told()
  }

  /** Runs a step, then pauses so many times as long as it took. Otherwise commits would wait for a step each time. */
  async #spaced<Result>(pauses: number, step: () => Promise<Result>): Promise<Result> {
    const { clock } = this.#options
    const startedAt = clock.elapsed()
    const result = await step()
    const pauseMs = (clock.elapsed() - startedAt) * pauses
    if (pauseMs > 0 && !this.#stopped) await this.#pause(pauseMs)
    return result
  }

  /** Waits until the time is over, or the stop begins. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        this.#pauses.delete(end)
        resolve()
      }
      const cancel = this.#options.clock.after(ms, end)
      this.#pauses.add(end)
    })
  }

  async #prune(): Promise<void> {
    const { store, clock, observer, retentionMs, auditMs, statsMs, pruned, swept } = this.#options
    const now = clock.now()
    const keptMs = retentionMs * limits.unfetchedShare
    while (!this.#stopped && (await store.failUnfetched(now, keptMs, retentionMs, limits.bulkStepRows))) swept()
    let hasRemoved = false
    for (let isDone = false; !isDone && !this.#stopped;) {
      const step = await store.prune(now - retentionMs, now, limits.retentionStepRows)
      isDone = step.visited === 0
      if (!step.hasRemoved) continue
      hasRemoved = true
      pruned()
    }
    if (hasRemoved && !this.#stopped) observer.pruned(now - retentionMs)
    while (!this.#stopped && (await store.pruneAudit(now - auditMs, limits.retentionStepRows)) > 0);
    const ages = {
      minutes: now - statsMs.minutes,
      hours: now - retentionMs,
      days: now - Math.max(statsMs.days, retentionMs),
      dialectMinutes: now - Math.max(statsMs.dialectMinutes, statsMs.minutes),
    }
    while (!this.#stopped && (await store.pruneStats(ages, limits.retentionStepRows)) > 0);
  }

  /** Runs the rotation again and again until nothing is left to seal. */
  #rotate(rotation: Rotation, afterMs: number): void {
    this.#after('rotation of the master key', afterMs, async () => {
      let isDone = false
      try {
        isDone = await rotation.run(() => !this.#stopped)
      } finally {
        if (!isDone) this.#rotate(rotation, limits.rotationAgainMs)
      }
    })
  }

  #repeat(name: string, everyMs: number, action: () => Promise<void>): void {
    this.#after(name, everyMs, async () => {
      await action().finally(() => this.#repeat(name, everyMs, action))
    })
  }

  #after(name: string, ms: number, action: () => Promise<void>): void {
    if (this.#stopped) return
    const cancel = this.#options.clock.after(ms, () => {
      this.#timers.delete(name)
      const run = action()
        .catch((error: unknown) => this.#options.observer.failed(`${name} failed`, error))
        .finally(() => this.#running.delete(run))
      this.#running.add(run)
    })
    this.#timers.set(name, cancel)
  }
}
