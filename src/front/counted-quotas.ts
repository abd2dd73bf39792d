// Counts each request to a dialect against the dialect's request quotas.

import type { ApiKey } from '../domain/api-key.ts'
import type { Clock } from '../domain/clock.ts'
import type { TenantId } from '../domain/ids.ts'
import type { MaybePromise } from '../domain/maybe-promise.ts'
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
  readonly #clock: Clock

  constructor({ dialect, headersOf, rateLimits, shared, clock }: CountedQuotasOptions) {
    this.#headersOf = headersOf
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
    this.#quotas = {
      read: counted.filter(({ quota }) => quota.counts !== 'writes'),
      write: counted.filter(({ quota }) => quota.counts !== 'reads'),
    }
  }

  /** Counts a request against every quota that applies to it, in the order of the dialect. */
  take(key: ApiKey, tenant: TenantId | null, access: AnyRoute['access']): MaybePromise<Window[]> {
    const now = this.#clock.now()
    const windows = this.#quotas[access].map(({ quota, limiter, prefix }) => {
      const caller = quota.per === 'key' || tenant === null ? key.id : tenant
      return limiter.take(prefix + caller, quota, now)
    })
    return windows.some((window) => window instanceof Promise)
      ? Promise.all(windows.map((window) => Promise.resolve(window)))
      : (windows as Window[])
  }

  /** Headers that report the first of these quotas; none if the vendor has no such headers. */
  headers([shown]: readonly Window[]): Headers {
    return shown === undefined || this.#headersOf === undefined ? {} : this.#headersOf(shown)
  }

  /** The quota headers of a response to a caller without a valid API key. */
  untouchedHeaders(access: AnyRoute['access']): Headers {
    const [shown] = this.#quotas[access]
    return shown === undefined ? {} : this.headers([untouchedWindow(shown.quota, this.#clock.now())])
  }
}
