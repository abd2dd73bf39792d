// The terminals of a newcomer who pastes lines of README.md, and its quick start. POSTHORN_PORT and the port of the receiver
// are free ones.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { until } from './api-rig.ts'
import {
  answers,
  background,
  type Background,
  codeBlocks,
  commandLines,
  newcomerEnv,
  repository,
} from './documented.ts'
import { freePort } from './server-process.ts'

/** The lines of the quick start; the first one starts the service. */
export const quickStart = commandLines('README.md', 'Start')

/** The output of the service and of `posthorn listen`, as the README shows it. */
const shownOutputs = codeBlocks('README.md').flatMap(({ section, language, text }) =>
  section === 'Start' && language === 'text' ? [text] : [],
)

/** An output without its times, ids, ports and version. */
function formOf(output: string): string {
  return output
    .trim()
    .replaceAll(/(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d\.\d{3}Z?/g, 'TIME')
    .replaceAll(/\b(ep|msg)_\w+/g, '$1')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replace(/"version":"[^"]+"/, 'VERSION')
}

/** The first line of the quick start once the package is installed. */
export function startOfPackage(): string {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  const [, command = ''] = /`([^`]+)` with the same options replaces the line of the start/.exec(readme) ?? []
  const [line = ''] = quickStart
  return line.replace('npm ci && npm start --', command)
}

export interface Terminals {
  /** Runs lines to their end. Returns their output. */
  run(lines: string): Promise<string>
  /** The output of the service so far. */
  readonly service: () => string
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
  const service = background(t, cwd, pasted(start), env)
  await until(() => answers(`http://127.0.0.1:${ports[4080]}/healthz`), 'the service answers', 30_000)
  return {
    service: service.output,
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
  const [started = '', received = ''] = shownOutputs
  assert.equal(formOf(terminals.service().trim().split('\n').at(-1) ?? ''), formOf(started))
  await terminals.run(create)
  const listener = await terminals.listen(listen)
  await terminals.run(publish)
  await until(() => listener.output().includes('{"seconds":42}'), 'the delivery is printed', 30_000)
  assert.equal(formOf(listener.output()), formOf(received))
  assert.match(await terminals.run(list), /delivered +1 +200 +call\.ended +acme/)
}
