// The fate of a delivery after an attempt.

import type { DeliveryDialect } from '../contracts/delivery-dialect.ts'
import type { RetrySchedule } from '../domain/retry.ts'
import type { DeliveryDefinition } from './definition.ts'
import { failureVerdict, schedules } from './outcomes.ts'

const noAnswer = { response: null }

/** @param isKnown whether an event type is in a catalogue; only test events have others */
export function verdicts(
  { retriesTests, onFailure, outcomes = {}, waitsFor }: DeliveryDefinition['deliveries'],
  retries: RetrySchedule,
  isKnown: (type: string) => boolean,
): DeliveryDialect['verdict'] {
  const byRules = failureVerdict(outcomes)
  const bySchedule = schedules(retries, waitsFor)
  return (outcome, attempt, event, answer = noAnswer) => {
    if (outcome.kind === 'delivered') return { kind: 'succeeded' }
    if (retriesTests === false && !isKnown(event.type)) return { kind: 'notRetried' }
    return onFailure?.(outcome, attempt, event) ?? byRules?.(outcome, answer) ?? bySchedule(outcome, attempt, event)
  }
}
