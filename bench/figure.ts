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
  readonly run: (options: BenchOptions, say: (line: string) => void) => Promise<FigureResult>
}

export interface FigureResult {
  readonly id: string
  readonly what: string
  readonly unit: string
  /** One number for each run. */
  readonly ours: readonly number[]
  readonly baseline: readonly number[]
  /** The least ratio of ours to the baseline that is good enough; null: none is set. */
  readonly target: number | null
  /** Everything that was measured, as it is saved. */
  readonly raw: unknown
}
