// The errors of the library. The codes are stable: docs/errors.md lists them.

import type { OperatorErrorCode } from '../api/error-codes.ts'
import { problemText } from '../api/problems.ts'
import { SettingError } from '../config/settings.ts'
import { StoreRefused } from '../contracts/store.ts'
import type { Problem } from '../domain/problem.ts'
import { Unavailable } from '../domain/unavailable.ts'

/**
 * A code of the operator API, or one of the library. `invalid_option`: an option has a wrong value. `database_refused`:
 * the database cannot be used. `not_started`: `start` was not called, or `stop` was.
 */
export type ErrorCode = OperatorErrorCode | 'invalid_option' | 'database_refused' | 'not_started'

/** A call that failed. Its message is a sentence. */
export class PosthornError extends Error {
  override readonly name = 'PosthornError'
  readonly code: ErrorCode
  /** The members of the event that are wrong. */
  readonly errors: readonly { readonly field: string; readonly message: string }[]

  constructor(
    code: ErrorCode,
    message: string,
    { errors = [], cause }: { readonly errors?: PosthornError['errors']; readonly cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.code = code
    this.errors = errors
  }
}

export function errorOfProblem(problem: Problem): PosthornError {
  const { code, detail, errors = [] } = problemText(problem)
  const faults = errors.map(({ field, message }) => ({ field, message }))
  return new PosthornError(code as ErrorCode, detail, { errors: faults })
}

/** The error that a caller gets for an error of the program. Errors that are no fault of the caller stay as they are. */
export function errorForCaller(error: unknown): unknown {
  if (error instanceof SettingError) {
    // The settings have the names of variables of the environment in their messages.
    const message = error.message.replaceAll(/POSTHORN_([A-Z_]+)/g, (_all, name: string) =>
      name.toLowerCase().replaceAll(/_(\w)/g, (_pair, letter: string) => letter.toUpperCase()),
    )
    return new PosthornError('invalid_option', message)
  }
  if (error instanceof StoreRefused) return new PosthornError('database_refused', error.message, { cause: error })
  if (error instanceof Unavailable) {
    const code = error.outcomeUnknown ? 'outcome_unknown' : 'unavailable'
    return new PosthornError(code, error.message, { cause: error })
  }
  return error
}
