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

/** Converts an error of SQLite to `StoreUnavailable` if it may pass. Keeps all other errors. */
export function classify(error: unknown): unknown {
  const code = resultCode(error)
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
