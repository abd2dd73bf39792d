// The log cannot be written: its disk is full, its reader is slow or gone, stdout is closed, the terminal is stopped. The
// service delivers as before, counts the lines that it dropped, and stops when it is told to.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { until } from './support/api-rig.ts'
import { createOperatorClient } from './support/operator-client.ts'
import { startReceiver } from './support/receiver.ts'
import { freePort } from './support/server-process.ts'
import { main, run, runFolder, type ServeRun, signalGroup } from './support/serve-run.ts'
import { mountSmallDisk, unmount } from './support/small-disk.ts'

const operatorKey = 'an-operator-key-that-is-long-enough'
const { O_WRONLY, O_RDWR, O_NONBLOCK } = constants
const noPipes = spawnSync('mkfifo', ['--version']).error !== undefined && 'needs mkfifo'

/** A service whose stdout is the file descriptor `stdout`. */
async function startWith(
  t: TestContext,
  stdout: 'pipe' | number,
  command: readonly string[] = [process.execPath, main, 'serve'],
  folder?: string,
): Promise<{ readonly run: ServeRun; readonly url: string }> {
  const port = await freePort()
  const cwd = folder ?? (await runFolder(t))
  const settings = {
    POSTHORN_OPERATOR_KEY: operatorKey,
    POSTHORN_MASTER_KEY: Buffer.alloc(32, 5).toString('base64'),
    POSTHORN_PORT: String(port),
    POSTHORN_DATABASE: 'sqlite:./posthorn.db',
    POSTHORN_ALLOW_HTTP: 'on',
    POSTHORN_ALLOW_NETWORKS: '127.0.0.0/8',
  }
  const service = run(t, cwd, settings, command, stdout)
  const url = `http://127.0.0.1:${port}`
  await until(() => answers(`${url}/healthz`), 'the service answers', 30_000)
  return { run: service, url }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** Posts an event and waits for its delivery. */
async function assertDelivers(t: TestContext, url: string): Promise<void> {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const client = createOperatorClient(url, operatorKey)
  await client.createTenant({ id: 'acme', dialect: 'standard' })
  const endpoint = { url: receiver.url, eventTypes: ['*'] }
  assert.equal((await client.call('POST', '/v1/tenants/acme/endpoints', endpoint)).status, 201)
  await client.postEvent({ tenant: 'acme', type: 'a', data: {} })
  await receiver.untilReceived(1)
  await client.close()
}

async function droppedLines(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^posthorn_log_lines_dropped_total (\d+)$/m.exec(text)?.[1])
}

async function assertStops(service: ServeRun): Promise<void> {
  signalGroup(service.child, 'SIGTERM')
  assert.equal(await service.exited(), 0, service.stderr())
}

/** A pipe. `write` is for the service; `read` is non-blocking. */
function openPipe(folder: string): { readonly read: number; readonly write: number } {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  // Opened for both, because a pipe without a reader cannot be opened for writing.
  const both = openSync(path, O_RDWR | O_NONBLOCK)
  const write = openSync(path, O_WRONLY)
  const read = openSync(path, constants.O_RDONLY | O_NONBLOCK)
  closeSync(both)
  return { read, write }
}

suite('the service goes on and stops', { concurrency: 2 }, () => {
  test('when the disk of the log is full', { skip: process.platform !== 'linux' && 'needs /dev/full' }, async (t) => {
    const { run: service, url } = await startWith(t, openSync('/dev/full', O_WRONLY))
    await assertDelivers(t, url)
    assert.ok((await droppedLines(url)) >= 1)
    await assertStops(service)
  })

  test(
    'when the reader of the log reads nothing, and no line is lost if it reads later',
    { skip: noPipes },
    async (t) => {
      const folder = await runFolder(t)
      const { read, write } = openPipe(folder)
      const filler = openSync(join(folder, 'pipe'), O_WRONLY | O_NONBLOCK)
      assert.throws(() => {
        for (;;) writeSync(filler, '-'.repeat(1024))
      }, /EAGAIN/)
      const { run: service, url } = await startWith(t, write)
      await assertDelivers(t, url)
      assert.equal(await droppedLines(url), 0)
      let text = ''
      const buffer = Buffer.alloc(65_536)
      await until(() => {
        try {
          text += buffer.toString('utf8', 0, readSync(read, buffer))
        } catch {
          // The pipe is empty.
        }
        return text.includes('posthorn is serving')
      }, 'the lines that waited arrive')
      assert.throws(() => {
        for (;;) writeSync(filler, '-'.repeat(1024))
      }, /EAGAIN/)
      await assertStops(service)
    },
  )

  test('when the reader of the log is gone', { skip: noPipes }, async (t) => {
    const { read, write } = openPipe(await runFolder(t))
    closeSync(read)
    const { run: service, url } = await startWith(t, write)
    await assertDelivers(t, url)
    assert.ok((await droppedLines(url)) >= 1)
    await assertStops(service)
  })

  test('when stdout is closed', async (t) => {
    const command = ['sh', '-c', `exec "${process.execPath}" "${main}" serve >&-`]
    const { run: service, url } = await startWith(t, 'pipe', command)
    await assertDelivers(t, url)
    await assertStops(service)
  })

  test(
    'when its terminal is stopped',
    { skip: spawnSync('script', ['--version']).status !== 0 && 'needs script' },
    async (t) => {
      // The reader of `script` reads nothing, so `script` stops reading its terminal.
      const folder = await runFolder(t)
      const { write } = openPipe(folder)
      const filler = openSync(join(folder, 'pipe'), O_WRONLY | O_NONBLOCK)
      assert.throws(() => {
        for (;;) writeSync(filler, '-')
      }, /EAGAIN/)
      const pid = join(folder, 'pid')
      const noise = `head -c 65536 /dev/zero | tr '\\0' '-'`
      const serve = `echo $$ >${pid}; (${noise}) & sleep 0.5; exec "${process.execPath}" "${main}" serve`
      const { url } = await startWith(t, write, ['script', '-qc', serve, '/dev/null'])
      await assertDelivers(t, url)
      const service = Number(readFileSync(pid, 'utf8'))
      process.kill(service, 'SIGTERM')
      await until(() => !isRunning(service), 'the service has ended')
    },
  )

  test('when log and database are on the same full disk, and both work again when it has room', async (t) => {
    const disk = await mkdtemp(join(tmpdir(), 'posthorn-disk-'))
    const reason = mountSmallDisk(disk, 8)
    // Before the folder can be removed.
    t.after(async () => {
      if (reason === null) unmount(disk)
      await rm(disk, { recursive: true })
    })
    if (reason !== null) return t.skip(reason)
    const log = join(disk, 'log')
    const { run: service, url } = await startWith(t, openSync(log, 'a'), undefined, disk)
    await assertDelivers(t, url)
    const client = createOperatorClient(url, operatorKey)
    const status = async (): Promise<number> =>
      (await client.call('POST', '/v1/events', { tenant: 'acme', type: 'a', data: { text: 'x'.repeat(10_000) } }))
        .status
    const isAccepted = async (): Promise<boolean> => (await status()) === 202
    await until(
      async () => {
        assert.throws(() => writeFileSync(join(disk, 'filler'), Buffer.alloc(16 << 20)), /ENOSPC/)
        // The rest of the last page of the log.
        assert.throws(() => {
          for (;;) appendFileSync(log, '\n')
        }, /ENOSPC/)
        await until(async () => (await status()) === 503, 'the disk is full')
        if ((await droppedLines(url)) >= 1) return true
        // A write of the service itself failed before the log was full, so its line was written.
        writeFileSync(join(disk, 'filler'), '')
        await until(isAccepted, 'events are accepted in between', 20_000)
        return false
      },
      'a line is dropped',
      60_000,
    )
    assert.equal((await fetch(`${url}/readyz`)).status, 503)
    writeFileSync(join(disk, 'filler'), '')
    await until(isAccepted, 'events are accepted again', 20_000)
    assert.equal((await fetch(`${url}/readyz`)).status, 200)
    await client.close()
    await assertStops(service)
    // No line continues another one that was cut off.
    for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) {
      assert.doesNotMatch(line.slice(1), /\{"level"/)
    }
  })
})

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
