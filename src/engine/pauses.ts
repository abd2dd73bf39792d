// The pause of an endpoint whose receiver has answered 429 or 503. The cached endpoint has the end of the pause, and the
// database stores it. deliver.ts sends nothing during a pause, and fan-out.ts leaves new deliveries to the database.

import type { Outcome } from '../domain/attempt.ts'
import { pauseAfter } from '../domain/retry.ts'
import type { AttemptSummary } from '../contracts/commit-store.ts'
import type { DeliveryDialect } from '../contracts/delivery-dialect.ts'
import type { CachedEndpoint } from './tenant-cache.ts'

export function isPaused(endpoint: CachedEndpoint, at: number): endpoint is CachedEndpoint & { pausedUntil: number } {
  return endpoint.pausedUntil !== null && at < endpoint.pausedUntil
}

/** Pauses the endpoint as an outcome demands, and ends the pause with the first success after it. */
export function pauseOf(
  endpoint: CachedEndpoint,
  outcome: Outcome,
  succeeded: boolean,
  at: number,
  retryAfterCounts: DeliveryDialect['retryAfterCounts'],
): Pick<AttemptSummary, 'pausedUntil'> {
  const paused = isPaused(endpoint, at)
  if (succeeded) {
    if (paused || endpoint.pausedUntil === null) return {}
    endpoint.lastPauseMs = 0
    endpoint.pausedUntil = null
    return { pausedUntil: null }
  }
  // Attempts that were in flight when the pause began do not make the next one longer.
  const waitMs = pauseAfter(outcome, paused ? 0 : endpoint.lastPauseMs, retryAfterCounts)
  if (waitMs === 0 || (paused && at + waitMs <= endpoint.pausedUntil)) return {}
  endpoint.lastPauseMs = waitMs
  endpoint.pausedUntil = at + waitMs
  return { pausedUntil: endpoint.pausedUntil }
}
