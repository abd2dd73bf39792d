import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { limits } from '../domain/limits.ts'
import {
  answers,
  eventually,
  httpReceiver,
  listen,
  loopbackSender,
  post,
  rawReceiver,
  tcpReceiver,
  writeEndlessly,
} from '../../test/support/net-receivers.ts'
import type { Lookup } from './lookup.ts'

const timeoutMs = 250

const late: Lookup = (_hostname, _options, callback) => {
  setTimeout(callback, 500, null, [{ address: '127.0.0.1', family: 4 }])
}

/** Runs an attempt and checks that it ends at its deadline: never early, and late by at most 300 ms. */
async function timed(run: () => ReturnType<typeof post>): Promise<Awaited<ReturnType<typeof post>>> {
  const startedAt = performance.now()
  const result = await run()
  const tookMs = performance.now() - startedAt
  assert.ok(tookMs >= timeoutMs && tookMs < timeoutMs + 300, `took ${tookMs} ms`)
  return result
}

void test('the deadline holds while a name is looked up', async (t) => {
  const sender = loopbackSender(t, () => {})
  const result = await timed(() => post(sender, 'http://slow.test/', { timeoutMs }))
  assert.deepEqual(result, { outcome: { kind: 'timedOut', phase: 'connect' }, response: null })
  assert.deepEqual(sender.count(), { inFlight: 0, connections: 0, origins: 0 })
})

void test('a lookup that finishes after the deadline opens no connection', async (t) => {
  const canary = await tcpReceiver(t, () => {})
  const result = await timed(() => post(loopbackSender(t, late), `http://slow.test:${canary.port}/`, { timeoutMs }))
  assert.deepEqual(result.outcome, { kind: 'timedOut', phase: 'connect' })
  await sleep(400)
  assert.equal(canary.connections(), 0)
})

void test('the deadline holds during the TLS handshake, and the socket is closed', async (t) => {
  const receiver = await tcpReceiver(t, (socket) => socket.resume())
  const result = await timed(() => post(loopbackSender(t), `https://127.0.0.1:${receiver.port}/`, { timeoutMs }))
  assert.deepEqual(result.outcome, { kind: 'timedOut', phase: 'connect' })
  await eventually(() => receiver.connections() === 1 && receiver.open.size === 0)
})

void test('the deadline holds for a receiver that sends nothing', async (t) => {
  const receiver = await tcpReceiver(t, (socket) => socket.resume())
  const result = await timed(() => post(loopbackSender(t), `http://127.0.0.1:${receiver.port}/`, { timeoutMs }))
  assert.deepEqual(result, { outcome: { kind: 'timedOut', phase: 'headers' }, response: null })
  await eventually(() => receiver.open.size === 0)
})

void test('the deadline holds for each of many attempts that end in any order', { timeout: 10_000 }, async (t) => {
  const { port } = await httpReceiver(t, (request, response) => {
    const answerAfterMs = Number(request.url?.slice(1))
    if (answerAfterMs > 0) setTimeout(() => response.end(), answerAfterMs)
  })
  const sender = loopbackSender(t)
  // 0: the receiver never responds.
  const answersAfterMs = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? 0 : 1 + ((index * 37) % 60)))
  const results = await Promise.all(
    answersAfterMs.map((ms) => post(sender, `http://127.0.0.1:${port}/${ms}`, { timeoutMs: 1000 })),
  )
  assert.deepEqual(
    results.map(({ outcome }) => outcome.kind),
    answersAfterMs.map((ms) => (ms === 0 ? 'timedOut' : 'delivered')),
  )
  assert.equal(sender.count().inFlight, 0)
})

void test('the deadline holds for headers and bodies that arrive byte by byte', async (t) => {
  const drip = (head: string): Promise<{ port: number }> =>
    tcpReceiver(t, (socket) => {
      socket.write(head)
      const timer = setInterval(() => socket.write('a'), 20)
      socket.on('close', () => clearInterval(timer))
    })
  const headers = await drip('HTTP/1.1 200 OK\r\nx-slow: ')
  const result = await timed(() => post(loopbackSender(t), `http://127.0.0.1:${headers.port}/`, { timeoutMs }))
  assert.deepEqual(result, { outcome: { kind: 'timedOut', phase: 'headers' }, response: null })

  const body = await drip('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
  const cut = await timed(() => post(loopbackSender(t), `http://127.0.0.1:${body.port}/`, { timeoutMs }))
  assert.deepEqual(cut.outcome, { kind: 'delivered', status: 200 }, 'the status was known')
  assert.match(cut.response ?? '', /^a{3,}$/)
})

void test(
  'the deadline holds for a receiver with a full backlog',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const server = createServer({ pauseOnConnect: true })
    const { port } = await listen(t, server, '127.0.0.1')
    const stuck = Array.from({ length: 40 }, () => connect(port, '127.0.0.1'))
    t.after(() => stuck.forEach((socket) => socket.destroy()))
    await eventually(() => stuck.every((socket) => !socket.connecting))
    const { outcome } = await timed(() => post(loopbackSender(t), `http://127.0.0.1:${port}/`, { timeoutMs }))
    assert.equal(outcome.kind, 'timedOut')
  },
)

void test('reports in a stable text why there was no response', async (t) => {
  const port = async (answer: string): Promise<number> => (await rawReceiver(t, answer, true)).port
  const resetting = await tcpReceiver(t, (socket) => socket.once('data', () => socket.resetAndDestroy()))
  const closing = await tcpReceiver(t, (socket) => socket.end())
  const unused = await listen(t, createServer(), '127.0.0.3').catch(() => closing)
  const ok = 'HTTP/1.1 200 OK\r\n'
  const cases = [
    {
      url: `http://127.0.0.1:${unused.port === closing.port ? 1 : unused.port}/`,
      error: 'connection refused',
    },
    { url: `http://127.0.0.1:${resetting.port}/`, error: 'connection reset' },
    { url: `http://127.0.0.1:${closing.port}/`, error: 'connection closed' },
    {
      url: `http://127.0.0.1:${await port(`${ok}x: ${'y'.repeat(20_000)}\r\n\r\n`)}/`,
      error: 'response headers too large',
    },
    { url: `http://127.0.0.1:${await port('SSH-2.0-OpenSSH_9.2\r\n')}/`, error: 'malformed response' },
    { url: `http://127.0.0.1:${await port('HTTP/1.1 100 Continue\r\n\r\n')}/`, error: 'connection closed' },
    { url: `http://127.0.0.1:${await port(`${ok}x: y\r\n`)}/`, error: 'connection closed' },
    {
      url: `http://127.0.0.1:${await port('HTTP/1.1 101 No\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')}/`,
      error: 'malformed response',
    },
    { url: 'http://unknown.test/', error: 'name not found' },
    { url: 'nonsense', error: 'invalid URL' },
    { url: 'ftp://127.0.0.1/', error: 'invalid URL' },
  ]
  const sender = loopbackSender(t, answers([]))
  for (const { url, error } of cases)
    assert.deepEqual(await post(sender, url), { outcome: { kind: 'unreachable', error }, response: null }, url)
  assert.deepEqual(sender.count(), { inFlight: 0, connections: 0, origins: 0 })
})

void test('an unusable header ends as an outcome, not as an exception', async (t) => {
  const canary = await tcpReceiver(t, () => {})
  const sender = loopbackSender(t)
  for (const headers of [{ 'x-a': 'b\r\nc: d' }, { 'bad name': 'x' }, { 'x-a': '\0' }, { expect: '100-continue' }]) {
    const { outcome } = await post(sender, `http://127.0.0.1:${canary.port}/`, { headers })
    assert.ok(outcome.kind === 'unreachable' && outcome.error.startsWith('invalid request: '), JSON.stringify(outcome))
  }
  assert.equal(canary.connections(), 0)
})

void test('an exception of one caller does not keep another caller from its outcome', async () => {
  // Runs in a separate process, because the test runner reports every uncaught exception as a failure.
  const script = `
    import { createSender } from ${JSON.stringify(import.meta.resolve('./sender.ts'))}
    const sender = createSender({ guard: { connect: () => () => {} } })
    const request = { url: 'nonsense', headers: {}, body: Buffer.alloc(0), timeoutMs: 1000 }
    process.on('uncaughtException', (error) => console.log('uncaught', error.message))
    sender.send(request, () => { throw new Error('of the caller') })
    sender.send(request, (result) => console.log(result.outcome.error))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  assert.deepEqual(stdout.trim().split('\n').toSorted(), ['invalid URL', 'uncaught of the caller'])
})

void test('a response with far too many headers does not block the process', async (t) => {
  const attempts = 20
  // Undici would report the overflow in the second of two reads, each of the largest size that the system allows.
  const tooMany = `HTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(32_000)}`
  const receiver = await rawReceiver(t, tooMany, false)
  const sender = loopbackSender(t)
  const before = process.cpuUsage()
  for (let count = 0; count < attempts; count++) {
    const { outcome } = await post(sender, `http://127.0.0.1:${receiver.port}/`)
    assert.deepEqual(outcome, { kind: 'unreachable', error: 'response headers too large' })
  }
  const { user, system } = process.cpuUsage(before)
  const msEach = (user + system) / 1000 / attempts
  t.diagnostic(`${msEach.toFixed(1)} ms each`)
  assert.ok(msEach < 100, `${msEach} ms of CPU time each`)
})

void test('an endless response without a body is cut off, for each kind of content', async (t) => {
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
  const interimHeaders = Array.from({ length: 100 }, (_, index) => `a${index}: b\r\n`).join('')
  const kinds = [
    { kind: 'interim responses', head: '', unit: 'HTTP/1.1 103 Early Hints\r\n\r\n' },
    {
      kind: 'interim responses with headers',
      head: '',
      unit: `HTTP/1.1 103 Early Hints\r\n${interimHeaders}\r\n`,
    },
    { kind: 'line breaks before the response', head: '', unit: '\r\n' },
    { kind: 'one chunk extension', head: `${chunked}1;`, unit: 'a', status: 200 },
    { kind: 'chunk extensions', head: chunked, unit: `1;${'a'.repeat(100)}\r\nx\r\n`, status: 200 },
    { kind: 'zeros of a chunk size', head: chunked, unit: '0', status: 200 },
  ]
  for (const { kind, head, unit, status } of kinds) {
    const receiver = await tcpReceiver(t, (socket) => socket.once('data', () => writeEndlessly(socket, head, unit)))
    const startedAt = performance.now()
    const { outcome } = await post(loopbackSender(t), `http://127.0.0.1:${receiver.port}/`)
    const tookMs = performance.now() - startedAt
    const expected =
      status === undefined
        ? { kind: 'unreachable', error: 'response framing too large' }
        : { kind: 'delivered', status }
    assert.deepEqual(outcome, expected, kind)
    assert.ok(tookMs < 1000, `${kind}: ${tookMs} ms`)
    await eventually(() => receiver.open.size === 0)
  }
})

void test('a body of the largest size in chunks of one byte is read to its end', async (t) => {
  const chunks = '1\r\nx\r\n'.repeat(limits.responseReadBytesMax)
  const answer = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`
  const { port } = await rawReceiver(t, answer, false)
  const sender = loopbackSender(t)
  const { outcome } = await post(sender, `http://127.0.0.1:${port}/`)
  assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
  assert.equal(sender.count().connections, 1, 'the connection is kept because the response was read to its end')
})

void test('the bytes of earlier responses on a connection do not count for later ones', async (t) => {
  const body = 'x'.repeat(limits.responseReadBytesMax)
  const receiver = await httpReceiver(t, (request, response) => {
    request.resume().on('end', () => response.end(body))
  })
  const sender = loopbackSender(t)
  const rounds = 2 * Math.ceil(limits.responseWireBytesMax / limits.responseReadBytesMax)
  for (let round = 0; round < rounds; round++) {
    const { outcome } = await post(sender, `http://127.0.0.1:${receiver.port}/`)
    assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
  }
  assert.equal(receiver.connections(), 1)
})
