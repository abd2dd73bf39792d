import type { Outcome } from './attempt.ts'
import { limits } from './limits.ts'

/** The dialect's decision on an outcome. */
export type Verdict =
  | { readonly kind: 'succeeded' }
  /** Try again after `waitMs`. `exact`: the vendor promises exact times, so no jitter is added. */
  | { readonly kind: 'retry'; readonly waitMs: number; readonly exact: boolean }
  /** The attempt was the last one of the schedule. */
  | { readonly kind: 'exhausted' }
  /** The dialect does not retry this outcome. */
  | { readonly kind: 'notRetried' }
  /** Ends the delivery, and disables the endpoint or deletes it. */
  | { readonly kind: 'gone' }

/** Waits between attempts, in milliseconds: the first wait follows the first attempt. */
export type RetrySchedule = { readonly waitsMs: readonly number[]; readonly exact: boolean }

/** Returns the verdict of a schedule after attempt number `attempt` (from 1) failed. */
export function retryBySchedule(schedule: RetrySchedule, attempt: number): Verdict {
  const waitMs = schedule.waitsMs[attempt - 1]
  return waitMs === undefined ? { kind: 'exhausted' } : { kind: 'retry', waitMs, exact: schedule.exact }
}

/** ±20 % of the wait. It spreads deliveries that failed together, without the long tail of full jitter. */
const jitterShare = 0.2

/** The statuses with which a receiver asks to wait, if the dialect names no others. */
function asksToWait(status: number): boolean {
  return status === 429 || status === 503
}

/**
 * Returns the Unix time in milliseconds at which the next attempt is due. The receiver's Retry-After never shortens a
 * wait, and is capped at one day (`limits.retryAfterMsMax`).
 *
 * @param scale multiplies the wait of the schedule (POSTHORN_RETRY_SCALE), but not Retry-After
 * @param counts whether Retry-After counts with a status; default: 429 and 503
 */
export function retryAt(
  nowMs: number,
  verdict: Verdict & { kind: 'retry' },
  outcome: Outcome,
  random: () => number,
  scale: number,
  counts = asksToWait,
): number {
  const spread = verdict.exact ? 1 : 1 - jitterShare + random() * 2 * jitterShare
  return nowMs + Math.round(Math.max(verdict.waitMs * scale * spread, askedMs(outcome, counts)))
}

/**
 * Returns for how long an outcome pauses the endpoint, in milliseconds; 0: it does not. Retry-After pauses it, where it
 * counts. A 429 without one pauses it for twice as long as the last pause (`lastMs`, 0: there was none).
 *
 * @param counts whether Retry-After counts with a status; default: 429 and 503
 */
export function pauseAfter(outcome: Outcome, lastMs: number, counts = asksToWait): number {
  const asked = askedMs(outcome, counts)
  if (asked > 0 || outcome.kind !== 'rejected' || outcome.status !== 429) return asked
  return Math.min(Math.max(limits.pauseMs, 2 * lastMs), limits.pauseMsMax)
}

/** The wait that the receiver asks for, in milliseconds; 0: none. */
function askedMs(outcome: Outcome, counts: (status: number) => boolean): number {
  if (outcome.kind !== 'rejected' || !counts(outcome.status)) return 0
  return Math.min(outcome.retryAfterMs ?? 0, limits.retryAfterMsMax)
}
