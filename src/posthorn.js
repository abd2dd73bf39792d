#!/usr/bin/env node
// The entry of the program. It is JavaScript without new syntax, because a Node that is too old cannot read the other
// files: it must still be able to read this one and to say so.

/** The first version that has all that the program uses, without a warning. */
const oldest = '24.15'

const [major, minor] = process.versions.node.split('.').map(Number)
const [oldestMajor, oldestMinor] = oldest.split('.').map(Number)
if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  process.stderr.write(`posthorn: this is Node ${process.versions.node}; install Node ${oldest} or newer\n`)
  process.exitCode = 1
} else {
  await import('./main.ts')
}
