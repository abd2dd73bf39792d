// How much the tests of the long promises do. `npm test` runs them short, `npm run test:long` runs them long, and
// `npm run test:crash` runs the crash tests in full.
//
// A test that has more than one size is in a file `x.test.ts`, and a file `x.long.ts` beside it imports `x.test.ts`. A
// test that is always long is in a file `x.long.ts` alone.

/** The numbers of one test, one for each size. */
export interface Sizes {
  readonly short: number
  readonly long: number
  /** Default: as many as `long`. */
  readonly full?: number
}

const size = sizeOf(process.env['POSTHORN_TESTS'] ?? 'short')

export const isFull = size === 'full'
export const isLong = size !== 'short'

/** Returns the number for the size of this run. */
export function sized({ short, long, full = long }: Sizes): number {
  return { short, long, full }[size]
}

function sizeOf(text: string): 'short' | 'long' | 'full' {
  if (text === 'short' || text === 'long' || text === 'full') return text
  throw new Error(`POSTHORN_TESTS must be short, long or full, not ${text}`)
}
