// Lists of deliveries whose filters have no index search a span of time, from the newest delivery back. The span
// has about as many deliveries as one request may read, so each page takes a short time, however few deliveries match.

import type { SearchedPage } from '../contracts/page.ts'
import type { DeliveryRow } from '../contracts/history-store.ts'
import { lowestUuidV7, uuidV7Time } from '../domain/ids.ts'
import { pageOf } from './pages.ts'
import { type DeliveryColumns, deliveryOf } from './rows.ts'

/** The ids in [lowest, below). */
export interface IdRange {
  readonly lowest: string
  readonly below: string
}

/** Each span that is tried is so many times as long as the one before. */
const growth = 4

/**
 * Finds the span of a range. It yields ranges, and each `next` tells whether the range has too many deliveries. A single
 * millisecond is searched in any case.
 *
 * @param newest the newest id of the range; null: there is none
 */
export function* searchSpan(range: IdRange, newest: string | null): Generator<IdRange, IdRange, boolean> {
  if (newest === null || !(yield range)) return range
  const last = uuidV7Time(newest)
  const since = (ms: number): IdRange => {
    const lowest = lowestUuidV7(last + 1 - ms)
    return { ...range, lowest: lowest < range.lowest ? range.lowest : lowest }
  }
  let span = since(1)
  for (let ms = growth; ; ms *= growth) {
    const longer = since(ms)
    if (yield longer) return span
    // Rows of the range may have been deleted meanwhile.
    if (longer.lowest === range.lowest) return longer
    span = longer
  }
}

/** @param rows of the span, at most `limit + 1` */
export function searchedPage(
  rows: readonly DeliveryColumns[],
  limit: number,
  span: IdRange,
  range: IdRange,
): SearchedPage<DeliveryRow> {
  const page = pageOf(rows, limit, deliveryOf, (row) => row.id)
  const next = page.next ?? (span.lowest === range.lowest ? null : span.lowest)
  return { rows: page.rows, next, searchedTo: next === null ? null : uuidV7Time(next) }
}

/** The answer to a cursor that no list returned, and to filters that exclude each other. */
export const emptyPage = { rows: [], next: null, searchedTo: null } as const
