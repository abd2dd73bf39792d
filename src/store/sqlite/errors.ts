// Converts errors of SQLite to the errors of the contract. Errors are recognized by their result codes only.

import { StoreUnavailable } from '../../contracts/store.ts'

const busy = 5
const locked = 6
export const ioError = 10
/**
 * Primary result codes of conditions that pass without a restart; 7: no memory, 8: read-only, 13: disk full, 14: cannot
 * open.
 */
const passing = new Set([busy, locked, 7, 8, ioError, 13, 14])

export const notADatabase = 26
/** Result codes of a file whose content is damaged, or is not a database any more. */
const malformed = new Set([11, notADatabase])

/** The file is malformed. Restarts and time do not help: a backup must be restored. */
export class Malformed extends StoreUnavailable {}

/** Converts an error of SQLite to `StoreUnavailable` if it may pass, or if the file is malformed. Keeps all others. */
export function classify(error: unknown): unknown {
  const code = resultCode(error)
  if (code !== null && malformed.has(code)) {
    return new Malformed(`SQLite: ${messageOf(error)}: stop the service, and restore a backup with posthorn restore`)
  }
  return code !== null && passing.has(code) ? new StoreUnavailable(`SQLite: ${messageOf(error)}`) : error
}

/** Whether another connection holds the file. */
export function isLocked(error: unknown): boolean {
  const code = resultCode(error)
  return code === busy || code === locked
}

/** The primary result code; null: the error is not SQLite's. */
export function resultCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : null
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
