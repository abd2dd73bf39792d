// What a figure of the specification is to the bench: one file each, one line in run.ts.

export interface BenchOptions {
  /** Everything at a tiny size: shows that the scenario works, measures nothing. */
  readonly small: boolean
  /** How often each side is measured, in alternation. */
  readonly runs: number
  /** How long each run posts. */
  readonly seconds: number
}

export interface Figure {
  /** As in the specification, e.g. `P1`. */
  readonly id: string
  readonly database: 'sqlite' | 'postgres'
  /** One line of the table, or several where the specification asks for several numbers. */
  readonly run: (options: BenchOptions, say: (line: string) => void) => Promise<FigureResult | readonly FigureResult[]>
}

/** What a number is held against: at least, or at most. */
export type Target = { readonly atLeast: number } | { readonly atMost: number }

export interface FigureResult {
  readonly id: string
  readonly what: string
  readonly unit: string
  /** One number for each run. */
  readonly ours: readonly number[]
  /** Null: the figure is absolute, such as milliseconds or memory. */
  readonly baseline: readonly number[] | null
  /** For the ratio of ours to the baseline, or for the number itself where there is no baseline; null: none is set. */
  readonly target: Target | null
  /** Everything that was measured, as it is saved. */
  readonly raw: unknown
}
