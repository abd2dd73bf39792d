// The fate of a delivery after an attempt.

import type { DeliveryDialect } from '../../contracts/delivery-dialect.ts'
import type { DeliveryDefinition } from '../definition.ts'
import type { Schedules } from './endpoint-options.ts'
import { failureVerdict, schedules } from './outcomes.ts'

const noAnswer = { response: null }

/** @param isKnown whether an event type is in a catalogue; only test events have others */
export function verdicts(
  { retriesTests, onFailure, outcomes = {}, waitsFor }: DeliveryDefinition['deliveries'],
  retries: Schedules,
  isKnown: (type: string) => boolean,
): DeliveryDialect['verdict'] {
  const byRules = failureVerdict(outcomes)
  const bySchedule = schedules(retries.usual, waitsFor)
  return (outcome, attempt, event, answer = noAnswer, endpoint) => {
    if (outcome.kind === 'delivered') return { kind: 'succeeded' }
    if (retriesTests === false && !isKnown(event.type)) return { kind: 'notRetried' }
    const ruled = onFailure?.(outcome, attempt, event) ?? byRules?.(outcome, answer)
    return ruled ?? bySchedule(outcome, attempt, event, retries.of(endpoint))
  }
}
