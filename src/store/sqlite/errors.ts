// Errors of SQLite, as the contract's. Only result codes tell them apart.

import { StoreUnavailable } from '../../contracts/store.ts'

const busy = 5
const locked = 6
export const ioError = 10
/** Primary result codes that pass without a restart: besides these, no memory, read-only, disk full, cannot open. */
const passing = new Set([busy, locked, 7, 8, ioError, 13, 14])

/** An error of SQLite as the contract's, where it may pass; any other error as it is. */
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
