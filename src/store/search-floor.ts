// Lists that search rows by a number that grows with time. A request searches the numbers from a cursor down to a floor,
// so that it reads a bounded number of rows.

import type { Page, SearchedPage } from '../contracts/page.ts'

/** A page that also goes on below the floor. @param floor 0: there are no lower numbers to search */
export function aboveFloor<Row>({ rows, next }: Page<Row>, floor: number): Page<Row> {
  return { rows, next: next ?? (floor > 0 ? String(floor) : null) }
}

/** @param searchedTo when the row was created whose number is `next` */
export function searchedBackTo<Row>(page: Page<Row>, searchedTo: number | undefined): SearchedPage<Row> {
  return { ...page, searchedTo: searchedTo ?? null }
}
