// The customers' servers. Each has a mood (how it answers), and moods change during a run.

import type { SendResult } from '../../src/contracts/transport.ts'
import { parseRetryAfter } from '../../src/net/retry-after.ts'
import type { Random } from '../support/random.ts'
import { pick } from './plan.ts'

export const moods = ['well', 'flapping', 'failing', 'hanging', 'closed', 'rejecting', 'gone', 'busy'] as const

export type Mood = (typeof moods)[number]

/** Values of Retry-After: short, much too long, in the past, and invalid. */
const retryAfters = ['0', '7', '90', '86400', '99999999999', 'Thu, 01 Jan 1970 00:00:00 GMT', 'soon', '-1', '']

export class Receivers {
  readonly #random: Random
  readonly #moods = new Map<string, Mood>()
  #healed = false

  constructor(random: Random) {
    this.#random = random
  }

  setMood(label: string, mood: Mood): void {
    this.#moods.set(label, mood)
  }

  /** From now on all receivers accept every request. */
  heal(): void {
    this.#healed = true
  }

  /** The answer to a request; null: no answer ever. */
  answer(label: string, nowMs: number): SendResult | null {
    const mood = this.#healed ? 'well' : (this.#moods.get(label) ?? 'well')
    switch (mood) {
      case 'well':
        return rejectedOr(pick(this.#random, [200, 201, 204]))
      case 'flapping':
        return rejectedOr(pick(this.#random, [200, 500]))
      case 'failing':
        return rejectedOr(pick(this.#random, [500, 502, 503]))
      case 'hanging':
        return null
      case 'closed':
        return { outcome: { kind: 'unreachable', error: 'connection refused' }, response: null }
      case 'rejecting':
        return rejectedOr(pick(this.#random, [302, 400, 401, 404, 422]))
      case 'gone':
        return rejectedOr(410)
      case 'busy':
        return rejectedOr(pick(this.#random, [429, 503]), parseRetryAfter(pick(this.#random, retryAfters), nowMs))
    }
  }
}

function rejectedOr(status: number, retryAfterMs: number | null = null): SendResult {
  return {
    outcome: status < 300 ? { kind: 'delivered', status } : { kind: 'rejected', status, retryAfterMs },
    response: '',
  }
}
