// The signals that stop the service, in every way in which they reach it. In each case one attempt is in flight: it must
// end and be recorded, so that it is not sent again, and no process may stay behind.

import assert from 'node:assert/strict'
import { type ChildProcess, spawnSync } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../src/domain/limits.ts'
import { statusCode } from '../src/store/rows.ts'
import { until } from './support/api-rig.ts'
import { createOperatorClient } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { onlyChild, run, runFolder, serve, type ServeRun, signalGroup } from './support/serve-run.ts'

const repository = resolve(import.meta.dirname, '..')
const operatorKey = 'an-operator-key-that-is-long-enough'
const keys = { POSTHORN_OPERATOR_KEY: operatorKey, POSTHORN_MASTER_KEY: Buffer.alloc(32, 5).toString('base64') }
const attemptMs = 700

interface Way {
  readonly name: string
  /** Default: node alone. */
  readonly command?: readonly string[]
  /** The shell with which npm runs the script. */
  readonly shell?: string
  readonly signal: (child: ChildProcess) => void | Promise<void>
}

const npm = ['npm', 'start']
const ways: readonly Way[] = [
  ...['dash', 'bash'].flatMap((shell): Way[] => [
    { name: `SIGTERM to npm alone, with ${shell}`, command: npm, shell, signal: (child) => void child.kill('SIGTERM') },
    {
      name: `SIGTERM to the process group of npm, with ${shell}, as systemd sends it`,
      command: npm,
      shell,
      signal: (child) => signalGroup(child, 'SIGTERM'),
    },
  ]),
  { name: 'Ctrl-C on npm', command: npm, signal: (child) => signalGroup(child, 'SIGINT') },
  { name: 'npm as process 1', command: ['unshare', '--pid', '--fork', '--kill-child', ...npm], signal: toFirstChild },
  { name: 'SIGHUP', signal: (child) => void child.kill('SIGHUP') },
  {
    name: 'SIGTERM, then SIGINT and SIGHUP',
    async signal(child) {
      child.kill('SIGTERM')
      await sleep(100)
      child.kill('SIGINT')
      child.kill('SIGHUP')
    },
  },
]

/** Sends SIGTERM to process 1 of the namespace that `unshare` made. */
function toFirstChild({ pid }: ChildProcess): void {
  process.kill(onlyChild(pid), 'SIGTERM')
}

suite('one stop, exit code 0, nothing to send again:', { concurrency: 3 }, () => {
  for (const { name, command, shell, signal } of ways) {
    test(name, { skip: whyNot(command?.[0] ?? 'node') ?? whyNot(shell ?? 'sh') ?? false }, async (t) => {
      const folder = await runFolder(t)
      const settings = { ...settingsIn(folder), ...(shell !== undefined && { npm_config_script_shell: shell }) }
      const service = command === undefined ? serve(t, folder, settings) : run(t, repository, settings, command)
      const url = await withAttemptInFlight(t, service)
      await signal(service.child)
      assert.equal(await service.exited(), 0, service.stdout() + service.stderr())
      assert.equal(
        service.stdout().match(/waiting for requests and attempts in flight to end; a further signal, /g)?.length,
        1,
        service.stdout(),
      )
      assert.equal(await accepts(new URL(url)), false, 'a process still listens')
      assert.deepEqual(deliveriesIn(folder), [{ status: statusCode.delivered, node: null }])
    })
  }
})

for (const signal of ['SIGHUP', 'SIGKILL'] as const) {
  test(`${signal} to npm alone stops the service`, async (t) => {
    const folder = await runFolder(t)
    const service = run(t, repository, settingsIn(folder), npm)
    const url = new URL(await withAttemptInFlight(t, service))
    service.child.kill(signal)
    await until(async () => !(await accepts(url)), 'the service listens no more')
    await until(() => deliveriesIn(folder)[0]?.status === statusCode.delivered, 'the attempt is recorded')
    assert.deepEqual(deliveriesIn(folder), [{ status: statusCode.delivered, node: null }])
  })
}

test('a signal after the repeats ends the process at once', async (t) => {
  const service = serve(t, await runFolder(t), settingsIn(await runFolder(t)))
  await withAttemptInFlight(t, service, limits.stopMs)
  service.child.kill('SIGTERM')
  await sleep(limits.stopRepeatMs + 200)
  assert.equal(service.child.exitCode, null)
  const forcedAt = performance.now()
  service.child.kill('SIGINT')
  assert.equal(await service.exited(), 1)
  assert.ok(performance.now() - forcedAt < 1000)
})

test('a signal ends a start that waits for the database', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1')
  t.after(() => silent.close())
  await until(() => silent.listening, 'the database listens')
  const { port } = silent.address() as { port: number }
  const database = { POSTHORN_PORT: '0', POSTHORN_DATABASE: `postgres://u:p@127.0.0.1:${port}/d` }
  const service = serve(t, await runFolder(t), { ...keys, ...database })
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  silent.on('connection', (socket) => {
    socket.on('error', () => undefined)
    ask()
  })
  await asked
  service.child.kill('SIGTERM')
  assert.equal(await service.exited(), 0, service.stderr())
})

function settingsIn(folder: string): Record<string, string> {
  return {
    ...keys,
    POSTHORN_PORT: '0',
    POSTHORN_DATABASE: `sqlite:${join(folder, 'posthorn.db')}`,
    POSTHORN_ALLOW_HTTP: 'on',
    POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8',
  }
}

/** Waits until the service serves and one attempt is in flight. Returns the URL of the service. */
async function withAttemptInFlight(t: TestContext, service: ServeRun, delayMs: number = attemptMs): Promise<string> {
  const receiver = await startReceiver({ behave: () => ({ delayMs }) })
  t.after(() => receiver.close())
  const url = await service.serving()
  const client = createOperatorClient(url, operatorKey)
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  const endpoint = { url: receiver.url, eventTypes: ['*'] }
  assert.equal((await client.call('POST', '/v1/tenants/acme/endpoints', endpoint)).status, 201)
  await client.postEvent({ tenant: 'acme', type: 'a', data: {} })
  await receiver.untilReceived(1)
  await client.close()
  return url
}

function deliveriesIn(folder: string): Record<string, unknown>[] {
  const db = new DatabaseSync(join(folder, 'posthorn.db'), { readOnly: true })
  try {
    return db
      .prepare('SELECT status, node FROM deliveries')
      .all()
      .map((row) => ({ ...row }))
  } finally {
    db.close()
  }
}

async function accepts({ hostname, port }: URL): Promise<boolean> {
  const socket = connect(Number(port), hostname)
  const answer = await new Promise<boolean>((answered) => {
    socket.once('connect', () => answered(true))
    socket.once('error', () => answered(false))
  })
  socket.destroy()
  return answer
}

/** Why a program cannot run here; null: it can. */
function whyNot(program: string): string | null {
  const args = program === 'unshare' ? ['--pid', '--fork', 'true'] : ['-c', 'true']
  if (program === 'npm' || program === 'node') return null
  return spawnSync(program, args).status === 0 ? null : `needs ${program}${program === 'unshare' ? ' and root' : ''}`
}
