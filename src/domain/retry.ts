import type { Outcome } from './attempt.ts'
import { limits } from './limits.ts'

/** What becomes of a delivery after an attempt: the dialect's answer to an outcome. */
export type Verdict =
  | { readonly kind: 'succeeded' }
  /** Try again after `waitMs`; `exact` where the vendor promises exact times, so that no jitter is added. */
  | { readonly kind: 'retry'; readonly waitMs: number; readonly exact: boolean }
  | { readonly kind: 'exhausted' }
  | { readonly kind: 'notRetried' }
  /** Ends the delivery and disables the endpoint. */
  | { readonly kind: 'gone' }

/** Waits between attempts, in milliseconds: the first wait follows the first attempt. */
export type RetrySchedule = { readonly waitsMs: readonly number[]; readonly exact: boolean }

/** The verdict of a schedule after attempt `attempt` (1 is the first) has failed. */
export function retryBySchedule(schedule: RetrySchedule, attempt: number): Verdict {
  const waitMs = schedule.waitsMs[attempt - 1]
  return waitMs === undefined ? { kind: 'exhausted' } : { kind: 'retry', waitMs, exact: schedule.exact }
}

/** ±20 % around the wait: spreads those who failed together, without the long tail of full jitter. */
const jitterShare = 0.2

/**
 * When the next attempt is due. The receiver's Retry-After counts on 429 and 503, never shortens a wait, and is
 * believed for a day at most.
 *
 * @param scale multiplies the schedule's wait (POSTHORN_RETRY_SCALE); what the receiver asked for stays as asked
 */
export function retryAt(
  nowMs: number,
  verdict: Verdict & { kind: 'retry' },
  outcome: Outcome,
  random: () => number,
  scale: number,
): number {
  const spread = verdict.exact ? 1 : 1 - jitterShare + random() * 2 * jitterShare
  const askedMs =
    outcome.kind === 'rejected' && (outcome.status === 429 || outcome.status === 503) ? (outcome.retryAfterMs ?? 0) : 0
  return nowMs + Math.round(Math.max(verdict.waitMs * scale * spread, Math.min(askedMs, limits.retryAfterMsMax)))
}
