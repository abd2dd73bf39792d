// A clock that a test moves. Work that a timer starts is real (a real database), so moving it lets that work settle.

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

  /** Jumps ahead, and fires what is due then, each once however long it was due. */
  async advance(ms: number): Promise<void> {
    this.#now += ms
    this.#elapsed += ms
    await this.settle()
  }

  /** Somebody sets the clock: timers do not care. */
  set(now: number): void {
    this.#now = now
  }

  /** Fires what is due now, and lets it do its work. */
  async settle(): Promise<void> {
    const due = [...this.#timers].filter((timer) => timer.at <= this.#elapsed).toSorted((a, b) => a.at - b.at)
    for (const timer of due) {
      this.#timers.delete(timer)
      timer.action()
    }
    await sleep(2)
  }
}
