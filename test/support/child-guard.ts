// Child processes end with the process that started them, also when that process fails. A server that stays behind
// keeps its port, its database and a core. A parent that is killed with SIGKILL can clean nothing up: our own children
// then notice that their IPC channel closed (bench/child.ts).

import type { ChildProcess } from 'node:child_process'

const guarded = new Set<ChildProcess>()
let installed = false

/** Kills `child` with SIGKILL when this process exits or receives SIGINT, SIGTERM or SIGHUP. */
export function endWithParent(child: ChildProcess): void {
  guarded.add(child)
  child.once('exit', () => guarded.delete(child))
  if (installed) return
  installed = true
  process.once('exit', killAll)
  // Without a handler these signals end the process before its 'exit' event.
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => process.exit(exitCode))
  }
}

/** The environment of a child that inherits no settings: only the path and the cache of compiled modules. */
export function bareEnv(): Record<string, string | undefined> {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) }
}

function killAll(): void {
  for (const child of guarded) child.kill('SIGKILL')
}
