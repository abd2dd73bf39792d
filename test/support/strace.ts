// Runs a server under strace, which makes its Nth system call of a kind fail, or kills the server there.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { endWithParent } from './child-guard.ts'

export interface Fault {
  /** Names of system calls, with commas. Each thread counts its own, and each name for itself. */
  readonly calls: string
  /** What happens: `error=EIO`, `signal=KILL`. */
  readonly what: string
  /** Which call, from 1; `5+`: the fifth and all after it. */
  readonly when: string
}

/** Why there is no strace here; null where there is. */
export function whyNoStrace(): string | null {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' })
    return null
  } catch {
    return 'strace is not installed, or may not trace'
  }
}

/** The command that runs Node with a fault; strace writes what it did to `log`. */
export function nodeWithFault(fault: Fault, log: string): readonly string[] {
  // The filter makes all other calls as fast as ever, but signals do not come through it.
  const filter = fault.what.startsWith('error=') ? ['--seccomp-bpf'] : []
  // The tracer is the child's child (-D): to kill the child is to kill the server.
  return ['strace', '-D', '-f', ...filter, ...options(fault, log), process.execPath]
}

/** The same for a process that runs already, whose calls are counted from now on. The tracer ends with it. */
export async function strikeRunning(pid: number, fault: Fault, log: string): Promise<void> {
  const tracer = spawn('strace', ['-f', ...options(fault, log), '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  endWithParent(tracer)
  // It says that it is attached.
  await once(tracer.stderr, 'data')
}

function options({ calls, what, when }: Fault, log: string): readonly string[] {
  return ['-ttt', '-o', log, '-e', `trace=${calls}`, '-e', `inject=${calls}:${what}:when=${when}`]
}

/** When an error first struck, in milliseconds since 1970; null where none did. */
export async function struckAt(log: string): Promise<number | null> {
  const line = (await readFile(log, 'utf8')).split('\n').find((text) => text.includes('INJECTED'))
  return line === undefined ? null : Number(/(\d+\.\d+) /.exec(line)?.[1]) * 1000
}

/** Whether the fault struck, as long as nobody else has killed the process. */
export async function hasStruck({ what }: Fault, log: string): Promise<boolean> {
  return (await readFile(log, 'utf8')).includes(what.startsWith('error=') ? 'INJECTED' : 'killed by SIGKILL')
}
