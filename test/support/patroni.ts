// PostgreSQL with Patroni, as docs/scaling.md configures it: the configuration is read from there, and only addresses and
// folders are replaced. Two members, etcd and HAProxy run on 127.0.0.1, as an ordinary user.

import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chownSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { answers, documentedFile } from './documented.ts'
import { type Gate, openGate } from './gate.ts'
import { killPostmaster, queryOnce, unprivileged } from './postgres-server.ts'
import { startGuard } from './server-guard.ts'
import { freePort } from './server-process.ts'

/** The primary, or the standby that its commits wait for. */
export type Role = 'primary' | 'synchronous'

export interface Member {
  readonly name: string
  /** The other member reaches this PostgreSQL through the gate. */
  readonly gate: Gate
  start(): void
  /** Ends Patroni and PostgreSQL with SIGKILL, as the loss of the machine does. */
  kill(): Promise<void>
}

export interface PatroniCluster {
  /** Creates a database of the role `posthorn`. Returns its URL, which leads to the primary. */
  createDatabase(name: string): Promise<string>
  /** The member that has this role; undefined: none has. */
  find(role: Role): Promise<Member | undefined>
  /** Waits until there are a primary and a synchronous standby. */
  untilWhole(): Promise<void>
  /** Runs patronictl. */
  control(...words: readonly string[]): Promise<void>
}

interface Program {
  readonly folder: string
  start(...args: readonly string[]): ChildProcess
  readonly log: () => string
  /** Stops the program and deletes its folder. */
  remove(): Promise<void>
}

/** Where Debian installs the programs. */
const programs = {
  etcd: '/usr/bin/etcd',
  haproxy: '/usr/sbin/haproxy',
  patroni: '/usr/bin/patroni',
  patronictl: '/usr/bin/patronictl',
}
const needed = [
  ...Object.values(programs),
  '/usr/lib/postgresql/15/bin/postgres',
  '/usr/lib/python3/dist-packages/etcd/__init__.py',
]

/** Why Patroni cannot run on this machine, or false if it can. */
export const withoutPatroni: string | false = needed.every((path) => existsSync(path))
  ? false
  : 'SKIPPED: needs Debian 12: apt-get install postgresql patroni python3-etcd etcd-server haproxy'

const wholeMsMax = 120_000
const logCharactersShown = 4_000

export async function startPatroni(t: TestContext): Promise<PatroniCluster> {
  const [etcdPort, address] = [await freePort(), await freePort()]
  const etcd = await createProgram('etcd')
  const members = [await createMember('db1', etcdPort), await createMember('db2', etcdPort)]
  const haproxy = await createProgram('haproxy')
  t.after(async () => {
    await Promise.all([...members, haproxy].map((program) => program.remove()))
    await etcd.remove()
  })
  await startEtcd(etcd, etcdPort)
  for (const member of members) member.start()
  haproxy.start('-db', '-f', write(haproxy, 'haproxy.cfg', haproxyConfiguration(address, members)))

  const superuser = `postgres://postgres:secret-1@127.0.0.1:${address}/postgres`
  const find = async (role: Role): Promise<RunningMember | undefined> => {
    const found = await Promise.all(members.map(({ apiPort }) => answers(`http://127.0.0.1:${apiPort}/${role}`)))
    return members[found.indexOf(true)]
  }
  const untilWhole = async (): Promise<void> => {
    const giveUpAt = Date.now() + wholeMsMax
    for (const role of ['primary', 'synchronous'] as const) {
      while ((await find(role)) === undefined) {
        const logs = members.map(({ name, log }) => `\n${name}:\n${log()}`)
        assert.ok(Date.now() < giveUpAt, `no member is ${role}${logs.join('')}`)
        await sleep(200)
      }
    }
  }
  await untilWhole()
  await queryOnce(superuser, `CREATE ROLE posthorn LOGIN PASSWORD 'secret-3'`)
  return {
    untilWhole,
    async createDatabase(name) {
      await queryOnce(superuser, `CREATE DATABASE ${name} OWNER posthorn`)
      return `postgres://posthorn:secret-3@127.0.0.1:${address}/${name}`
    },
    find,
    async control(...words) {
      await promisify(execFile)(programs.patronictl, ['-c', members[0]?.configuration ?? '', ...words])
    },
  }
}

interface RunningMember extends Member {
  readonly port: number
  readonly apiPort: number
  /** The path of the configuration. */
  readonly configuration: string
  readonly log: () => string
  remove(): Promise<void>
}

async function createMember(name: string, etcdPort: number): Promise<RunningMember> {
  const program = await createProgram('patroni')
  const [port, apiPort] = [await freePort(), await freePort()]
  const gate = await openGate(port)
  const data = join(program.folder, 'data')
  const text = adapted(documentedFile('docs/scaling.md', '/etc/patroni/config.yml on db1'), {
    'name: db1': `name: ${name}`,
    'etcd1:2379,etcd2:2379,etcd3:2379': `127.0.0.1:${etcdPort}`,
    'connect_address: 10.0.0.1:5432': `connect_address: 127.0.0.1:${gate.port}`,
    '10.0.0.1:5432': `127.0.0.1:${port}`,
    '10.0.0.1:8008': `127.0.0.1:${apiPort}`,
    '10.0.0.0/24': '127.0.0.1/32',
    '/var/lib/postgresql/15/posthorn': data,
  })
  // An ordinary user cannot create sockets in the folder of Debian.
  const configuration = write(program, 'config.yml', `${text}  parameters: {unix_socket_directories: ''}\n`)
  let patroni: ChildProcess
  return {
    name,
    port,
    apiPort,
    configuration,
    gate,
    log: program.log,
    start() {
      patroni = program.start(configuration)
    },
    async kill() {
      const ended = new Promise((done) => patroni.once('exit', done))
      // Patroni would start PostgreSQL again.
      patroni.kill('SIGSTOP')
      await killPostmaster(Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8')))
      patroni.kill('SIGKILL')
      await ended
    },
    async remove() {
      await program.remove()
      await gate.close()
    },
  }
}

async function startEtcd(etcd: Program, port: number): Promise<void> {
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${await freePort()}`]
  const clients = ['--listen-client-urls', client, '--advertise-client-urls', client]
  const peers = ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer]
  etcd.start('--data-dir', join(etcd.folder, 'data'), ...clients, ...peers, '--initial-cluster', `default=${peer}`)
}

function haproxyConfiguration(address: number, members: readonly RunningMember[]): string {
  const text = documentedFile('docs/scaling.md', '/etc/haproxy/haproxy.cfg on db-address')
  const servers = members.map(({ port, apiPort }, index) => [
    `10.0.0.${index + 1}:5432 check port 8008`,
    `127.0.0.1:${port} check port ${apiPort}`,
  ])
  return adapted(text, { 'bind *:5432': `bind 127.0.0.1:${address}`, ...Object.fromEntries(servers) })
}

/** @throws if the document no longer has one of the texts */
function adapted(text: string, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce((before, [from, to]) => {
    assert.ok(before.includes(from), `the documented file has no ${from}`)
    return before.replaceAll(from, to)
  }, text)
}

async function createProgram(name: 'etcd' | 'haproxy' | 'patroni'): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), `posthorn-${name}-`))
  const owner = unprivileged()
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  const guard = startGuard(folder, 'TERM')
  const logFile = join(folder, 'log')
  return {
    folder,
    log: () => readFileSync(logFile, 'utf8').slice(-logCharactersShown),
    remove: () => guard.finish(),
    start(...args) {
      // A file and not a pipe: PostgreSQL inherits it and must be able to write after Patroni has ended.
      const log = openSync(logFile, 'a')
      const env = { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C', TZ: 'UTC' }
      const child = spawn(programs[name], args, {
        ...owner,
        env,
        cwd: folder,
        detached: true,
        stdio: ['ignore', log, log],
      })
      closeSync(log)
      child.unref()
      guard.watch(child.pid)
      child.once('exit', () => guard.watch(undefined))
      return child
    },
  }
}

function write({ folder }: Program, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
