import { limits } from '../domain/limits.ts'
import type { Page, PageRequest } from '../contracts/page.ts'

/**
 * Makes a page of at most `limit` rows from at most `limit + 1`: the extra row only shows that there is another page.
 */
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

/**
 * The number of events of a page: at most `limit`, and no further one once their data has `limits.eventPageBytesMax`.
 *
 * @param bytes the sizes of the data
 */
export function fittingEvents(bytes: readonly number[], limit: number): number {
  let sum = 0
  const last = bytes.findIndex((size) => (sum += size) >= limits.eventPageBytesMax)
  return last === -1 ? limit : Math.min(limit, last + 1)
}

/** The form of the ids of audit records, which are the cursors of their list. */
export const auditId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** The latest time that a UUID of version 7 can contain. */
export const lastIdTime = 2 ** 48 - 1

/** The rows of this page have lower numbers than this. 0, an empty page, for a cursor that is not a number. */
export function seqAfter(page: PageRequest): number {
  if (page.after === null) return Number.MAX_SAFE_INTEGER
  const seq = Number(page.after)
  return Number.isSafeInteger(seq) ? seq : 0
}
