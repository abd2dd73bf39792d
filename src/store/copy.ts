// How an installation passes from one engine to another: table by table, each in the order of its key.

export type CopiedValue = string | number | null

export interface CopiedTable {
  readonly name: string
  /** In the target; those of its key first. */
  readonly columns: readonly string[]
}

export interface CopiedPage {
  readonly rows: readonly (readonly CopiedValue[])[]
  /** Where the next page begins. */
  readonly last: string
}

/** The highest numbers that were given out: none of them may be given out again. */
export interface Counters {
  readonly tenants: number
  readonly apiKeys: number
  readonly endpoints: number
  readonly events: number
  readonly versions: number
}
