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

/**
 * Finds the longest span of a range that one request may search, as a power of two of milliseconds. It yields ranges, and
 * each `next` tells whether the range has too many deliveries. A single millisecond is searched in any case.
 *
 * @param newest the newest id of the range; null: there is none
 */
export function* searchSpan(range: IdRange, newest: string | null): Generator<IdRange, IdRange, boolean> {
  if (newest === null || !(yield range)) return range
  const last = uuidV7Time(newest)
  const since = (exponent: number): IdRange => {
    const lowest = lowestUuidV7(last + 1 - 2 ** exponent)
    return { ...range, lowest: lowest < range.lowest ? range.lowest : lowest }
  }
  let fits = 0
  let tooLong = Math.ceil(Math.log2(last + 1))
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2)
    if (yield since(middle)) tooLong = middle
    else fits = middle
  }
  return since(fits)
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
