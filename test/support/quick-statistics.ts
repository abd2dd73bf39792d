// Loaded into a server with NODE_OPTIONS=--import: counts are moved to the rollups all the time, in small steps, so that
// every crash interrupts such a step.

import { limits } from '../../src/domain/limits.ts'

Object.assign(limits, { statsGatherMs: 20, statsFoldMs: 40, statsGatherRows: 5, statsFoldRows: 2 })
