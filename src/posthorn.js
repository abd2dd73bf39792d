#!/usr/bin/env node
// The entry of the program. It is JavaScript without new syntax, because a Node that is too old cannot read the other
// files: it must still be able to read this one and to say so.

const oldest = 26

if (Number.parseInt(process.versions.node, 10) < oldest) {
  process.stderr.write(`posthorn: this is Node ${process.versions.node}; install Node ${oldest} or newer\n`)
  process.exitCode = 1
} else {
  await import('./main.ts')
}
