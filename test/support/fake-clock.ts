// A clock that a test moves. Timers start real work on a real database, so every move of the clock waits 2 ms for it.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../src/domain/clock.ts'

interface Timer {
  readonly at: number
  readonly action: () => void
}

export class FakeClock implements Clock {
  #now: number
  #elapsed = 0
  #timers = new Set<Timer>()

  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#elapsed
  }

  after(ms: number, action: () => void): () => void {
    const timer = { at: this.#elapsed + Math.max(0, ms), action }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Moves the clock ahead and fires the timers that are due then, each of them once. */
  async advance(ms: number): Promise<void> {
    this.#now += ms
    this.#elapsed += ms
    await this.settle()
  }

  /** Sets the clock, as an administrator does. Timers are not affected. */
  set(now: number): void {
    this.#now = now
  }

  /** Fires the timers that are due now, and gives their work 2 ms. */
  async settle(): Promise<void> {
    const due = [...this.#timers].filter((timer) => timer.at <= this.#elapsed).toSorted((a, b) => a.at - b.at)
    for (const timer of due) {
      this.#timers.delete(timer)
      timer.action()
    }
    await sleep(2)
  }
}
