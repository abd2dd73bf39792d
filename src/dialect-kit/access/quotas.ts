// The request quotas of a vendor.

import type { Quota } from '../../contracts/dialect.ts'
import type { Window } from '../../quota/rate-limiter.ts'
import { DefinitionError } from '../definition-error.ts'
import { durationMs } from '../durations.ts'

/** `20/1s`: 20 requests in each second. `500/2m+49500`: a bucket that also takes 49,500 at once. */
type Rate = string
type Rates = Readonly<Partial<Record<Quota['counts'], Rate>>>
export type QuotaForm = Readonly<Partial<Record<Quota['per'], Rates>>>

/** @throws DefinitionError */
export function quotasOf(form: QuotaForm): readonly Quota[] {
  return Object.entries(form).flatMap(([per, rates]) =>
    Object.entries(rates).map(([counts, rate]) => {
      const field = `quotas.${per}.${counts}`
      const [, requests, window = '', burst] = /^(\d+)\/([^+]+)(?:\+(\d+))?$/.exec(rate) ?? []
      if (!(Number(requests) > 0))
        throw new DefinitionError(field, `${JSON.stringify(rate)} is not a rate such as 20/1s`)
      return {
        per: per as Quota['per'],
        counts: counts as Quota['counts'],
        requests: Number(requests),
        windowSeconds: durationMs(window, field) / 1000,
        ...(burst !== undefined && { burst: Number(burst) }),
      }
    }),
  )
}

/** The three headers of a quota: `<prefix>-limit`, `-remaining`, and `-reset` in Unix seconds. */
export function rateLimitHeaders(prefix: string) {
  const [limit, remaining, reset] = [`${prefix}-limit`, `${prefix}-remaining`, `${prefix}-reset`]
  // Computed names in a literal would make a slow object of the headers of each answer.
  return (window: Window): Readonly<Record<string, string>> => {
    const headers: Record<string, string> = {}
    headers[limit] = String(window.limit)
    headers[remaining] = String(window.remaining)
    headers[reset] = String(window.resetsAtSeconds)
    return headers
  }
}
