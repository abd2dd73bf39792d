// A server that loads this module first (NODE_OPTIONS) does not flush SQLite's commits at once, which is a common
// setting. Only for the control that shows that a power cut then loses events.

import { DatabaseSync } from 'node:sqlite'

// oxlint-disable-next-line typescript/unbound-method -- it is called with the database below
const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function (sql) {
  exec.call(this, sql.replace('synchronous = FULL', 'synchronous = NORMAL'))
}
