// The few numbers that the tables show.

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Median and range; throws for an empty list, which has neither. */
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

/** The ratios of runs that were made one after the other: what the machine did in between touches neither much. */
export function pairedRatios(ours: readonly number[], baseline: readonly number[]): number[] {
  return ours.map((value, index) => value / (baseline[index] ?? Number.NaN))
}

/** The least value that at least the part `share` of the values does not exceed; throws for an empty list. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
  if (value === undefined) throw new Error('no values to take a percentile of')
  return value
}
