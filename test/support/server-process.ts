// Starts the real server as a child process, as an operator does, so that a test can kill it. The server never outlives
// the process that started it.

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { endWithParent } from './child-guard.ts'

/** The parts of an installation that stay the same through restarts. */
export interface Installation {
  /** The folder of the SQLite database. `createInstallation` creates it and `remove` removes it. */
  readonly folder: string
  readonly operatorKey: string
  readonly masterKey: string
  remove(): Promise<void>
}

export interface ServerProcess {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Sends `signal` and waits until the process has ended. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** Sends SIGTERM. Throws if the process does not exit with 0 within 15 s. */
  stop(): Promise<void>
  /** The last 64 Ki characters of stdout and stderr. */
  output(): string
}

const startMsMax = 60_000
const stopMsMax = 15_000
const portTriesMax = 100
const outputCharactersMax = 65_536
const repository = resolve(import.meta.dirname, '../..')

/** Creates the folder and the keys of a new installation. The folder is in the temporary folder of the system. */
export async function createInstallation(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-'))
  const removeAtExit = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeAtExit)
  return {
    folder,
    operatorKey: `operator-${randomBytes(16).toString('hex')}`,
    masterKey: randomBytes(32).toString('base64'),
    async remove() {
      process.off('exit', removeAtExit)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Starts the command of `npm start` on a free port, and waits until the server is healthy. `env` extends or replaces
 * the settings.
 *
 * @param command the command that runs Node, with options of Node; another program may run Node
 * @param checkout the folder of the program; default: this one
 */
export async function startServer(
  installation: Installation,
  env: Readonly<Record<string, string>> = {},
  command: readonly string[] = [process.execPath],
  checkout: string = repository,
): Promise<ServerProcess> {
  const port = await freePort()
  const [program = '', ...options] = command
  const child = spawn(program, [...options, ...startArguments(checkout)], {
    cwd: checkout,
    env: {
      ...inheritedEnv(),
      POSTHORN_HOST: '127.0.0.1',
      POSTHORN_PORT: String(port),
      POSTHORN_DATABASE: `sqlite:${join(installation.folder, 'posthorn.db')}`,
      POSTHORN_OPERATOR_KEY: installation.operatorKey,
      POSTHORN_MASTER_KEY: installation.masterKey,
      POSTHORN_ALLOW_HTTP: 'on',
      POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8',
      POSTHORN_LOG_LEVEL: 'warn',
      // A request of a test may come from any address (addresses.ts). Another version may not know the setting.
      ...(checkout === repository && { POSTHORN_TRUSTED_PROXIES: '127.0.0.0/8' }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithParent(child)
  const output = collectOutput(child)
  const ended = new Promise<void>((done) => {
    child.once('error', () => done())
    child.once('exit', () => done())
  })
  const url = `http://127.0.0.1:${port}`
  await untilHealthy(child, url, output)
  return {
    url,
    port,
    pid: child.pid ?? 0,
    output,
    async kill(signal) {
      child.kill(signal)
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      await Promise.race([ended, sleep(stopMsMax, undefined, { ref: false })])
      if (child.exitCode === 0) return
      child.kill('SIGKILL')
      throw new Error(`the server did not exit with 0 (exit code ${child.exitCode}, ${child.signalCode}):\n${output()}`)
    },
  }
}

/** The environment of a weakened server, for a control: the server and its threads load modules of this folder first. */
export function weakenedBy(...files: readonly `${string}.ts`[]): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: files.map((file) => `--import=${join(import.meta.dirname, file)}`).join(' ') }
}

/**
 * Returns a TCP port of 127.0.0.1 that was free a moment ago. The system gives out ports from 32,768 on, to every
 * socket that asks for any port. This port lies below, so that no such socket takes it in the meantime.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < portTriesMax; tries += 1) {
    const port = randomInt(10_000, 32_768)
    const server = createServer()
    const listening = await new Promise<boolean>((done) => {
      server.once('error', () => done(false))
      server.listen(port, '127.0.0.1', () => done(true))
    })
    if (!listening) continue
    await new Promise((closed) => server.close(closed))
    return port
  }
  throw new Error(`${portTriesMax} ports were in use`)
}

/** The arguments of the command of `npm start`, without `exec node`. */
function startArguments(checkout: string): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly start: string }
  }
  const words = scripts.start.split(' ')
  return words.slice(words.indexOf('node') + 1)
}

/** The environment without settings of Posthorn, and without the variable that makes a child report to node:test. */
function inheritedEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('POSTHORN_') && name !== 'NODE_TEST_CONTEXT'),
  )
}

function collectOutput(child: ChildProcess): () => string {
  let text = ''
  const add = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-outputCharactersMax)
  }
  child.stdout?.on('data', add)
  child.stderr?.on('data', add)
  child.once('error', (error) => add(Buffer.from(String(error))))
  return () => text
}

async function untilHealthy(child: ChildProcess, url: string, output: () => string): Promise<void> {
  const giveUpAt = Date.now() + startMsMax
  while (Date.now() < giveUpAt) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error(`the server ended while starting (exit code ${child.exitCode}):\n${output()}`)
    }
    if (await answersHealthy(url)) return
    await sleep(20)
  }
  child.kill('SIGKILL')
  throw new Error(`the server was not healthy within ${startMsMax} ms:\n${output()}`)
}

async function answersHealthy(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${url}/healthz`, { headersTimeout: 1_000 })
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}
