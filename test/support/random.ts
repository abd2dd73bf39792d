// Random numbers from a seed, so that a failed run can be repeated with the same choices.

/** The seed of the tests that kill servers. POSTHORN_CRASH_SEED repeats a run. */
export const crashSeed = Number(process.env['POSTHORN_CRASH_SEED'] ?? Date.now() % 1_000_000)

export interface Random {
  /** Returns an integer from `low` to `high`, both included. */
  between(low: number, high: number): number
  /** Returns a number in [0, 1). */
  readonly fraction: () => number
}

/** Mulberry32: small and fast. Good enough to choose loads and moments, but not for keys. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { between: (low, high) => low + Math.floor(next() * (high - low + 1)), fraction: next }
}
