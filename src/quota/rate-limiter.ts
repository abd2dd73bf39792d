// Request quotas in fixed windows, because that is what vendors' X-RateLimit headers describe; and buckets that refill,
// for the vendor that describes one. Counted in memory; where several nodes count together, see shared-rate-limit.ts.

import { LRUCache } from 'lru-cache'
import { limits } from '../domain/limits.ts'
import type { Quota } from '../contracts/dialect.ts'

export interface Window {
  readonly limit: number
  readonly remaining: number
  /** Unix time in whole seconds at which the window ends. */
  readonly resetsAtSeconds: number
  readonly allowed: boolean
  /** Whole seconds, at least 1, until a request is allowed again. */
  readonly retryAfterSeconds: number
}

export interface RateLimiter {
  /** Counts a request of `who` against a quota: at once, unless the database must be asked. @throws StoreUnavailable */
  take(who: string, quota: Quota, nowMs: number): Window | Promise<Window>
}

interface Count {
  /** The window that is counted; of a bucket, when it was last refilled, ms. */
  at: number
  /** Requests in the window; of a bucket, requests that it has not refilled yet. */
  used: number
}

export class LocalRateLimiter implements RateLimiter {
  readonly #counts = new LRUCache<string, Count>({ max: limits.rateWindowsMax })

  take(who: string, quota: Quota, nowMs: number): Window {
    const refills = quota.burst !== undefined
    const at = refills ? nowMs : windowOf(quota, nowMs)
    let count = this.#counts.get(who)
    if (count === undefined) {
      count = { at, used: 0 }
      this.#counts.set(who, count)
    } else if (at > count.at) {
      // Not where the clock was put back: that opens no window again, and refills no bucket twice.
      const refilled = ((at - count.at) / 1000 / quota.windowSeconds) * quota.requests
      count.used = refills ? Math.max(0, count.used - refilled) : 0
      count.at = at
    }
    const window = describe(quota, count.used + 1, nowMs)
    if (window.allowed) count.used += 1
    return window
  }
}

/** A quota of which nothing was used: what a caller without a valid key is shown. */
export function untouchedWindow(quota: Quota, nowMs: number): Window {
  return describe(quota, 0, nowMs)
}

export function limitOf({ requests, burst }: Quota): number {
  return requests + (burst ?? 0)
}

export function windowOf(quota: Quota, nowMs: number): number {
  return Math.floor(nowMs / 1000 / quota.windowSeconds)
}

export function describe(quota: Quota, used: number, nowMs: number): Window {
  const limit = limitOf(quota)
  const resetsAtSeconds = (windowOf(quota, nowMs) + 1) * quota.windowSeconds
  const waitSeconds =
    quota.burst === undefined ? resetsAtSeconds - nowMs / 1000 : ((used - limit) * quota.windowSeconds) / quota.requests
  return {
    limit,
    remaining: Math.max(0, Math.floor(limit - used)),
    resetsAtSeconds,
    allowed: used <= limit,
    retryAfterSeconds: Math.max(1, Math.ceil(waitSeconds)),
  }
}
