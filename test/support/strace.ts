// Runs a server under strace, which fails the Nth system call of a kind or kills the server in that call.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { endWithParent } from './child-guard.ts'

export interface Fault {
  /** Names of system calls, separated by commas. strace counts per thread and per name. */
  readonly calls: string
  /** The fault: `error=EIO` or `signal=KILL`, for example. */
  readonly what: string
  /** The number of the call, from 1; `5+`: the fifth call and all later calls. */
  readonly when: string
}

/** Returns why strace cannot run here, or null if it can. */
export function whyNoStrace(): string | null {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' })
    return null
  } catch {
    return 'strace is not installed or not allowed to trace'
  }
}

/** Returns the command that runs Node with a fault. strace writes the calls to `log`. */
export function nodeWithFault(fault: Fault, log: string): readonly string[] {
  // With the filter all other calls are as fast as without strace. It does not work with signals.
  const filter = fault.what.startsWith('error=') ? ['--seccomp-bpf'] : []
  // With -D, the tracer is a child of the server: a test that kills the child kills the server.
  return ['strace', '-D', '-f', ...filter, ...options(fault, log), process.execPath]
}

/** Adds a fault to a running process. Calls are counted from now on. The tracer ends with the process. */
export async function strikeRunning(pid: number, fault: Fault, log: string): Promise<void> {
  const tracer = spawn('strace', ['-f', ...options(fault, log), '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  endWithParent(tracer)
  // The first output says that strace is attached.
  await once(tracer.stderr, 'data')
}

function options({ calls, what, when }: Fault, log: string): readonly string[] {
  return ['-ttt', '-o', log, '-e', `trace=${calls}`, '-e', `inject=${calls}:${what}:when=${when}`]
}

/** When the first error was injected, in milliseconds since 1970; null: there was none. */
export async function struckAt(log: string): Promise<number | null> {
  const line = (await readFile(log, 'utf8')).split('\n').find((text) => text.includes('INJECTED'))
  return line === undefined ? null : Number(/(\d+\.\d+) /.exec(line)?.[1]) * 1000
}

/** Whether the fault was injected. Valid only if the test has not killed the process. */
export async function hasStruck({ what }: Fault, log: string): Promise<boolean> {
  return (await readFile(log, 'utf8')).includes(what.startsWith('error=') ? 'INJECTED' : 'killed by SIGKILL')
}
