// Pages of lists.

/** A page of a list, newest first. `next` continues it; null: the list has ended. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly next: string | null
}

export interface PageRequest {
  readonly limit: number
  /** What an earlier page gave as `next`. Malformed text is treated as the end of the list. */
  readonly after: string | null
}
