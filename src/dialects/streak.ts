// The plain health rule, for dialects whose vendor documents none, or one as plain: it remembers since when an endpoint
// has had nothing but failures.

import type { Dialect } from '../contracts/dialect.ts'

/** @param disableAfterMs nothing but failures for this long switches the endpoint off; default: never */
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
