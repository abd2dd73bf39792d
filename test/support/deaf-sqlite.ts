// A server that loads this module first (NODE_OPTIONS) ignores errors of commits. Only for the control that shows that
// the tests of failing flushes find such a server.

import { type SQLInputValue, type StatementResultingChanges, StatementSync } from 'node:sqlite'

// oxlint-disable-next-line typescript/unbound-method -- it is called with the statement below
const run: (this: StatementSync, ...values: SQLInputValue[]) => StatementResultingChanges = StatementSync.prototype.run
StatementSync.prototype.run = function (this: StatementSync, ...values: unknown[]) {
  try {
    return run.apply(this, values as SQLInputValue[])
  } catch (error) {
    if (this.sourceSQL !== 'COMMIT') throw error
    return { changes: 0, lastInsertRowid: 0 }
  }
}
