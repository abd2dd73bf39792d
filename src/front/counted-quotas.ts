// Counts each request of a dialect's customers against the dialect's request quotas.

import type { ApiKey } from '../domain/api-key.ts'
import type { Clock } from '../domain/clock.ts'
import type { TenantId } from '../domain/ids.ts'
import { andThen, type MaybePromise } from '../domain/maybe-promise.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { Dialect, Quota } from '../contracts/dialect.ts'
import type { QuotaStore } from '../contracts/quota-store.ts'
import type { AnyRoute } from '../http/route.ts'
import { LocalRateLimiter, type RateLimiter, untouchedWindow, type Window } from '../quota/rate-limiter.ts'
import { SharedRateLimiter } from '../quota/shared-rate-limiter.ts'

interface CountedQuota {
  readonly quota: Quota
  readonly limiter: RateLimiter
  /** Separates the counts of this quota from the counts of other quotas in the same limiter. */
  readonly prefix: string
}

type Headers = Readonly<Record<string, string>>

export interface CountedQuotasOptions {
  readonly dialect: Pick<Dialect, 'name' | 'quotas'>
  /** Headers that report a quota; undefined: the vendor sends none. */
  readonly headersOf: ((window: Window) => Headers) | undefined
  /** POSTHORN_RATE_LIMITS; false: quotas are not enforced. */
  readonly rateLimits: boolean
  /** The store in which nodes count quotas together; null: this node counts alone. */
  readonly shared: QuotaStore | null
  readonly clock: Clock
}

export class CountedQuotas {
  readonly #quotas: Readonly<Record<AnyRoute['access'], readonly CountedQuota[]>>
  readonly #headersOf: ((window: Window) => Headers) | undefined
  readonly #enforced: boolean
  readonly #clock: Clock

  constructor({ dialect, headersOf, rateLimits, shared, clock }: CountedQuotasOptions) {
    this.#headersOf = headersOf
    this.#enforced = rateLimits
    this.#clock = clock
    // Quotas that are not enforced are counted only for the vendor's headers, if it has any. The count of this node is
    // enough for headers.
    const limited = rateLimits || headersOf !== undefined ? dialect.quotas : []
    const together = rateLimits && shared !== null ? new SharedRateLimiter(shared) : null
    // Without a shared store, each quota has a limiter of its own, and its counts need no prefix.
    const counted = limited.map((quota) =>
      together === null
        ? { quota, limiter: new LocalRateLimiter(), prefix: '' }
        : { quota, limiter: together, prefix: `${dialect.name} ${quota.per} ${quota.counts} ` },
    )
    const counting = (...kinds: Quota['counts'][]) => counted.filter(({ quota }) => kinds.includes(quota.counts))
    this.#quotas = {
      read: counting('all', 'reads'),
      write: counting('all', 'writes'),
      test: counting('all', 'writes', 'tests'),
    }
  }

  /**
   * Counts a request against the quotas that apply to it, in the order of the dialect. A request that one of them
   * refuses does not count against the later ones: a key that is refused does not use up the quota of its tenant.
   */
  take(key: ApiKey, tenant: TenantId | null, access: AnyRoute['access']): MaybePromise<Window[]> {
    const quotas = this.#quotas[access]
    if (quotas.length === 0) return []
    const now = this.#clock.now()
    const windows: Window[] = []
    const takeNext = (): MaybePromise<Window[]> => {
      const next = quotas[windows.length]
      if (next === undefined || windows.at(-1)?.allowed === false) return windows
      const caller = next.quota.per === 'key' || tenant === null ? key.id : tenant
      return andThen(next.limiter.take(next.prefix + caller, next.quota, now), (window) => {
        windows.push(window)
        return takeNext()
      })
    }
    return takeNext()
  }

  /** The problem of a request that exceeds a quota. */
  check(windows: readonly Window[]): Result<null> {
    const last = windows.at(-1)
    if (!this.#enforced || last === undefined || last.allowed) return success(null)
    return failure({ kind: 'tooManyRequests', limit: last.limit, retryAfterSeconds: last.retryAfterSeconds })
  }

  /** Headers that report the first of these quotas; null: the vendor has no such headers. */
  headers([shown]: readonly Window[]): Headers | null {
    return shown === undefined || this.#headersOf === undefined ? null : this.#headersOf(shown)
  }

  /** The quota headers of a response to a caller without a valid API key. */
  untouchedHeaders(access: AnyRoute['access']): Headers | null {
    const [shown] = this.#quotas[access]
    return shown === undefined ? null : this.headers([untouchedWindow(shown.quota, this.#clock.now())])
  }
}
