// The plan that a seed determines before a run begins: the shape of the installation, the kinds of faults and how often
// each happens. Most kinds of faults are left out of half of the runs, so that each kind is also tested without the
// others.

import { day, hour, minute, second } from '../../src/domain/time.ts'
import { registry } from '../../src/dialects/registry.ts'
import type { Dialect } from '../../src/contracts/dialect.ts'
import type { Random } from '../support/random.ts'

export interface Plan {
  /** True: several nodes may share the database, as on PostgreSQL. False: it has one node, as on SQLite. */
  readonly shared: boolean
  readonly nodes: number
  /** How many of the nodes have the role `api`, so that they do not deliver. */
  readonly apiNodes: number
  /** POSTHORN_RETRY_SCALE: schedules of days pass in minutes. */
  readonly retryScale: number
  /** One tenant each. */
  readonly dialects: readonly Dialect[]
  readonly endpointsPerTenant: number
  /** The duration of the faults. */
  readonly troubledMs: number
  readonly events: number
  /** Events that are posted in one request, to one tenant; 0: no burst. */
  readonly burst: number
  readonly changes: number
  /** How many in a thousand calls of the database fail in each way. */
  readonly perMille: { readonly refused: number; readonly lost: number; readonly late: number; readonly slow: number }
  readonly outages: number
  readonly crashes: number
  readonly stops: number
  readonly freezes: number
  /** How often a node receives no notifications and no answers to heartbeats for a while. */
  readonly deafnesses: number
  /** How often a node cannot reach the database for a while, though others can. */
  readonly cutOffs: number
  readonly clockJumps: number
  readonly databaseClockJumps: number
  readonly receiverMoods: number
  /** How often the egress proxy is away for a while. */
  readonly proxyOutages: number
}

/** The longest schedule that a run has time for. */
const scheduleMsMax = 20 * minute

export function drawPlan(random: Random): Plan {
  const upTo = (most: number): number => (random.between(0, 1) === 0 ? 0 : random.between(1, most))
  const shared = random.between(0, 2) > 0
  const retryScale = pick(random, [1, 1 / 30, 1 / 100, 1 / 500])
  const fitting = registry.map(({ dialect }) => dialect).filter((one) => scheduleMs(one) * retryScale <= scheduleMsMax)
  const nodes = shared ? random.between(1, 3) : 1
  return {
    shared,
    nodes,
    apiNodes: nodes > 1 && random.between(0, 3) === 0 ? 1 : 0,
    retryScale,
    dialects: Array.from({ length: random.between(1, 3) }, () => pick(random, fitting)),
    endpointsPerTenant: random.between(1, 3),
    troubledMs: random.between(10 * second, 150 * second),
    events: random.between(5, 60),
    burst: random.between(0, 80) === 0 ? random.between(1100, 1400) : upTo(40),
    changes: upTo(15),
    perMille: { refused: upTo(60), lost: shared ? upTo(30) : 0, late: shared ? upTo(20) : 0, slow: upTo(40) },
    outages: upTo(2),
    crashes: upTo(4),
    stops: upTo(2),
    freezes: upTo(3),
    deafnesses: shared ? upTo(2) : 0,
    cutOffs: shared ? upTo(2) : 0,
    clockJumps: random.between(0, 2) === 0 ? random.between(1, 3) : 0,
    databaseClockJumps: shared && random.between(0, 5) === 0 ? 1 : 0,
    receiverMoods: upTo(12),
    proxyOutages: random.between(0, 2) === 0 ? random.between(1, 2) : 0,
  }
}

/** How far a clock jumps, in ms; negative: back. */
export function drawJump(random: Random): number {
  return pick(random, [second, minute, hour, day]) * pick(random, [-1, 1])
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[random.between(0, values.length - 1)] as Value
}

function scheduleMs({ retries }: Dialect): number {
  return retries.waitsMs.reduce((sum, waitMs) => sum + waitMs, 0)
}
