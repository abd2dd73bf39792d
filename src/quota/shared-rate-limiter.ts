// Request quotas that several nodes count together. Each node takes small shares of the requests that are left, and
// lets requests pass from its share without asking the database. Near the limit, it asks for every request. So no more
// requests pass than the quota allows, and less than a tenth of the quota stays unused on nodes that get no more
// requests.

import { LRUCache } from 'lru-cache'
import { limits } from '../domain/limits.ts'
import type { Quota } from '../contracts/dialect.ts'
import type { QuotaGrant, QuotaStore } from '../contracts/quota-store.ts'
import { describe, limitOf, type RateLimiter, type Window, windowOf } from './rate-limiter.ts'

/** Counts requests together with other nodes, in the database. */
export class SharedRateLimiter implements RateLimiter {
  readonly #store: QuotaStore
  readonly #shares = new LRUCache<string, Share>({ maxSize: limits.rateWindowsMax, sizeCalculation: () => 1 })

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
 * The requests of one caller's quota that this node may let pass without asking. A window is treated as a bucket whose
 * time advances only when a new window begins: then the whole quota refills at once.
 *
 * In the database, a share counts as used when it is taken. The refill of the bucket lowers that count, although
 * requests that will still pass from the share have not refilled. Therefore a node gives up held requests as the bucket
 * refills. It begins only when as many requests have refilled as the node itself has let pass, because these refill
 * first. So the passed and the held requests of all nodes never exceed the count in the database.
 */
class Share {
  readonly #store: QuotaStore
  readonly #who: string
  readonly #quota: Quota
  readonly #limit: number
  /** Requests that refill in `quota.windowSeconds`. */
  readonly #refill: number
  /** The time up to which the refill is subtracted from the next three numbers. */
  #at = 0
  /** Requests that may pass without asking. */
  #held = 0
  /** Requests that this node has let pass and that have not refilled; the true number may be higher. */
  #own = 0
  /** Requests that count as used in the database, as far as this node knows. */
  #used = 0
  /** Nothing is left until this time. */
  #emptyUntil = 0
  /** Requests that wait for the next response of the database, in order of arrival. */
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
    // The waiting requests will use up the quota, even if the first of them arrived in the previous window.
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

  /** How many requests to ask for in addition to the waiting ones. They stay unused if no more requests arrive here. */
  #spare(asking: number): number {
    const { quotaHeldOfOwn, quotaHeldOfLimit, quotaHeldOfLeft } = limits
    const share = (this.#own + asking) * quotaHeldOfOwn + this.#limit * quotaHeldOfLimit
    return Math.floor(Math.min(share, (this.#limit - this.#used) * quotaHeldOfLeft))
  }

  /** Lets waiting requests pass, as of their time of arrival, and holds the rest of the grant. */
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

  /** Returns the time at which the database is asked again after nothing was left. */
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
    // In this order, because a whole window must refill exactly, without a rounding error.
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
