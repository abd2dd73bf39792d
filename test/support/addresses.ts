// Addresses of callers. Servers of tests believe `X-Forwarded-For` (server-process.ts), so that wrong keys of one test do
// not slow down another test.

import { randomInt } from 'node:crypto'

/** Other processes may call the same server, so each begins elsewhere. */
let last = randomInt(2 ** 24)

/** A header that makes a request come from an address of its own. */
export function fromAnAddress(): { 'x-forwarded-for': string } {
  last += 1
  return { 'x-forwarded-for': `10.${(last >> 16) & 255}.${(last >> 8) & 255}.${last & 255}` }
}
