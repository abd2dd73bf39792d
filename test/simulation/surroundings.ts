// The part of the world that a node's parts see. The world itself is in world.ts.

import type { Change } from '../../src/contracts/lease-store.ts'
import type { Random } from '../support/random.ts'
import type { Roles } from './roles.ts'
import type { Flaw } from './flaws.ts'
import type { Actor, Ledger } from './ledger.ts'
import type { Plan } from './plan.ts'
import type { Receivers } from './receivers.ts'
import type { Time } from './time.ts'

/** A life of a node, which acts as long as it is alive. */
export interface Doer extends Actor {
  readonly alive: boolean
  /** Runs an action of the node: now, or when it thaws, or never if it has ended. */
  enter(action: () => void): void
}

export interface Surroundings {
  readonly plan: Plan
  readonly random: Random
  readonly time: Time
  readonly roles: Roles
  readonly ledger: Ledger
  readonly receivers: Receivers
  /** Whether faults may happen now. */
  readonly troubled: boolean
  readonly databaseUp: boolean
  readonly proxyUp: boolean
  /** The number of faults so far. */
  faults: number
  has(flaw: Flaw): boolean
  trace(line: () => string): void
  latencyMs(): number
  /** Lets a promise run in the background; a rejection is a violation. */
  go(promise: Promise<unknown>): void
  /** Runs a call in the database. Returns its result and the changes that nodes must learn of. */
  perform(life: Doer, method: string, args: readonly unknown[]): { value: unknown; told: readonly Change[] }
  /**
   * Notifies every node of the changes. Calls `then` at once if no node waits. Otherwise it calls `then` when all other
   * living nodes know of the changes, or after `limits.trustMs`: by then a node that missed them trusts no cache.
   */
  broadcast(changes: readonly Change[], waits: Doer | null, then: () => void): void
}
