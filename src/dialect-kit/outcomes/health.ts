// Rules for the health of endpoints: the memory of their failures, and when they are disabled.

import type { DeliveryDialect, HealthChange, HealthFact, HealthReport } from '../../contracts/delivery-dialect.ts'
import { describeOutcome, shownToCustomers } from '../../domain/attempt.ts'
import { hour } from '../../domain/time.ts'
import { type Duration, durationMs } from '../durations.ts'

export type HealthRule = Pick<DeliveryDialect, 'health' | 'healthReport'>

/**
 * Keeps the time of the first failure since the last success.
 *
 * @param disableAfter an endpoint with only failures for this long is disabled; default: never
 * @param options.deletes the endpoint is deleted instead
 */
export function streak(disableAfter?: Duration, { deletes }: { readonly deletes?: true } = {}): HealthRule {
  const disableAfterMs = disableAfter === undefined ? Infinity : durationMs(disableAfter, 'deliveries.health')
  return {
    health(previous, { at, succeeded }) {
      if (succeeded) return { health: null, disable: false }
      const since = previous ?? String(at)
      return { health: since, disable: at - Number(since) >= disableAfterMs, ...(deletes && { deletes }) }
    },
    healthReport: (since) =>
      since === null
        ? { status: 'healthy', reason: null, since: null }
        : { status: 'failing', reason: 'nothing but failures since the last success', since: Number(since) },
  }
}

/** Reads the memory of `streak`: the Unix time in milliseconds of the first failure since the last success; null: none. */
export function readStreak(health: string | null): number | null {
  return health === null ? null : Number(health)
}

/** Disables an endpoint after this many failed attempts without a success between them. */
export function failuresInARow(count: number): HealthRule {
  return {
    health(previous, { at, succeeded }) {
      if (succeeded) return { health: null, disable: false }
      const { since, failed } = previous === null ? { since: at, failed: 0 } : readFailures(previous)
      return { health: JSON.stringify({ since, failed: failed + 1 }), disable: failed + 1 >= count }
    },
    healthReport(state) {
      if (state === null) return { status: 'healthy', reason: null, since: null }
      const { since, failed } = readFailures(state)
      return { status: 'failing', reason: `${failed} failures in a row; disabled after ${count}`, since }
    },
  }
}

function readFailures(state: string) {
  return JSON.parse(state) as { readonly since: number; readonly failed: number }
}

export interface ArmedStreakForm {
  /** Failures of several deliveries, this far apart or more, start the time after which the endpoint is disabled. */
  readonly span: Duration
  /** Older failures do not count for the start. */
  readonly within: Duration
  /** How long after that start an endpoint with only failures is disabled. */
  readonly disableAfter: Duration
}

/** The stored health of `armedStreak`: the failures since the last success. Times are in ms. */
interface Failures {
  readonly since: number
  /**
   * For each hour of the window: its first failure, and its first failure of another delivery. The rule needs no more,
   * to the hour, however many deliveries fail. Empty once `armedAt` is set.
   */
  readonly recent: readonly (readonly [at: number, delivery: string])[]
  /** The start of the time after which the endpoint is disabled; null: it has not started. */
  readonly armedAt: number | null
}

/** A circuit breaker: several deliveries fail within a window, and then every attempt fails for a while. */
export function armedStreak({ span, within, disableAfter }: ArmedStreakForm): HealthRule {
  const [spanMs = 0, windowMs = 0, disableAfterMs = 0] = [span, within, disableAfter].map((one) =>
    durationMs(one, 'deliveries.health'),
  )
  return {
    health: (previous, fact) => afterFact({ spanMs, windowMs, disableAfterMs }, previous, fact),
    healthReport(state): HealthReport {
      if (state === null) return { status: 'healthy', reason: null, since: null }
      const { since, armedAt } = JSON.parse(state) as Failures
      const reason =
        armedAt === null
          ? 'the last attempt failed'
          : `nothing but failures; disabled after ${disableAfter} of them, counted from ${new Date(armedAt).toISOString()}`
      return { status: 'failing', reason, since }
    },
  }
}

interface ArmedStreak {
  readonly spanMs: number
  readonly windowMs: number
  readonly disableAfterMs: number
}

function afterFact(form: ArmedStreak, previous: string | null, fact: HealthFact): HealthChange {
  if (fact.succeeded) return { health: null, disable: false }
  const before = previous === null ? null : (JSON.parse(previous) as Failures)
  const inWindow = (before?.recent ?? []).filter(([at]) => fact.at - at < form.windowMs)
  const sameHour = inWindow.filter(([at]) => hourOf(at) === hourOf(fact.at))
  const known = sameHour.length > 1 || sameHour[0]?.[1] === fact.delivery
  const recent = known ? inWindow : [...inWindow, [fact.at, fact.delivery] as const]
  const [oldest] = recent
  const arms =
    oldest !== undefined && fact.at - oldest[0] >= form.spanMs && recent.some(([, id]) => id !== fact.delivery)
  const armedAt = before?.armedAt ?? (arms ? fact.at : null)
  const failures: Failures = { since: before?.since ?? fact.at, recent: armedAt === null ? recent : [], armedAt }
  return { health: JSON.stringify(failures), disable: armedAt !== null && fact.at - armedAt >= form.disableAfterMs }
}

const hourOf = (at: number): number => Math.floor(at / hour)

/** The memory of `exhaustion`. */
export interface Exhaustion {
  /** `unhealthy`: a delivery has used up its retries, and none has succeeded since. */
  readonly status: 'normal' | 'unhealthy'
  /** The time of the last change of status, in ms; null: it never changed. */
  readonly changedAt: number | null
  /** The newest failed attempts, newest first. A recovery keeps them. */
  readonly failures: readonly { readonly at: number; readonly text: string }[]
}

const failuresMax = 10

/** Reads the memory of `exhaustion`, for the fields that show it. */
export function readExhaustion(health: string | null): Exhaustion {
  return health === null ? { status: 'normal', changedAt: null, failures: [] } : (JSON.parse(health) as Exhaustion)
}

/** An endpoint is unhealthy from the end of a delivery without success to the next success. It is never disabled. */
export const exhaustion: HealthRule = {
  health(previous, { succeeded, at, outcome, ended }) {
    const before = readExhaustion(previous)
    if (succeeded) {
      const recovers = before.status === 'unhealthy'
      return { health: recovers ? written(before, 'normal', at, before.failures) : previous, disable: false }
    }
    const text = outcome.kind === 'timedOut' ? 'Timeout' : describeOutcome(shownToCustomers(outcome))
    const failures = [{ at, text }, ...before.failures].slice(0, failuresMax)
    return { health: written(before, ended ? 'unhealthy' : before.status, at, failures), disable: false }
  },
  healthReport(state) {
    const { status, changedAt } = readExhaustion(state)
    if (status === 'normal') return { status: 'healthy', reason: null, since: null }
    const reason = 'a delivery used up its retries, and none has succeeded since'
    return { status: 'failing', reason, since: changedAt }
  },
}

function written(
  before: Exhaustion,
  status: Exhaustion['status'],
  at: number,
  failures: Exhaustion['failures'],
): string {
  const changedAt = status === before.status ? before.changedAt : at
  return JSON.stringify({ status, changedAt, failures } satisfies Exhaustion)
}
