// Values that may be there already. What is in memory is used in the same turn of the event loop: a promise would cost
// more than the look itself.

import type { Result } from './problem.ts'

export type MaybePromise<Value> = Value | Promise<Value>

/** Goes on with a value: at once if it is there. */
export function andThen<From, To>(value: MaybePromise<From>, use: (value: From) => MaybePromise<To>): MaybePromise<To> {
  return value instanceof Promise ? value.then(use) : use(value)
}

/** Goes on with the value of a result; a problem is the result of the whole. */
export function andThenOk<From, To>(
  result: MaybePromise<Result<From>>,
  use: (value: From) => MaybePromise<Result<To>>,
): MaybePromise<Result<To>> {
  return andThen(result, (given): MaybePromise<Result<To>> => (given.ok ? use(given.value) : given))
}
