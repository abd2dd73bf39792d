// A committed delivery in the ledger, and the checks of its recorded moves.

import type { SendResult } from '../../src/contracts/transport.ts'
import type { EndReason } from '../../src/domain/delivery.ts'
import type { DeliveryId, Incarnation } from '../../src/domain/ids.ts'
import type { Dialect } from '../../src/contracts/dialect.ts'
import type { RecordedMove } from '../../src/contracts/commit-store.ts'

export interface Entry {
  readonly id: DeliveryId
  /** Its event and its endpoint, for messages: `event 3 to e2`. */
  readonly what: string
  readonly label: string
  readonly dialect: Dialect
  holder: Incarnation | null
  attempts: number
  attemptsBefore: number
  ended: boolean
  /** A receiver has accepted it at least once. */
  arrived: boolean
  body: Buffer | null
  /** The last result of each node that sent it. */
  readonly results: Map<Incarnation, Result>
  /** The earliest time of the next attempt, in ms since the epoch by the true clock. */
  notBefore: number
}

export interface Result extends SendResult {
  /** Ms since the epoch by the true clock. */
  readonly at: number
}

type Known = Pick<Entry, 'id' | 'what' | 'label' | 'dialect' | 'holder'>

export function newEntry(known: Known): Entry {
  const fresh = { attempts: 0, attemptsBefore: 0, ended: false, arrived: false, body: null, notBefore: 0 }
  return { ...known, ...fresh, results: new Map() }
}

/** The faults of a move. `entry` is in the state before the move. */
export function faultsOfMove(
  entry: Entry,
  { attempt, move }: RecordedMove,
  node: Incarnation,
  mayEnd: (reason: EndReason) => boolean,
): string[] {
  const faults: string[] = []
  const outcome = entry.results.get(node)?.outcome
  if (entry.holder !== node) faults.push(`was recorded by node ${node}, held by ${entry.holder}`)
  if (entry.ended) faults.push('was recorded after it had ended')
  if (attempt !== null) {
    if (attempt.number !== entry.attempts + 1) faults.push(`attempt ${attempt.number} is not the next one`)
    if (JSON.stringify(attempt.outcome) !== JSON.stringify(outcome)) faults.push('was recorded with a false outcome')
  }
  if (move.to === 'waiting') return faults
  const tries = entry.attempts + (attempt === null ? 0 : 1) - entry.attemptsBefore
  const isRejected = outcome?.kind === 'rejected' && outcome.status < 500
  if (move.to === 'delivered') {
    if (!entry.arrived) faults.push('was recorded as delivered, but no receiver accepted it')
  } else if (move.to === 'cancelled') {
    if (!mayEnd(move.reason)) faults.push(`was cancelled without cause: ${move.reason}`)
  } else if (move.reason === 'retries exhausted') {
    if (tries <= entry.dialect.retries.waitsMs.length) faults.push(`was given up after ${tries} attempts`)
  } else if (!isRejected) faults.push(`failed (${move.reason}) after ${JSON.stringify(outcome)}`)
  return faults
}

/** The shortest wait in ms that the dialect's schedule and the receiver's Retry-After allow after so many attempts. */
export function leastWaitMs({ retries }: Dialect, tries: number, { outcome }: SendResult, retryScale: number): number {
  const waitMs = (retries.waitsMs[tries - 1] ?? Infinity) * retryScale * (retries.exact ? 1 : 0.8)
  const isBusy = outcome.kind === 'rejected' && (outcome.status === 429 || outcome.status === 503)
  return Math.floor(Math.max(waitMs, isBusy ? (outcome.retryAfterMs ?? 0) : 0))
}
