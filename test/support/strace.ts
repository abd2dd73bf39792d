// Runs a server under strace, which makes its Nth system call of a kind fail, or kills the server there.

import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'

export interface Fault {
  /** Names of system calls, with commas. Each thread counts its own. */
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
export function nodeWithFault({ calls, what, when }: Fault, log: string): readonly string[] {
  const inject = `inject=${calls}:${what}:when=${when}`
  // The filter makes all other calls as fast as ever, but signals do not come through it.
  const filter = what.startsWith('error=') ? ['--seccomp-bpf'] : []
  // The tracer is the child's child (-D): to kill the child is to kill the server.
  const strace = ['strace', '-D', '-f', ...filter, '-ttt', '-o', log, '-e', `trace=${calls}`, '-e', inject]
  return [...strace, process.execPath]
}

/** When an error first struck, in milliseconds since 1970; null where none did. */
export async function struckAt(log: string): Promise<number | null> {
  const line = (await readFile(log, 'utf8')).split('\n').find((text) => text.includes('INJECTED'))
  return line === undefined ? null : Number(/(\d+\.\d+) /.exec(line)?.[1]) * 1000
}
