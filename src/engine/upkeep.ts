// Background work of the node: the sweep (cancelling waiting deliveries of disabled and deleted endpoints), retention,
// and the rotation of the master key.

import type { Clock } from '../domain/clock.ts'
import { limits } from '../domain/limits.ts'
import type { UpkeepStore } from '../contracts/upkeep-store.ts'
import type { Rotation } from '../vault/rotation.ts'
import type { EngineObserver } from '../contracts/observer.ts'

export interface UpkeepOptions {
  readonly store: UpkeepStore
  readonly clock: Clock
  readonly observer: EngineObserver
  /** Events, deliveries and attempts older than this are removed. */
  readonly retentionMs: number
  /** Called when waiting deliveries were cancelled; it is not known of which endpoints. */
  readonly swept: () => void
  /** Called after each step of retention that removed something. */
  readonly pruned: () => void
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

  constructor(options: UpkeepOptions) {
    this.#options = options
  }

  start(): void {
    this.#repeat('retention', limits.retentionIntervalMs, () => this.#prune())
    // An attempt that was in flight when its endpoint was disabled may add a retry after the first sweep.
    this.#repeat('late sweep', limits.sweepIntervalMs, async () => this.sweepSoon())
    this.sweepSoon()
    if (this.#options.rotation !== null) this.#rotate(this.#options.rotation, 0)
  }

  /** Starts a sweep for endpoints that were just disabled or deleted. */
  sweepSoon(): void {
    this.#sweepAgain = true
    if (!this.#timers.has('sweep')) this.#after('sweep', 0, () => this.#sweep())
  }

  /** Starts nothing more. Resolves when the work that runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const cancel of this.#timers.values()) cancel()
    await Promise.all(this.#running)
  }

  async #sweep(): Promise<void> {
    const { store, clock, swept } = this.#options
    while (this.#sweepAgain && !this.#stopped) {
      this.#sweepAgain = false
      while (!this.#stopped && (await store.sweep(clock.now(), limits.bulkStepRows))) swept()
    }
  }

  async #prune(): Promise<void> {
    const { store, clock, retentionMs, pruned } = this.#options
    const now = clock.now()
    while (!this.#stopped && (await store.prune(now - retentionMs, now, limits.retentionStepRows)) > 0) pruned()
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
