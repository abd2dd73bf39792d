// Request quotas that several nodes hold together. Each takes small shares of what is left and lets requests pass out of
// its share without asking; near the limit it asks for every one. So never more pass than the quota allows, and what lies
// unused on nodes that are no longer asked stays below a tenth of it.

import { LRUCache } from 'lru-cache'
import { limits } from '../domain/limits.ts'
import type { Quota } from '../contracts/dialect.ts'
import type { QuotaGrant, QuotaStore } from '../contracts/quota-store.ts'
import { describe, limitOf, type RateLimiter, type Window, windowOf } from './rate-limiter.ts'

export class SharedRateLimiter implements RateLimiter {
  readonly #store: QuotaStore
  readonly #shares = new LRUCache<string, Share>({ max: limits.rateWindowsMax })

  constructor(store: QuotaStore) {
    this.#store = store
  }

  take(who: string, quota: Quota, nowMs: number): Window | Promise<Window> {
    let share = this.#shares.get(who)
    if (share === undefined) {
      share = new Share(this.#store, who, quota)
      this.#shares.set(who, share)
    }
    return share.take(nowMs)
  }
}

interface Waiter {
  readonly nowMs: number
  readonly resolve: (window: Window) => void
  readonly reject: (error: unknown) => void
}

/**
 * What this node may let pass of one caller's quota without asking. A window is treated as a bucket whose time moves on
 * only where a window begins: then all comes back at once.
 *
 * In the database a share counts as used when it is taken. As the bucket refills, that comes back there, though requests
 * that are still to pass out of the share have not come back at all. So a node lets what it holds go again as the
 * bucket refills; not before as much has come back as the node has itself let pass, because that is what comes back
 * first. Thus what has passed and what is held, on all nodes, are never more than what counts as used.
 */
class Share {
  readonly #store: QuotaStore
  readonly #who: string
  readonly #quota: Quota
  readonly #limit: number
  /** What comes back in `quota.windowSeconds`. */
  readonly #refill: number
  /** Up to when the next three have come back. */
  #at = 0
  /** What may pass without asking. */
  #held = 0
  /** What this node has let pass, at least, of what has not come back. */
  #own = 0
  /** What counts as used in the database, as far as this node knows. */
  #used = 0
  /** Nothing is left until then. */
  #emptyUntil = 0
  /** Requests that wait for one answer of the database, in order. */
  #waiting: Waiter[] = []

  constructor(store: QuotaStore, who: string, quota: Quota) {
    this.#store = store
    this.#who = who
    this.#quota = quota
    this.#limit = limitOf(quota)
    this.#refill = quota.burst === undefined ? this.#limit : quota.requests
  }

  take(nowMs: number): Window | Promise<Window> {
    const window = this.#decide(nowMs)
    if (window !== null) return window
    // Those before it will use up all there is, also where the first of them came in the window before.
    if (this.#waiting.length >= 2 * this.#limit) return this.#refused(nowMs)
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ nowMs, resolve, reject }) === 1) void this.#ask()
    })
  }

  /** Null: the database must be asked. */
  #decide(nowMs: number): Window | null {
    this.#moveOn(this.#timeOf(nowMs))
    if (this.#held >= 1) {
      this.#held -= 1
      this.#own += 1
      return this.#passed(this.#used - this.#held, nowMs)
    }
    return nowMs < this.#emptyUntil ? this.#refused(nowMs) : null
  }

  async #ask(): Promise<void> {
    const { windowSeconds } = this.#quota
    for (let last = this.#waiting.at(-1); last !== undefined; last = this.#waiting.at(-1)) {
      const asking = this.#waiting.length
      const wanted = asking + this.#spare(asking)
      const at = this.#timeOf(last.nowMs)
      const place = { who: this.#who, limit: this.#limit, requests: this.#refill, periodMs: windowSeconds * 1000 }
      try {
        const grant = await this.#store.takeQuota({ ...place, at, wanted })
        this.#receive(grant, asking)
        if (grant.granted < wanted) this.#emptyUntil = this.#nextAt(grant, last.nowMs)
      } catch (error) {
        for (const { reject } of this.#waiting.splice(0)) reject(error)
        return
      }
      this.#waiting = this.#waiting.filter(({ nowMs, resolve }) => {
        const window = this.#decide(nowMs)
        if (window !== null) resolve(window)
        return window === null
      })
    }
  }

  /** What to ask for beyond the requests that wait: what will lie unused here if no more of them come to this node. */
  #spare(asking: number): number {
    const { quotaHeldOfOwn, quotaHeldOfLimit, quotaHeldOfLeft } = limits
    const share = (this.#own + asking) * quotaHeldOfOwn + this.#limit * quotaHeldOfLimit
    return Math.floor(Math.min(share, (this.#limit - this.#used) * quotaHeldOfLeft))
  }

  /** Lets those pass that asked, as of when they asked, and keeps the rest. */
  #receive({ granted, used, at }: QuotaGrant, asking: number): void {
    const passing = this.#waiting.splice(0, Math.min(asking, granted))
    for (const [index, { nowMs, resolve }] of passing.entries()) {
      resolve(this.#passed(used - granted + index + 1, nowMs))
    }
    this.#moveOn(at)
    const since = this.#refilledSince(at, this.#at)
    this.#own += Math.max(0, passing.length - since)
    this.#held += Math.min(granted - passing.length, Math.max(0, granted - since))
    this.#used = Math.max(0, used - since)
  }

  /** When it is worth to ask again where nothing was left. */
  #nextAt({ used, at }: QuotaGrant, nowMs: number): number {
    const { burst, requests, windowSeconds } = this.#quota
    if (burst === undefined) return at + windowSeconds * 1000
    const refillMs = ((used + 1 - this.#limit) * windowSeconds * 1000) / requests
    return nowMs + Math.max(refillMs, limits.quotaAskAgainMs)
  }

  #moveOn(at: number): void {
    const refilled = this.#refilledSince(this.#at, at)
    if (refilled === 0) return
    this.#at = at
    this.#held = Math.max(0, this.#held - Math.max(0, refilled - this.#own))
    this.#own = Math.max(0, this.#own - refilled)
    this.#used = Math.max(0, this.#used - refilled)
  }

  #refilledSince(from: number, to: number): number {
    // In this order, because all of a window must come back, to the last bit.
    return (Math.max(0, to - from) * this.#refill) / (this.#quota.windowSeconds * 1000)
  }

  #timeOf(nowMs: number): number {
    const { burst, windowSeconds } = this.#quota
    return burst === undefined ? windowOf(this.#quota, nowMs) * windowSeconds * 1000 : nowMs
  }

  #passed(used: number, nowMs: number): Window {
    return describe(this.#quota, Math.min(used, this.#limit), nowMs)
  }

  #refused(nowMs: number): Window {
    const window = describe(this.#quota, this.#limit + 1, nowMs)
    const emptySeconds = Math.ceil((this.#emptyUntil - nowMs) / 1000)
    return { ...window, retryAfterSeconds: Math.max(window.retryAfterSeconds, emptySeconds) }
  }
}
