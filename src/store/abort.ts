import type { WriteResult } from '../contracts/account-store.ts'

/** Thrown inside a transaction to roll it back. `result` is the result of the write. */
export class Abort extends Error {
  readonly result: WriteResult
  constructor(result: WriteResult) {
    super(result)
    this.result = result
  }
}
