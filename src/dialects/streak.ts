// The plain health rule, for dialects whose vendor documents no rule or an equally plain one. It stores the time of the
// first failure since the endpoint's last success.

import type { Dialect } from '../contracts/dialect.ts'

/** @param disableAfterMs an endpoint with only failures for this long is disabled; default: never */
export function streakHealth(disableAfterMs = Number.POSITIVE_INFINITY): Pick<Dialect, 'health' | 'healthReport'> {
  return {
    health(previous, { at, succeeded }) {
      if (succeeded) return { health: null, disable: false }
      const since = previous ?? String(at)
      return { health: since, disable: at - Number(since) >= disableAfterMs }
    },
    healthReport: (since) =>
      since === null
        ? { status: 'healthy', reason: null, since: null }
        : { status: 'failing', reason: 'nothing but failures since the last success', since: Number(since) },
  }
}
