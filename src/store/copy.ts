// The shapes in which an installation is copied from one engine to another: table by table, each in the order of its
// key.

export type CopiedValue = string | number | null

export interface CopiedTable {
  readonly name: string
  /** Columns of the table in the target, the columns of its key first. */
  readonly columns: readonly string[]
}

export interface CopiedPage {
  readonly rows: readonly (readonly CopiedValue[])[]
  /** The key of the last row as JSON text: the next page begins after it. */
  readonly last: string
}

/** The highest numbers that the source has given out. The target must not give out any of them again. */
export interface Counters {
  readonly tenants: number
  readonly apiKeys: number
  readonly endpoints: number
  readonly events: number
  readonly commitCounts: number
  readonly gatheredCounts: number
  readonly versions: number
}
