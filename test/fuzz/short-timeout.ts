// Loaded into a server with NODE_OPTIONS=--import: the time that a request may take, short enough to be waited for.

import { limits } from '../../src/domain/limits.ts'

/** A request must have come within this many milliseconds. */
export const requestTimeoutMs = 2000

Object.assign(limits, { requestTimeoutMs })
