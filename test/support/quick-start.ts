// The terminals of a newcomer who pastes lines of README.md, and its quick start. POSTHORN_PORT and the port of the receiver
// are free ones.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { until } from './api-rig.ts'
import { answers, background, type Background, commandLines, newcomerEnv, repository } from './documented.ts'
import { freePort } from './server-process.ts'

/** The lines of the quick start; the first one starts the service. */
export const quickStart = commandLines('README.md', 'Start')

/** The first line of the quick start once the package is installed. */
export function startOfPackage(): string {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  const [, command = ''] = /`([^`]+)` with the same options replaces this line/.exec(readme) ?? []
  const [line = ''] = quickStart
  return line.replace('npm ci && npm start --', command)
}

export interface Terminals {
  /** Runs lines to their end. Returns their output. */
  run(lines: string): Promise<string>
  /** Starts lines, of which the last one is `posthorn listen`, and waits until it listens. */
  listen(lines: string): Promise<Background>
}

/** Starts the service with the line `start`, and opens the newcomer's other terminals. */
export async function openTerminals(
  t: TestContext,
  cwd: string,
  start: string,
  env: NodeJS.ProcessEnv = newcomerEnv,
): Promise<Terminals> {
  const ports = { 4080: await freePort(), 4090: await freePort() }
  // The newcomer has another port than 4080 free, as the README allows.
  const pasted = (lines: string): string => {
    const replaced = lines.replaceAll('4090', String(ports[4090]))
    const ported = replaced.replaceAll(/posthorn listen/g, `posthorn listen --port ${ports[4090]}`)
    return `set -e\nexport POSTHORN_PORT=${ports[4080]}\n${ported}`
  }
  background(t, cwd, pasted(start), env)
  await until(() => answers(`http://127.0.0.1:${ports[4080]}/healthz`), 'the service answers', 30_000)
  return {
    run: async (lines) => (await promisify(execFile)('bash', ['-c', pasted(lines)], { cwd, env })).stdout,
    listen: async (lines) => {
      const listener = background(t, cwd, pasted(lines), env)
      await until(() => listener.output().includes('Listening on'), 'the receiver listens', 60_000)
      return listener
    },
  }
}

/** Pastes the lines of the quick start after the first one. Each does what the README says. */
export async function followQuickStart(terminals: Terminals): Promise<void> {
  const [, create = '', listen = '', publish = '', list = ''] = quickStart
  await terminals.run(create)
  const listener = await terminals.listen(listen)
  await terminals.run(publish)
  await until(() => listener.output().includes('{"seconds":42}'), 'the delivery is printed', 30_000)
  assert.match(listener.output(), /verified\s+answered 200/)
  assert.match(await terminals.run(list), /delivered +1 +200 +call\.ended +acme/)
}
