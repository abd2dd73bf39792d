// A command in a terminal, of `script` of util-linux.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { until } from './api-rig.ts'
import { bareEnv, endWithParent } from './child-guard.ts'
import { programFolder } from './command.ts'

/** Why there is no terminal; false: there is one. */
export const withoutTerminal: string | false =
  spawnSync('script', ['--version']).status === 0 ? false : 'needs script of util-linux'

export interface Terminal {
  /** Types the keys, and waits until the terminal shows the text. */
  type(keys: string, shows: string): Promise<void>
  /** All that the terminal has shown since the start. */
  shown(): string
  /** Waits for the end. Returns the exit code. */
  ended(): Promise<number | null>
}

/** Runs a line of a shell in a terminal, in which `posthorn` is this program. It is killed when the test ends. */
export function startTerminal(
  t: TestContext,
  line: string,
  { folder, env = {} }: { readonly folder: string; readonly env?: Readonly<Record<string, string>> },
): Terminal {
  const own = bareEnv()
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: folder,
    env: { ...own, PATH: `${programFolder(folder)}:${own['PATH']}`, TERM: 'dumb', PS1: '> ', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  endWithParent(child)
  const closed = once(child, 'close')
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return {
    async type(keys, shows) {
      const from = output.length
      child.stdin.write(keys)
      await until(() => output.slice(from).includes(shows), `${keys} shows ${shows}`)
    },
    shown: () => output,
    async ended() {
      const [code] = (await closed) as [number | null]
      return code
    },
  }
}
