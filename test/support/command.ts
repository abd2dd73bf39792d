// Runs `posthorn …` in a process of its own, as a user does.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bareEnv, endWithParent } from './child-guard.ts'

const entry = resolve(import.meta.dirname, '../../src/posthorn.js')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  readonly stdout: () => string
  readonly stderr: () => string
  /** Sends a signal, as Ctrl-C does. */
  signal(name: NodeJS.Signals): void
  ended(): Promise<Ended>
}

export interface CommandOptions {
  /** The environment; the user has no profiles unless it names a config folder. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** The working folder. */
  readonly folder: string
}

/** Creates a folder for PATH in which `posthorn` is this program. */
export function programFolder(folder: string): string {
  const programs = join(folder, 'bin')
  mkdirSync(programs)
  writeFileSync(join(programs, 'posthorn'), `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`, { mode: 0o755 })
  return programs
}

/** Runs a command to its end. */
export function command(args: readonly string[], options: CommandOptions): Promise<Ended> {
  return startCommand(args, options).ended()
}

export function startCommand(
  args: readonly string[],
  { env = {}, stdin = '', folder }: CommandOptions,
): RunningCommand {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: folder,
    env: { ...bareEnv(), XDG_CONFIG_HOME: join(folder, 'config'), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  endWithParent(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  const closed = once(child, 'close')
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (name) => child.kill(name),
    async ended() {
      const [code] = (await closed) as [number | null]
      return { code, stdout, stderr }
    },
  }
}

/** The words of a line that needs no other features of a shell than quotes. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/['"]([^'"]*)['"]/g, '$1'))
}
