// Loaded into a server with NODE_OPTIONS=--import: the times that a request may take and a connection may stall, short
// enough to be waited for.

import { limits } from '../../src/domain/limits.ts'

/** A request must have come within this many milliseconds. */
export const requestTimeoutMs = 2000

/** A connection on which nothing moves is ended after so many. */
export const stalledConnectionMs = 1500

Object.assign(limits, { requestTimeoutMs, stalledConnectionMs })
