// How much the tests of the long promises do. `npm test` runs them short, `npm run test:long` runs them long, and
// `npm run test:crash` runs the crash tests in full.
//
// A test that has a short form is in a file `x.test.ts`, and a file `x.long.ts` imports `x.test.ts`. A test that is always
// long is in a file `x.long.ts` alone.

const size = sizeOf(process.env['POSTHORN_TESTS'] ?? 'short')

export const isFull = size === 'full'
export const isLong = size !== 'short'

/** Returns the number for the size of this run. */
export function sized({ short, long }: { readonly short: number; readonly long: number }): number {
  return isLong ? long : short
}

function sizeOf(text: string): 'short' | 'long' | 'full' {
  if (text === 'short' || text === 'long' || text === 'full') return text
  throw new Error(`POSTHORN_TESTS must be short, long or full, not ${text}`)
}
