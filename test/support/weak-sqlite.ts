// Loaded into a server before all else (NODE_OPTIONS), it makes SQLite's commits as weak as many have them: not flushed at
// once. Only for the control that shows that a power cut then loses events.

import { DatabaseSync } from 'node:sqlite'

// oxlint-disable-next-line typescript/unbound-method -- it is called with the database below
const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function (sql) {
  exec.call(this, sql.replace('synchronous = FULL', 'synchronous = NORMAL'))
}
