// A program that loads this module first (NODE_OPTIONS): the thread that writes to its database dies after an event of the
// type `thread.dies`.

import { type SQLInputValue, type StatementResultingChanges, StatementSync } from 'node:sqlite'
import { isMainThread } from 'node:worker_threads'

// oxlint-disable-next-line typescript/unbound-method -- it is called with the statement below
const run: (this: StatementSync, ...values: SQLInputValue[]) => StatementResultingChanges = StatementSync.prototype.run
StatementSync.prototype.run = function (this: StatementSync, ...values: unknown[]) {
  if (!isMainThread && values.includes('thread.dies')) {
    // Nothing catches the error of a timer. By then the event is stored and answered.
    setTimeout(() => {
      throw new Error('the thread dies')
    }, 100)
  }
  return run.apply(this, values as SQLInputValue[])
}
