// Pages of lists.

/** A page of a list, newest first. `next` is the `after` of the next page; null: the list has ended. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly next: string | null
}

/** A request for one page. */
export interface PageRequest {
  readonly limit: number
  /** `next` of the previous page; null: the first page. Malformed text is treated as the end of the list. */
  readonly after: string | null
}
