// The meaning of the outcome of an attempt: success, another attempt, or the end of the delivery or of its endpoint.

import type { DeliveryDialect } from '../../contracts/delivery-dialect.ts'
import type { Outcome } from '../../domain/attempt.ts'
import type { Event } from '../../domain/event.ts'
import { patternMatches } from '../../domain/matching.ts'
import { retryBySchedule, type RetrySchedule, type Verdict } from '../../domain/retry.ts'
import { durationsMs } from '../durations.ts'
import { outcomeSet, statusSet } from './statuses.ts'

/** The answer of a receiver. */
export interface ReceivedAnswer {
  readonly status: number
  /** The first characters of the body (`limits.responseKeptCharsMax`). */
  readonly text: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The meaning of outcomes. A set of outcomes is a text: `2xx`, `200 301`, `500-504`, `timeout`, `unreachable`. A failure is
 * tried again by the schedule, unless one of these says otherwise.
 */
export interface OutcomeRules {
  /** The statuses of success; default: `2xx`. */
  readonly success?: string
  /** Whether an answer with such a status is a success, for products that read its body or headers. */
  readonly accepts?: (answer: ReceivedAnswer) => boolean
  /** The only failures that are tried again; default: all. */
  readonly retried?: string
  /** Failures that are not tried again. */
  readonly notRetried?: string
  /** Statuses that end the delivery and disable the endpoint, or delete it (`deletesGone`). */
  readonly gone?: string
  /** Whether a failure with this answer ends the delivery, for products that read a header such as `X-No-Retry`. */
  readonly stops?: (answer: ReceivedAnswer) => boolean
  /** The statuses on which `Retry-After` counts; default: `429 503`. */
  readonly retryAfter?: string
}

/** Other waits than `deliveries.waits` for some failures. */
export interface WaitRule {
  /** Event types, also `*` and prefixes such as `bounce.*`; default: all. */
  readonly events?: readonly string[]
  /** A set of outcomes; default: all failures. */
  readonly outcomes?: string
  readonly waits: string
}

type Rules = Pick<DeliveryDialect, 'outcomeOf' | 'readsAnswer' | 'retryAfterCounts'>
type Result = Parameters<NonNullable<DeliveryDialect['outcomeOf']>>[0]

/** The members of a dialect that only some rules need. */
export function outcomeMembers({ success, accepts, stops, retryAfter }: OutcomeRules): Rules {
  return {
    ...((success !== undefined || accepts !== undefined) && { outcomeOf: judge(success ?? '2xx', accepts) }),
    ...((accepts !== undefined || stops !== undefined) && { readsAnswer: true as const }),
    ...(retryAfter !== undefined && {
      retryAfterCounts: statusSet(retryAfter, 'deliveries.outcomes.retryAfter'),
    }),
  }
}

function judge(success: string, accepts: OutcomeRules['accepts']): (result: Result) => Outcome {
  const isSuccess = statusSet(success, 'deliveries.outcomes.success')
  return (result) => {
    const { outcome } = result
    if (!('status' in outcome)) return outcome
    const { kind, status } = outcome
    const succeeded = isSuccess(status) && (accepts === undefined || accepts(answerOf(status, result)))
    if (succeeded === (kind === 'delivered')) return outcome
    return succeeded ? { kind: 'delivered', status } : { kind: 'rejected', status, retryAfterMs: null }
  }
}

function answerOf(status: number, { response, headers }: Pick<Result, 'response' | 'headers'>): ReceivedAnswer {
  return { status, text: response ?? '', headers: headers ?? {} }
}

/** Returns the verdict on a failure by the rules; null: the schedule decides. */
export function failureVerdict(
  rules: OutcomeRules,
): ((outcome: Outcome, answer: Pick<Result, 'response' | 'headers'>) => Verdict | null) | null {
  const { retried, notRetried, gone, stops } = rules
  if ([retried, notRetried, gone, stops].every((rule) => rule === undefined)) return null
  const setOf = (name: 'retried' | 'notRetried' | 'gone'): ((outcome: Outcome) => boolean) | null =>
    rules[name] === undefined ? null : outcomeSet(rules[name], `deliveries.outcomes.${name}`)
  const [isRetried, isNotRetried, isGone] = [setOf('retried'), setOf('notRetried'), setOf('gone')]
  return (outcome, answer) => {
    if (isGone?.(outcome)) return { kind: 'gone' }
    if (isNotRetried?.(outcome) || isRetried?.(outcome) === false) return { kind: 'notRetried' }
    if (stops !== undefined && 'status' in outcome && stops(answerOf(outcome.status, answer))) {
      return { kind: 'notRetried' }
    }
    return null
  }
}

/** Returns the schedule of a failure: that of the first rule that fits, or else that of the endpoint, default `base`. */
export function schedules(base: RetrySchedule, rules: readonly WaitRule[] = []) {
  const compiled = rules.map(({ events, outcomes, waits }, index) => ({
    isType: (type: string) => events === undefined || events.some((pattern) => patternMatches(pattern, type)),
    isOutcome: outcomes === undefined ? () => true : outcomeSet(outcomes, `deliveries.waitsFor.${index}.outcomes`),
    schedule: { waitsMs: durationsMs(waits, `deliveries.waitsFor.${index}.waits`), exact: base.exact },
  }))
  return (outcome: Outcome, attempt: number, { type }: Event, own: RetrySchedule = base): Verdict => {
    const found = compiled.find(({ isType, isOutcome }) => isType(type) && isOutcome(outcome))
    return retryBySchedule(found?.schedule ?? own, attempt)
  }
}
