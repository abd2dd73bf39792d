// Converts errors of PostgreSQL and of its driver to the errors of the contract. An error of the server is recognized
// by its SQLSTATE, never by its message: a server may write its messages in any language.

import pg from 'pg'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'

/** The connection failed during a query: the result of the query is unknown. */
class ConnectionFailure extends Error {
  override name = 'ConnectionFailure'
}

/** No connection could be opened, so nothing took effect. */
class Unreachable extends StoreUnavailable {
  /** The SQLSTATE with which the server refused the connection; null: no server answered. */
  readonly state: string | null

  constructor(message: string, state: string | null) {
    super(message)
    this.state = state
  }
}

/**
 * Converts an error of a query to a ConnectionFailure, unless it is the server's or a wrong value of ours caused it.
 */
export function queryError(error: unknown): unknown {
  if (error instanceof pg.DatabaseError || error instanceof TypeError) return error
  return new ConnectionFailure(messageOf(error), { cause: error })
}

/** Whether the connection broke during a query, so that it is unknown whether the query took effect. */
export function isBroken(error: unknown): boolean {
  const origin = error instanceof StoreUnavailable ? error.cause : error
  const state = stateOf(origin)
  return state === null ? origin instanceof ConnectionFailure : /^(57P|25P03)/.test(state)
}

/** @param error the reason why no connection could be opened */
export function unreachable(error: unknown): StoreUnavailable {
  return new Unreachable(`PostgreSQL cannot be reached: ${messageOf(error)}`, stateOf(error))
}

/** Whether this is a serialization failure or a deadlock: the transaction was rolled back and may succeed next time. */
export function isCollision(error: unknown): boolean {
  const state = stateOf(error)
  return state === '40001' || state === '40P01'
}

/**
 * Beginnings of the SQLSTATEs of conditions that pass without a restart of the node: connection, transaction rollback,
 * authorization, resources (53100: disk full), limits, a server that stops or starts, an operator's cancel or a timeout
 * (57014), a lock held too long, a standby (25006), an idle transaction (25P03), missing rights, a missing database,
 * I/O.
 */
const passing = /^(08|40|28|53|54|57|55P03|25006|25P03|42501|3D000|58|XX001|XX002)/

/** Converts an error of the server or the connection to `StoreUnavailable` if it may pass. Keeps all other errors. */
export function classify(error: unknown): unknown {
  const state = stateOf(error)
  const passes = state === null ? error instanceof ConnectionFailure : passing.test(state)
  if (!passes || error instanceof StoreUnavailable) return error
  return new StoreUnavailable(`PostgreSQL ${state ?? ''}: ${messageOf(error)}`, { cause: error })
}

/** A start does not wait for these conditions to pass: a refused login, missing rights, a missing database. */
const permanentAtStart = /^(28|42501|3D000)/

/** Whether a start may wait until the condition has passed. */
export function mayPassAtStart(error: unknown): boolean {
  if (!(error instanceof StoreUnavailable)) return false
  // The driver itself ends a login that it cannot complete, for example without a password. That error has no SQLSTATE.
  if (error.message.includes('SASL: ')) return false
  const state = error instanceof Unreachable ? error.state : stateOf(error.cause)
  return state === null || !permanentAtStart.test(state)
}

/** The error that stops the start; its message is one line. */
export function refusal(error: unknown): StoreRefused {
  if (error instanceof StoreRefused) return error
  return new StoreRefused(`cannot use the PostgreSQL database: ${messageOf(error)}`)
}

function stateOf(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? '') : null
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
