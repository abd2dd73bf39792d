// What the parts of a node see of the world around them. The world itself, which knows them all, is in world.ts.

import type { Change } from '../../src/contracts/lease-store.ts'
import type { Random } from '../support/random.ts'
import type { Roles } from './roles.ts'
import type { Flaw } from './flaws.ts'
import type { Actor, Ledger } from './ledger.ts'
import type { Plan } from './plan.ts'
import type { Receivers } from './receivers.ts'
import type { Time } from './time.ts'

/** Whoever acts for a node, as long as its life lasts. */
export interface Doer extends Actor {
  readonly alive: boolean
  /** Runs what the node itself does: now, once it is thawed, or never. */
  enter(action: () => void): void
}

export interface Surroundings {
  readonly plan: Plan
  readonly random: Random
  readonly time: Time
  readonly roles: Roles
  readonly ledger: Ledger
  readonly receivers: Receivers
  /** Whether anything may go wrong yet. */
  readonly troubled: boolean
  readonly databaseUp: boolean
  /** How much has gone wrong so far. */
  faults: number
  has(flaw: Flaw): boolean
  trace(line: () => string): void
  latencyMs(): number
  /** Lets something go its way; what nobody expected is a violation. */
  go(promise: Promise<unknown>): void
  /** A call takes effect in the database: what it gives, and what nodes are to be told of. */
  perform(life: Doer, method: string, args: readonly unknown[]): { value: unknown; told: readonly Change[] }
  /**
   * Tells every node, and goes on at once; or, where a node waits for it, when all others that are alive have heard, or
   * have been without a heartbeat for so long that they believe nothing they know.
   */
  broadcast(changes: readonly Change[], waits: Doer | null, then: () => void): void
}
