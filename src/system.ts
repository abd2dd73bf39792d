// The machine's clock and randomness, behind the interfaces of the domain.

import { randomFillSync } from 'node:crypto'
import type { Clock } from './domain/clock.ts'
import type { RandomBytes } from './domain/ids.ts'

/** The machine's clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}

const poolBytes = 16 * 1024
let pool = new Uint8Array(0)
let poolAt = 0

/** Returns random bytes from a pool, because one system call per id would cost more than the id itself. */
export const systemRandomBytes: RandomBytes = (count) => {
  if (poolAt + count > pool.length) {
    // Bytes that were returned stay as they are: the next ones are in another pool.
    pool = randomFillSync(new Uint8Array(Math.max(poolBytes, count)))
    poolAt = 0
  }
  poolAt += count
  return pool.subarray(poolAt - count, poolAt)
}
