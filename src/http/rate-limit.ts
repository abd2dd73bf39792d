// Request quotas in fixed windows, because that is what vendors' X-RateLimit headers describe.

import { LRUCache } from 'lru-cache'
import { limits } from '../domain/limits.ts'
import type { RateLimit } from '../dialects/dialect.ts'

export interface Window {
  readonly limit: number
  readonly remaining: number
  /** Unix time in whole seconds at which the window ends. */
  readonly resetsAtSeconds: number
  readonly allowed: boolean
  /** Whole seconds, at least 1, until the window ends. */
  readonly retryAfterSeconds: number
}

export class RateLimiter {
  readonly #counts = new LRUCache<string, { window: number; count: number }>({ max: limits.rateWindowsMax })

  /** Counts a request of `who` against its limit. */
  take(who: string, limit: RateLimit, nowMs: number): Window {
    const window = windowOf(limit, nowMs)
    let state = this.#counts.get(who)
    if (state === undefined || state.window !== window) {
      state = { window, count: 0 }
      this.#counts.set(who, state)
    }
    state.count += 1
    return describe(limit, window, state.count, nowMs)
  }
}

/** A window in which nothing was counted: what a caller without a valid key is shown. */
export function untouchedWindow(limit: RateLimit, nowMs: number): Window {
  return describe(limit, windowOf(limit, nowMs), 0, nowMs)
}

function windowOf(limit: RateLimit, nowMs: number): number {
  return Math.floor(nowMs / 1000 / limit.windowSeconds)
}

function describe(limit: RateLimit, window: number, count: number, nowMs: number): Window {
  const resetsAtSeconds = (window + 1) * limit.windowSeconds
  return {
    limit: limit.requests,
    remaining: Math.max(0, limit.requests - count),
    resetsAtSeconds,
    allowed: count <= limit.requests,
    retryAfterSeconds: Math.max(1, Math.ceil(resetsAtSeconds - nowMs / 1000)),
  }
}
