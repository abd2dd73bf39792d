// Converts rows of failed attempts to the objects of the domain.

import type { FailedAttempt, FailureBounds } from '../contracts/history-store.ts'
import { type DeliveryId, uuidV7Time } from '../domain/ids.ts'
import { type AttemptColumns, outcomeOf } from './rows.ts'

export type FailureColumns = Pick<
  AttemptColumns,
  'number' | 'started_at' | 'kind' | 'status' | 'detail' | 'response'
> & {
  delivery: string
}

/**
 * @param ids deliveries, the newest first: one more than `deliveriesMax` if there are more
 * @param rows their failed attempts: one more than `attemptsMax` if there are more
 */
export function failuresOf(
  ids: readonly string[],
  rows: readonly FailureColumns[],
  { deliveriesMax, attemptsMax }: FailureBounds,
): { rows: FailedAttempt[]; searchedTo: number | null } {
  const kept = rows.slice(0, attemptsMax).map((row) => ({
    delivery: row.delivery as DeliveryId,
    number: row.number,
    startedAt: row.started_at,
    outcome: outcomeOf(row),
    response: row.response,
  }))
  const hasMore = rows.length > attemptsMax || ids.length > deliveriesMax
  const last = rows.length > attemptsMax ? kept.at(-1)?.delivery : ids[deliveriesMax - 1]
  return { rows: kept, searchedTo: hasMore && last !== undefined ? uuidV7Time(last) : null }
}
