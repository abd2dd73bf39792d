// A program that loads this module first (NODE_OPTIONS) reports each change of V8's flags on stderr, of its threads too. V8
// itself does not tell its flags.

import { writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import v8 from 'node:v8'

const { setFlagsFromString } = v8
v8.setFlagsFromString = (flags) => {
  // In a thread, `process.stderr` has no descriptor.
  writeSync(2, `flags of V8 are changed: ${flags}\n`)
  setFlagsFromString(flags)
}
syncBuiltinESMExports()
