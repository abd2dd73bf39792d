// The statistics of the tables.

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Median and range. Throws for an empty list. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  const below = sorted[Math.ceil(sorted.length / 2) - 1]
  const [min] = sorted
  const max = sorted.at(-1)
  if (middle === undefined || below === undefined || min === undefined || max === undefined) {
    throw new Error('no values to summarize')
  }
  return { median: (middle + below) / 2, min, max }
}

/** The ratios of neighbouring runs. The speed of the machine changes little between two neighbours. */
export function pairedRatios(ours: readonly number[], baseline: readonly number[]): number[] {
  return ours.map((value, index) => value / (baseline[index] ?? Number.NaN))
}

/** The smallest value that the part `share` (0 to 1) of the values does not exceed. Throws for an empty list. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
  if (value === undefined) throw new Error('no values to take a percentile of')
  return value
}
