// Runs `posthorn` as an operator starts it by hand, in its own folder and only with the given settings, for tests of its
// exit code and its output.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { bareEnv, endWithParent } from './child-guard.ts'

export interface ServeRun {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves with the exit code, or with null if it was killed after 30 s. */
  exited(): Promise<number | null>
  /** Resolves with the URL in the log. Throws if the process ends before. */
  serving(): Promise<string>
}

export const main = resolve(import.meta.dirname, '../../src/main.ts')
const waitMsMax = 30_000

/** Creates a folder that is removed when the test ends. */
export async function runFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-serve-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** Starts `posthorn serve`. It is killed when the test ends. */
export function serve(
  t: TestContext,
  cwd: string,
  settings: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): ServeRun {
  return run(t, cwd, settings, [process.execPath, main, 'serve', ...args])
}

/** Starts a command as the leader of a process group. The group is killed when the test ends. */
export function run(
  t: TestContext,
  cwd: string,
  settings: Readonly<Record<string, string>>,
  command: readonly string[],
  stdout: 'pipe' | number = 'pipe',
): ServeRun {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd,
    env: { ...bareEnv(), ...settings },
    stdio: ['ignore', stdout, 'pipe'],
    detached: true,
  })
  endWithParent(child)
  const exit = once(child, 'exit')
  t.after(async () => {
    signalGroup(child, 'SIGKILL')
    await exit
  })
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    async exited() {
      const timer = setTimeout(() => child.kill('SIGKILL'), waitMsMax)
      // The event 'close' comes after the last output.
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
      clearTimeout(timer)
      return child.exitCode
    },
    serving() {
      return new Promise((found, ended) => {
        const look = (): void => {
          const url = /"url":"(http[^"]+)".*posthorn is serving/.exec(out)?.[1]
          if (url !== undefined) found(url)
        }
        child.stdout?.on('data', look)
        child.once('exit', () => ended(new Error(`the process ended before it served: ${err}`)))
        look()
      })
    },
  }
}

/** Sends a signal to the child and to all processes that it started, as systemd and a terminal do. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-Number(pid), signal)
  } catch {
    // All of them have ended.
  }
}

/** The process id of the only child of a process. Throws if there is none. */
export function onlyChild(pid: number | undefined): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  if (!/^\d+$/.test(children)) throw new Error(`process ${pid} has not one child: ${children}`)
  return Number(children)
}
