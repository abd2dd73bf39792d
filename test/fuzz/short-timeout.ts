// Loaded into a server with NODE_OPTIONS=--import: makes the timeouts of requests and stalled connections short enough
// for tests.

import { limits } from '../../src/domain/limits.ts'

/** A request must arrive completely within this time. */
export const requestTimeoutMs = 2000

/** A connection whose caller does not read a response is ended after two or three times this time. */
export const stalledConnectionMs = 1500

Object.assign(limits, { requestTimeoutMs, stalledConnectionMs })
