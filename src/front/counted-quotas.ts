// The request quotas of a dialect, counted for each of its requests.

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
  /** Tells the counts of this quota from those of others in the same limiter. */
  readonly prefix: string
}

type Headers = Readonly<Record<string, string>>

export interface CountedQuotasOptions {
  readonly dialect: Pick<Dialect, 'name' | 'quotas'>
  /** Headers that tell of a quota; absent: the vendor sends none. */
  readonly headersOf: ((window: Window) => Headers) | undefined
  /** POSTHORN_RATE_LIMITS: false lifts the quotas. */
  readonly rateLimits: boolean
  /** Where nodes count quotas together; null: this node counts alone. */
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
    // Lifted quotas are counted for the headers only, if the vendor has any: the count of this node suffices for them.
    const limited = rateLimits || headersOf !== undefined ? dialect.quotas : []
    const together = rateLimits && shared !== null ? new SharedRateLimiter(shared) : null
    // Counted alone, each quota has a limiter of its own, and its counts need no prefix.
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

  /** Counts a request against every quota that holds for it, in order. */
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

  /** Headers that tell of the first of these quotas, where the vendor has such headers. */
  headers([shown]: readonly Window[]): Headers {
    return shown === undefined || this.#headersOf === undefined ? {} : this.#headersOf(shown)
  }

  /** The headers of an answer to a caller without a valid key. */
  untouchedHeaders(access: AnyRoute['access']): Headers {
    const [shown] = this.#quotas[access]
    return shown === undefined ? {} : this.headers([untouchedWindow(shown.quota, this.#clock.now())])
  }
}
