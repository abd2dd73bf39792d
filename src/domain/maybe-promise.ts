// Values that may already be in memory. A value in memory is used in the same turn of the event loop, because a promise
// would cost more than the lookup.

import type { Result } from './problem.ts'

/** A value that is in memory, or a promise of it. */
export type MaybePromise<Value> = Value | Promise<Value>

/** Calls `use` with the value: at once if the value is not a promise. */
export function andThen<From, To>(value: MaybePromise<From>, use: (value: From) => MaybePromise<To>): MaybePromise<To> {
  return value instanceof Promise ? value.then(use) : use(value)
}

/** Calls `use` with the value of a result. A problem is returned without a call. */
export function andThenOk<From, To>(
  result: MaybePromise<Result<From>>,
  use: (value: From) => MaybePromise<Result<To>>,
): MaybePromise<Result<To>> {
  return andThen(result, (given): MaybePromise<Result<To>> => (given.ok ? use(given.value) : given))
}
