// The interface of a figure: a number that the bench measures. Each figure has a file and an entry in run.ts.

export interface BenchOptions {
  /** Run everything at a tiny size: shows that the scenario works, measures nothing. */
  readonly small: boolean
  /** The number of runs of each side. The sides are measured in turn. */
  readonly runs: number
  /** How long each run posts, in seconds. */
  readonly seconds: number
  /** The folder of another version of the program, which P1, P2 and P3 take as their baseline; null: none. */
  readonly against: string | null
  /** Whether P1 and P2 run with a dashboard open on our side. */
  readonly dashboard: boolean
  /** The share of events that this version traces in P1 and P2; null: it has no tracing. */
  readonly tracing: number | null
}

export interface Figure {
  /** As in docs/performance.md, e.g. `P1`. */
  readonly id: string
  readonly database: 'sqlite' | 'postgres'
  /** Returns one line of the table, or several for a figure of several numbers. */
  readonly run: (options: BenchOptions, say: (line: string) => void) => Promise<FigureResult | readonly FigureResult[]>
}

/** The limit that a number must meet. */
export type Target = { readonly atLeast: number } | { readonly atMost: number }

export interface FigureResult {
  readonly id: string
  readonly what: string
  readonly unit: string
  /** One number for each run. */
  readonly ours: readonly number[]
  /** One number for each run. Null: the figure is absolute, e.g. milliseconds or memory. */
  readonly baseline: readonly number[] | null
  /** Limit of the ratio of ours to the baseline, or of the number itself if there is no baseline. Null: no limit. */
  readonly target: Target | null
  /** All measurements, for the saved file. */
  readonly raw: unknown
}
