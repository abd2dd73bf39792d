import type { Page, PageRequest } from '../contracts/page.ts'

/** A page out of `limit + 1` rows: the extra one only tells that there is more. */
export function pageOf<Columns, Row>(
  rows: readonly Columns[],
  limit: number,
  rowOf: (columns: Columns) => Row,
  cursorOf: (columns: Columns) => string,
): Page<Row> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown.map(rowOf), next: rows.length > limit && last !== undefined ? cursorOf(last) : null }
}

/** The number that rows of this page lie below. */
export function seqAfter(page: PageRequest): number {
  if (page.after === null) return Number.MAX_SAFE_INTEGER
  const seq = Number(page.after)
  return Number.isSafeInteger(seq) ? seq : 0
}
