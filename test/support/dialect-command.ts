// Runs `posthorn dialect …` in a process of its own, as an author does.

import { spawn } from 'node:child_process'
import { once } from 'node:events'

const root = new URL('../..', import.meta.url).pathname

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** @param folder the working folder of the command; default: that of the repository */
export async function dialectCommand(args: readonly string[], folder: string = root): Promise<Ended> {
  const child = spawn(process.execPath, [`${root}src/posthorn.js`, 'dialect', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}
