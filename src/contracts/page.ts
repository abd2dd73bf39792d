// Pages of lists.

/** A page of a list, newest first. `next` is the `after` of the next page; null: the list has ended. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly next: string | null
}

/**
 * A page of a list that searches a bounded number of rows (`limits.searchedRowsMax`) for those that match its filters. It
 * may have fewer rows than requested, or none, before the list ends.
 */
export interface SearchedPage<Row> extends Page<Row> {
  /** The list has searched the rows from now back to this Unix time in milliseconds; null: it has ended. */
  readonly searchedTo: number | null
}

/** A request for one page. */
export interface PageRequest {
  readonly limit: number
  /** `next` of the previous page; null: the first page. Malformed text is treated as the end of the list. */
  readonly after: string | null
}
