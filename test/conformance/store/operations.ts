// The operations of a random run.

import * as fc from 'fast-check'
import type { Move } from '../../../src/contracts/commit-store.ts'

export type Operation =
  | { kind: 'accept'; endpoint: number; leased: boolean; count: number }
  | { kind: 'claim'; endpoint: number; room: number }
  | { kind: 'move'; pick: number; to: Move['to']; attempted: boolean; stale: boolean; waitMs: number }
  | { kind: 'rearm'; pick: number; many: boolean }
  | { kind: 'switch'; endpoint: number; byFacts: boolean }
  | { kind: 'sweep' }
  | { kind: 'prune'; ageMs: number }
  | { kind: 'crash'; how: 'join' | 'leave' | 'reopen' }

/** The number of endpoints of a run. */
export const endpoints = 3

/** A move to the given state; the reason does not matter. */
export function moveOf(to: Move['to'], dueAt: number): Move {
  if (to === 'waiting') return { to, dueAt }
  return to === 'delivered' ? { to } : { to, reason: 'retries exhausted' }
}

const endpoint = fc.nat({ max: endpoints - 1 })
/** Picks one of the existing deliveries. */
const pick = fc.nat({ max: 1000 })

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('accept'), endpoint, leased: fc.boolean(), count: fc.nat(3) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('claim'), endpoint, room: fc.nat(3) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('move'),
      pick,
      to: fc.constantFrom('delivered', 'failed', 'cancelled', 'waiting'),
      attempted: fc.boolean(),
      stale: fc.nat(5).map((n) => n === 0),
      waitMs: fc.nat(300),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rearm'), pick, many: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('switch'), endpoint, byFacts: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sweep') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('prune'), ageMs: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash'), how: fc.constantFrom('join', 'leave', 'reopen') }) },
)

/** A run: enough operations to find a fault, and few enough to read when one is found. */
export const operations = fc.array(operation, { minLength: 10, maxLength: 32 })
