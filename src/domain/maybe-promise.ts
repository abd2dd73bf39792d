// Values that may be there already. What is in memory is used in the same turn of the event loop: a promise would cost
// more than the look itself.

import type { Result } from './problem.ts'

export type Soon<Value> = Value | Promise<Value>

/** Goes on with a value: at once if it is there. */
export function once<From, To>(value: Soon<From>, use: (value: From) => Soon<To>): Soon<To> {
  return value instanceof Promise ? value.then(use) : use(value)
}

/** Goes on with the value of a result; a problem is the result of the whole. */
export function ifOk<From, To>(result: Soon<Result<From>>, use: (value: From) => Soon<Result<To>>): Soon<Result<To>> {
  return once(result, (given): Soon<Result<To>> => (given.ok ? use(given.value) : given))
}
