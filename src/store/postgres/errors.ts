// Converts errors of PostgreSQL and of its driver to the errors of the contract. An error of the server is recognized
// by its SQLSTATE, never by its message: a server may write its messages in any language.

import pg from 'pg'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'

/** The connection failed during a query: the result of the query is unknown. */
class ConnectionFailure extends Error {
  override name = 'ConnectionFailure'
}

/** No connection could be opened, so nothing took effect. */
class NoConnection extends StoreUnavailable {
  /** The error of the server or the driver. Not the cause, because a cause may be that a query broke. */
  readonly reason: unknown

  constructor(message: string, reason: unknown) {
    super(message)
    this.reason = reason
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

/**
 * @param error the reason why no connection could be opened
 * @param answer says what a server that answered has done
 */
export function noConnection(error: unknown, answer = 'refuses the connection'): StoreUnavailable | StoreRefused {
  if (error instanceof StoreUnavailable || error instanceof StoreRefused) return error
  const answered = stateOf(error) !== null || isTlsFailure(error) || isLoginFailure(error)
  const what = answered ? answer : 'cannot be reached'
  return new NoConnection(`PostgreSQL ${what}: ${messageOf(error)}`, error)
}

/** Whether the server has no TLS, or both sides found no way to use it. Another certificate or file may be needed. */
export function isTlsFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // Errors of the network have a system call. The driver reports the answer of a server without TLS by a message only.
  const code = 'code' in error && !('syscall' in error) ? String(error.code) : ''
  return /^ERR_|CERT|^UNABLE_TO_|^(INVALID|CRL|PATH|HOSTNAME)_/.test(code) || error.message.includes('SSL connection')
}

/** The driver itself ends a login that it cannot complete, for example without a password. */
function isLoginFailure(error: unknown): boolean {
  return error instanceof Error && error.message.includes('SASL: ')
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

/**
 * Beginnings of the SQLSTATEs for which a start does not wait: a refused login, a missing database, missing rights, a
 * setting that cannot be set.
 */
const permanentAtStart = /^(0A|22|28|3D000|42|55P02)/

/** Whether a start may wait until the condition has passed. */
export function mayPassAtStart(error: unknown): boolean {
  if (!(error instanceof StoreUnavailable)) return false
  const reason = error instanceof NoConnection ? error.reason : error.cause
  const state = stateOf(reason)
  if (state !== null) return !permanentAtStart.test(state)
  return !isTlsFailure(reason) && !isLoginFailure(reason)
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
