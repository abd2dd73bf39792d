// Request quotas. Most are fixed windows, because vendors' X-RateLimit headers describe windows. One vendor describes a
// bucket that refills. This file counts in memory; shared-rate-limiter.ts counts together with other nodes.

import { LRUCache } from 'lru-cache'
import { limits } from '../domain/limits.ts'
import type { Quota } from '../contracts/dialect.ts'

/** The state of a caller's quota after a request. */
export interface Window {
  readonly limit: number
  readonly remaining: number
  /** Unix time in whole seconds at which the window ends. */
  readonly resetsAtSeconds: number
  readonly allowed: boolean
  /** Whole seconds, at least 1, until a request is allowed again. */
  readonly retryAfterSeconds: number
}

/** Counts requests against quotas. */
export interface RateLimiter {
  /**
   * Counts a request of caller `who`. Returns a promise only if the database must be asked. @throws StoreUnavailable
   */
  take(who: string, quota: Quota, nowMs: number): Window | Promise<Window>
}

interface Count {
  /** The number of the counted window; for a bucket, the time of the last refill in milliseconds. */
  at: number
  /** Requests in the window; for a bucket, requests that have not refilled yet. */
  used: number
}

/** Counts the requests of this node, in memory. */
export class LocalRateLimiter implements RateLimiter {
  readonly #counts = new LRUCache<string, Count>({ maxSize: limits.rateWindowsMax, sizeCalculation: () => 1 })

  take(who: string, quota: Quota, nowMs: number): Window {
    const refills = quota.burst !== undefined
    const at = refills ? nowMs : windowOf(quota, nowMs)
    let count = this.#counts.get(who)
    if (count === undefined) {
      count = { at, used: 0 }
      this.#counts.set(who, count)
    } else if (at > count.at) {
      // A clock that was set back does not get here: it opens no window again and refills no bucket twice.
      const refilled = ((at - count.at) / 1000 / quota.windowSeconds) * quota.requests
      count.used = refills ? Math.max(0, count.used - refilled) : 0
      count.at = at
    }
    const window = describe(quota, count.used + 1, nowMs)
    if (window.allowed) count.used += 1
    return window
  }
}

/** Returns the window of an unused quota, for callers without a valid API key. */
export function untouchedWindow(quota: Quota, nowMs: number): Window {
  return describe(quota, 0, nowMs)
}

/** Returns the requests that may pass in a window, or at once from a full bucket. */
export function limitOf({ requests, burst }: Quota): number {
  return requests + (burst ?? 0)
}

/** Returns the number of the window at a time, counted from 1970. */
export function windowOf(quota: Quota, nowMs: number): number {
  return Math.floor(nowMs / 1000 / quota.windowSeconds)
}

/** Returns the window of a quota after `used` requests. If `used` exceeds the limit, the last request is refused. */
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
