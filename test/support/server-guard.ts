// A guard ends a server and deletes its folder, at the latest when this process ends, even by SIGKILL. For Linux and
// macOS: it needs `sh` and `ps`.

import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'

export interface Guard {
  /** Sets the process to end; `undefined`: there is none. */
  watch(pid: number | undefined): void
  /** Ends the process and deletes the folder now. */
  finish(): Promise<void>
}

const finishMsMax = 20_000

// The guard reads process ids from a pipe of the process that started it. The pipe closes when that process ends, even
// by SIGKILL. A PostgreSQL server that is killed with SIGKILL does not free its shared memory segment (named in the 7th
// line of postmaster.pid), and a system has only a few of them. A dead process that its parent did not reap (state Z)
// counts as ended: in a container, process 1 may reap no process.
const guardScript = `
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -"$2" "$pid"
  tries=0
  while [ $tries -lt 140 ]; do
    case $(ps -o stat= -p "$pid") in '' | Z*) break ;; esac
    sleep 0.05
    tries=$((tries + 1))
  done
  kill -KILL "$pid"
fi
segment=$(sed -n 7p "$1/data/postmaster.pid")
[ -z "$segment" ] || ipcrm -m "\${segment##* }"
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`

/**
 * @param folder of the server; if it is PostgreSQL, its data are in `data`
 * @param signal that asks the server to end; 7 s later it gets SIGKILL
 */
export function startGuard(folder: string, signal: 'QUIT' | 'TERM'): Guard {
  // The guard has its own session: Ctrl-C in the terminal must not end it before its work is done.
  const child = spawn('sh', ['-c', guardScript, 'posthorn-server-guard', folder, signal], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = new Promise((done) => child.once('exit', done))
  // The guard and the server do not keep this process alive. They end when it ends.
  child.unref()
  const input = child.stdin as Socket
  input.unref()
  return {
    watch(pid) {
      if (input.writable) input.write(`${pid ?? ''}\n`)
    },
    async finish() {
      input.end()
      await within(finishMsMax, ended, () => `the guard of ${folder} did not end`)
    },
  }
}

/** Waits for `promise`. @throws an error with `message` after `ms` */
export async function within(ms: number, promise: Promise<unknown>, message: () => string): Promise<void> {
  const tooLate = Promise.withResolvers<never>()
  const timer = setTimeout(() => tooLate.reject(new Error(`${message()} (waited ${ms} ms)`)), ms)
  try {
    await Promise.race([promise, tooLate.promise])
  } finally {
    clearTimeout(timer)
  }
}
