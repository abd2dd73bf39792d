// The health of a webhook: `normal` until a delivery has used up its retries, then `unhealthy` until the next success.
// The API only shows the health: an unhealthy webhook still gets its deliveries.

import { describeOutcome, type Outcome, shownToCustomers } from '../../domain/attempt.ts'
import type { HealthReport } from '../../contracts/dialect.ts'
import type { HealthChange, HealthFact } from '../../contracts/delivery-dialect.ts'

export interface Health {
  readonly status: 'normal' | 'unhealthy'
  /** The time of the last change of status, in ms; null: it never changed. */
  readonly changedAt: number | null
  /** The newest failed attempts, at most ten, newest first. A recovery keeps them. */
  readonly failures: readonly Failure[]
}

export interface Failure {
  readonly at: number
  readonly text: string
}

const failuresMax = 10

const untroubled: Health = { status: 'normal', changedAt: null, failures: [] }

export function readHealth(state: string | null): Health {
  return state === null ? untroubled : (JSON.parse(state) as Health)
}

export function health(previous: string | null, fact: HealthFact): HealthChange {
  const before = readHealth(previous)
  if (fact.succeeded) {
    const recovers = before.status === 'unhealthy'
    return { health: recovers ? written(before, 'normal', fact.at, before.failures) : previous, disable: false }
  }
  const failures = [{ at: fact.at, text: textOf(fact.outcome) }, ...before.failures].slice(0, failuresMax)
  const status = fact.ended ? 'unhealthy' : before.status
  return { health: written(before, status, fact.at, failures), disable: false }
}

export function healthReport(state: string | null): HealthReport {
  const { status, changedAt } = readHealth(state)
  if (status === 'normal') return { status: 'healthy', reason: null, since: null }
  return { status: 'failing', reason: 'a delivery used up its retries, and none has succeeded since', since: changedAt }
}

function written(before: Health, status: Health['status'], at: number, failures: readonly Failure[]): string {
  const changedAt = status === before.status ? before.changedAt : at
  return JSON.stringify({ status, changedAt, failures } satisfies Health)
}

function textOf(outcome: Outcome): string {
  return outcome.kind === 'timedOut' ? 'Timeout' : describeOutcome(shownToCustomers(outcome))
}
