import type { WriteResult } from '../contracts/account-store.ts'

/** Rolls a transaction back, and says why by its message. */
export class Abort extends Error {
  readonly result: WriteResult
  constructor(result: WriteResult) {
    super(result)
    this.result = result
  }
}
