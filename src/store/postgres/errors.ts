// Errors of PostgreSQL and of its driver, as the contract's. Only SQLSTATEs tell them apart: a server may speak any
// language.

import pg from 'pg'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'

/** The connection failed under a query: the server has not said what became of it. */
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

/** An error of a query. What is neither the server's nor a wrong value of ours comes from the connection. */
export function queryError(error: unknown): unknown {
  if (error instanceof pg.DatabaseError || error instanceof TypeError) return error
  return new ConnectionFailure(messageOf(error), { cause: error })
}

/** Whether the connection broke under a query: nobody knows whether the query took effect. */
export function isBroken(error: unknown): boolean {
  const origin = error instanceof StoreUnavailable ? error.cause : error
  const state = stateOf(origin)
  return state === null ? origin instanceof ConnectionFailure : /^(57P|25P03)/.test(state)
}

/** @param error why no connection could be opened */
export function unreachable(error: unknown): StoreUnavailable {
  return new Unreachable(`PostgreSQL cannot be reached: ${messageOf(error)}`, stateOf(error))
}

/** Serialization failures and deadlocks: the transaction was undone, and may succeed if it is run again. */
export function isCollision(error: unknown): boolean {
  const state = stateOf(error)
  return state === '40001' || state === '40P01'
}

/**
 * Conditions that pass without a restart, by the beginning of their SQLSTATE: connection, transaction rollback,
 * authorization, resources (53100: disk full), limits, a server that stops or starts, an operator's cancel or a timeout
 * (57014), a lock held too long, a standby (25006), an idle transaction (25P03), missing rights, a database that is gone,
 * I/O.
 */
const passing = /^(08|40|28|53|54|57|55P03|25006|25P03|42501|3D000|58|XX001|XX002)/

/** An error of the server or of the connection as the contract's, where it may pass; any other error as it is. */
export function classify(error: unknown): unknown {
  const state = stateOf(error)
  const passes = state === null ? error instanceof ConnectionFailure : passing.test(state)
  if (!passes || error instanceof StoreUnavailable) return error
  return new StoreUnavailable(`PostgreSQL ${state ?? ''}: ${messageOf(error)}`, { cause: error })
}

/** A refused login, missing rights, a missing database: a start does not wait for these to pass. */
const permanentAtStart = /^(28|42501|3D000)/

/** Whether a start may wait until the condition has passed. */
export function mayPassAtStart(error: unknown): boolean {
  if (!(error instanceof StoreUnavailable)) return false
  // The driver itself ends a login that it cannot complete, one without a password for example; that has no SQLSTATE.
  if (error.message.includes('SASL: ')) return false
  const state = error instanceof Unreachable ? error.state : stateOf(error.cause)
  return state === null || !permanentAtStart.test(state)
}

/** An error that waiting does not fix stops the start with one line. */
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
