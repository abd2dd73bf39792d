// Proxies that are away, that refuse, and that answer oddly.

import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openGate } from '../../test/support/gate.ts'
import { guardThrough, okReceiver, realProxy, reasonNotSent, senderThrough } from '../../test/support/net-proxies.ts'
import { answers, eventually, post, type Receiver, tcpReceiver, tryPost } from '../../test/support/net-receivers.ts'
import { limits } from '../domain/limits.ts'

const delivered = { kind: 'delivered', status: 200 }

suite('a proxy that', () => {
  const established = 'HTTP/1.1 200 Connection established\r\n\r\n'
  const target = 'http://name.test:8080/'

  const away: readonly { what: string; answer: string; after?: (socket: Socket) => void; reason: string }[] = [
    { what: 'closes', answer: '', after: (socket) => socket.end(), reason: 'connection closed' },
    { what: 'resets', answer: '', after: (socket) => socket.resetAndDestroy(), reason: 'connection reset' },
    {
      what: 'closes within the head',
      answer: 'HTTP/1.1 200 OK\r\n',
      after: (socket) => socket.end(),
      reason: 'connection closed',
    },
    { what: 'speaks no HTTP', answer: 'SSH-2.0-x\r\n', reason: 'malformed response' },
    {
      what: 'sends a huge head',
      answer: `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`,
      reason: 'response headers too large',
    },
    {
      what: 'sends an endless answer',
      answer: 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(200),
      reason: 'response framing too large',
    },
    { what: 'sends line breaks only', answer: '\r\n'.repeat(300_000), reason: 'response framing too large' },
    {
      what: 'refuses the user',
      answer: 'HTTP/1.1 407 No\r\nproxy-authenticate: Basic realm="x"\r\n\r\n',
      reason: 'HTTP 407',
    },
    { what: 'refuses the password', answer: 'HTTP/1.1 401 No\r\n\r\n', reason: 'HTTP 401' },
    { what: 'limits us', answer: 'HTTP/1.1 429 Slow down\r\n\r\n', reason: 'HTTP 429' },
    { what: 'refuses and has opened no tunnel yet', answer: 'HTTP/1.1 403 No\r\n\r\n', reason: 'HTTP 403' },
    { what: 'is a web server', answer: 'HTTP/1.1 501 Unsupported\r\n\r\n', reason: 'HTTP 501' },
  ]
  for (const { what, answer, after, reason } of away) {
    test(`${what} keeps the delivery back, and no other one`, async (t) => {
      const proxy = await oddProxy(t, answer, after)
      const sender = senderThrough(t, { port: proxy.port })
      assert.equal(await reasonNotSent(sender, target), reason)
      await eventually(() => proxy.open.size === 0)
      assert.equal(await reasonNotSent(sender, target), reason)
      assert.equal(proxy.connections(), 2)
    })
  }

  for (const status of [500, 502, 503, 504, 590]) {
    test(`answers ${status} could not reach the target`, async (t) => {
      const proxy = await oddProxy(t, `HTTP/1.1 ${status} No\r\ncontent-length: 5\r\n\r\nsorry`)
      const { outcome, response } = await post(senderThrough(t, { port: proxy.port }), target)
      const error = `the egress proxy could not connect (HTTP ${status})`
      assert.deepEqual([outcome, response], [{ kind: 'unreachable', error }, null])
    })
  }

  test('refuses one target and opens tunnels to others blocks that target', async (t) => {
    const receiver = await okReceiver(t)
    // smokescreen answers 407 without Proxy-Authenticate.
    for (const status of [403, 407]) {
      const real = await realProxy(t)
      const proxy = await tcpReceiver(t, (socket) => {
        socket.once('data', (head) => {
          if (head.includes(':8080')) socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
          else forward(socket, head, real.port)
        })
      })
      const sender = senderThrough(t, { port: proxy.port })
      assert.deepEqual((await post(sender, `http://name.test:${receiver.port}/`)).outcome, delivered)
      const error = `blocked: the egress proxy refuses the target (HTTP ${status})`
      assert.deepEqual((await post(sender, target)).outcome, { kind: 'blocked', error })
    }
  })

  test('answers byte by byte, with interim responses and a length, opens the tunnel', async (t) => {
    const receiver = await okReceiver(t)
    const proxy = await tcpReceiver(t, (socket) => {
      socket.once('data', () => void drip(socket))
    })
    async function drip(socket: Socket): Promise<void> {
      for (const byte of 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\ncontent-length: 7\r\n\r') {
        socket.write(byte)
        await sleep(1)
      }
      forward(socket, null, receiver.port, '\n')
    }
    const { outcome, response } = await post(senderThrough(t, { port: proxy.port }), 'http://name.test:8080/')
    assert.deepEqual([outcome, response], [delivered, 'ok'])
  })

  test('sends bytes right behind the head passes on what the receiver said', async (t) => {
    const early = 'HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 4\r\n\r\nbusy'
    const proxy = await oddProxy(t, established + early)
    const sender = senderThrough(t, { port: proxy.port })
    const { outcome, response } = await post(sender, target)
    assert.deepEqual([outcome, response], [{ kind: 'rejected', status: 503, retryAfterMs: 7000 }, 'busy'])
    const tls = await post(sender, 'https://name.test:8443/')
    assert.ok(tls.outcome.kind === 'unreachable' && tls.outcome.error.startsWith('TLS failed ('), JSON.stringify(tls))
  })

  test('dies while it connects keeps the delivery back, although it served us before', async (t) => {
    const receiver = await okReceiver(t)
    const real = await realProxy(t)
    const inner = await tcpReceiver(t, (socket) => {
      socket.once('data', (head) => {
        if (head.includes(':8080')) void gate.set('refusing')
        else forward(socket, head, real.port)
      })
    })
    const gate = await openGate(inner.port)
    t.after(() => gate.close())
    const sender = senderThrough(t, { port: gate.port })
    assert.deepEqual((await post(sender, `http://name.test:${receiver.port}/`)).outcome, delivered)
    assert.equal(await reasonNotSent(sender, target), 'connection refused')
  })

  test('closes every connection keeps the delivery back, although it served us before', async (t) => {
    const receiver = await okReceiver(t)
    const real = await realProxy(t)
    const proxy = await tcpReceiver(t, (socket) => {
      if (proxy.connections() > 1) socket.end()
      else socket.once('data', (head) => forward(socket, head, real.port))
    })
    const sender = senderThrough(t, { port: proxy.port })
    assert.deepEqual((await post(sender, `http://name.test:${receiver.port}/`)).outcome, delivered)
    assert.equal(await reasonNotSent(sender, target), 'connection closed')
  })

  test('breaks an open tunnel causes an outcome, because the request may have arrived', async (t) => {
    const proxy = await oddProxy(t, established, (socket) => socket.once('data', () => socket.end()))
    const { outcome } = await post(senderThrough(t, { port: proxy.port }), target)
    assert.deepEqual(outcome, { kind: 'unreachable', error: 'connection closed' })
  })

  test('is silent keeps the delivery back; one that waits for a slow target does not', async (t) => {
    const silent = await tcpReceiver(t, (socket) => void socket.resume())
    const waiting = await tcpReceiver(t, (socket) =>
      socket.on('data', (head) => {
        if (!head.toString().startsWith('CONNECT')) socket.end('HTTP/1.1 400 Bad request\r\n\r\n')
      }),
    )
    const request = { timeoutMs: 2 * limits.proxyAnswerMs + 800 }
    const [kept, slow] = await Promise.all([
      tryPost(senderThrough(t, { port: silent.port }), target, request),
      tryPost(senderThrough(t, { port: waiting.port }), target, request),
    ])
    assert.equal('notSent' in kept && kept.notSent, 'it does not answer')
    assert.ok('outcome' in slow)
    assert.deepEqual([slow.outcome, slow.response], [{ kind: 'timedOut', phase: 'connect' }, null])
    await eventually(() => silent.open.size + waiting.open.size === 0)
  })

  test('has a name that is not found keeps the delivery back', async (t) => {
    const sender = senderThrough(t, { port: 3128, hostname: 'proxy.test', proxyLookup: answers([]) })
    assert.equal(await reasonNotSent(sender, 'http://127.0.0.1:8080/'), 'name not found')
  })

  test('is cancelled is left without a connection', async (t) => {
    const silent = await tcpReceiver(t, (socket) => socket.resume())
    const guard = guardThrough({ port: silent.port })
    const to = { origin: 'x', isTls: false, hostname: 'name.test', port: 8080 }
    const cancel = guard.connect(to, () => assert.fail('the caller was called'))
    await eventually(() => silent.connections() === 1)
    cancel()
    await eventually(() => silent.open.size === 0)
  })
})

/** A proxy that answers every request for a tunnel with this text. */
function oddProxy(t: TestContext, answer: string, after: (socket: Socket) => void = () => {}): Promise<Receiver> {
  return tcpReceiver(t, (socket) => {
    socket.once('data', () => {
      socket.write(answer)
      after(socket)
    })
  })
}

/** Joins a socket with a port of this machine. `first` is sent to the port, `answer` to the socket. */
function forward(socket: Socket, first: Buffer | string | null, port: number, answer = ''): void {
  const other = connect(port, '127.0.0.1', () => {
    if (first !== null) other.write(first)
    socket.write(answer)
    socket.pipe(other).pipe(socket)
  })
  other.on('error', () => {})
}
