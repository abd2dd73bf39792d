// Responses that break the standard, or that end oddly, and still have one reading: a receiver that accepted an event must
// not get it again.

import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { eventually, httpReceiver, loopbackSender, post, tcpReceiver } from '../../test/support/net-receivers.ts'

const ok = 'HTTP/1.1 200 OK\r\n'

interface Odd {
  readonly name: string
  readonly answer: string
  readonly status?: number
  readonly text?: string
  /** How the connection ends after the answer; default: it stays open. */
  readonly after?: 'end' | 'reset'
  /** Whether the connection is used again; default: no. */
  readonly reused?: true
}

const oddResponses: readonly Odd[] = [
  { name: 'a length with a blank behind it', answer: `${ok}content-length: 2 \r\n\r\nab`, text: 'ab', reused: true },
  { name: 'a length with a tab behind it', answer: `${ok}content-length: 2\t\r\n\r\nab`, text: 'ab', reused: true },
  { name: 'two equal lengths', answer: `${ok}content-length: 2\r\ncontent-length: 2\r\n\r\nab`, text: 'ab' },
  { name: 'a list of equal lengths', answer: `${ok}content-length: 2, 2\r\n\r\nab`, text: 'ab' },
  { name: 'two different lengths', answer: `${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, text: 'a' },
  {
    name: 'a length beside chunks',
    answer: `${ok}content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`,
    text: 'ab',
  },
  { name: 'a line without a colon', answer: `${ok}nonsense\r\ncontent-length: 2\r\n\r\nab`, text: 'ab' },
  { name: 'a folded header', answer: `${ok}x-a: b\r\n c\r\ncontent-length: 2\r\n\r\nab`, text: 'ab' },
  { name: 'a blank before the colon', answer: `${ok}content-length : 2\r\n\r\nab`, text: 'ab' },
  { name: 'bare line feeds', answer: 'HTTP/1.1 200 OK\ncontent-length: 2\n\nab', text: 'ab' },
  { name: 'no reason', answer: 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nab', text: 'ab', reused: true },
  { name: 'line breaks before the response', answer: `\r\n\n${ok}content-length: 2\r\n\r\nab`, text: 'ab' },
  { name: 'HTTP/1.0', answer: 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nab', text: 'ab' },
  {
    name: 'a blank behind a chunk size',
    answer: `${ok}transfer-encoding: chunked\r\n\r\n2 \r\nab\r\n0\r\n\r\n`,
    text: 'ab',
    reused: true,
  },
  {
    name: 'one 100 Continue',
    answer: `HTTP/1.1 100 Continue\r\n\r\n${ok}content-length: 2\r\n\r\nab`,
    text: 'ab',
    reused: true,
  },
  {
    name: 'many interim responses',
    answer: `${'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(50)}${ok}content-length: 2\r\n\r\nab`,
    text: 'ab',
    reused: true,
  },
  {
    name: 'a 204 with a length',
    answer: 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n',
    status: 204,
    text: '',
    reused: true,
  },
  { name: 'bytes behind the response', answer: `${ok}content-length: 2\r\n\r\nab${ok}`, text: 'ab' },
  { name: 'a body that breaks off', answer: `${ok}content-length: 10\r\n\r\nab`, text: 'ab', after: 'end' },
  { name: 'a body that is reset', answer: `${ok}content-length: 10\r\n\r\nab`, text: 'ab', after: 'reset' },
  {
    name: 'chunks that break off',
    answer: `${ok}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n`,
    text: 'ab',
    after: 'end',
  },
  { name: 'chunks that are none', answer: `${ok}transfer-encoding: chunked\r\n\r\nxyz\r\n`, text: '' },
  { name: 'a body that ends with the connection', answer: `${ok}\r\nab`, text: 'ab', after: 'end' },
  { name: 'an unknown encoding', answer: `${ok}transfer-encoding: gzip\r\n\r\nab`, text: 'ab', after: 'end' },
  {
    name: '410 that is reset',
    answer: 'HTTP/1.1 410 Gone\r\ncontent-length: 10\r\n\r\n',
    status: 410,
    text: '',
    after: 'reset',
  },
]

suite('an odd response is understood:', { concurrency: 4 }, () => {
  for (const { name, answer, status = 200, text = '', after, reused = false } of oddResponses) {
    test(name, async (t) => {
      const receiver = await tcpReceiver(t, (socket) => {
        socket.on('data', () => {
          socket.write(answer)
          if (after === 'end') socket.end()
          else if (after === 'reset') setTimeout(() => socket.resetAndDestroy(), 20)
        })
      })
      const sender = loopbackSender(t)
      const url = `http://127.0.0.1:${receiver.port}/`
      const expected = status < 300 ? { kind: 'delivered', status } : { kind: 'rejected', status, retryAfterMs: null }
      for (let attempt = 1; attempt <= 2; attempt++) {
        assert.deepEqual(await post(sender, url), { outcome: expected, response: text }, `attempt ${attempt}`)
      }
      assert.equal(receiver.connections(), reused ? 1 : 2)
    })
  }

  test('a body that never ends is cut at the deadline', async (t) => {
    const receiver = await tcpReceiver(t, (socket) =>
      socket.once('data', () => socket.write(`${ok}content-length: 9\r\n\r\nab`)),
    )
    const result = await post(loopbackSender(t), `http://127.0.0.1:${receiver.port}/`, { timeoutMs: 300 })
    assert.deepEqual(result, { outcome: { kind: 'delivered', status: 200 }, response: 'ab' })
    await eventually(() => receiver.open.size === 0)
  })
})

test('bytes on an idle connection answer no request, and close it', async (t) => {
  const receiver = await tcpReceiver(t, (socket) => {
    socket.on('data', () => {
      socket.write(`${ok}content-length: 0\r\n\r\n`)
      setTimeout(
        () => socket.write('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
        20,
      )
    })
  })
  const sender = loopbackSender(t)
  for (let count = 1; count <= 3; count++) {
    const { outcome } = await post(sender, `http://127.0.0.1:${receiver.port}/`)
    assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
    await eventually(() => sender.count().connections === 0)
  }
  assert.equal(receiver.connections(), 3)
})

suite('a receiver that closes its connections fails no attempt:', () => {
  const requests = 1000
  const closings = [
    { name: 'at once', afterMs: 0, how: 'end' },
    { name: 'a millisecond later', afterMs: 1, how: 'end' },
    { name: 'by a reset', afterMs: 0, how: 'resetAndDestroy' },
    { name: 'after 30 ms without a request', afterMs: 30, how: 'end' },
  ] as const
  for (const { name, afterMs, how } of closings) {
    test(name, { timeout: 60_000 }, async (t) => {
      let read = 0
      const receiver = await httpReceiver(t, (request, response) => {
        read += 1
        const { socket } = request
        request.resume().on('end', () => {
          response.end('ok')
          response.on('finish', () => setTimeout(() => socket[how](), afterMs))
        })
      })
      const sender = loopbackSender(t)
      const url = `http://127.0.0.1:${receiver.port}/`
      let failed = 0
      for (let sent = 0; sent < requests; sent += 20) {
        const results = await Promise.all(Array.from({ length: 20 }, () => post(sender, url)))
        failed += results.filter(({ outcome }) => outcome.kind !== 'delivered').length
        // The next requests meet the connections at the moment at which they are closed.
        if (afterMs > 1) await new Promise((resolve) => setTimeout(resolve, afterMs - 2))
      }
      t.diagnostic(`${read} requests read, ${receiver.connections()} connections`)
      assert.equal(failed, 0)
    })
  }
})

suite('a request on a kept connection that closes without a byte', () => {
  const delivered = { outcome: { kind: 'delivered', status: 200 }, response: '' }

  /** Answers the first request of a connection, and closes at the second one. */
  async function closingReceiver(t: TestContext, answers: number) {
    let read = 0
    const receiver = await tcpReceiver(t, (socket) => {
      let own = 0
      socket.on('data', () => {
        read += 1
        own += 1
        if (own === 1 && receiver.connections() <= answers) socket.write(`${ok}content-length: 0\r\n\r\n`)
        else socket.end()
      })
    })
    return { url: `http://127.0.0.1:${receiver.port}/`, read: () => read }
  }

  test('is sent again on a new connection', async (t) => {
    const { url, read } = await closingReceiver(t, 2)
    const sender = loopbackSender(t)
    assert.deepEqual(await post(sender, url), delivered)
    assert.deepEqual(await post(sender, url), { ...delivered, connections: 2 })
    assert.equal(read(), 3)
  })

  test('is sent again only once', async (t) => {
    const { url, read } = await closingReceiver(t, 1)
    const sender = loopbackSender(t)
    assert.deepEqual(await post(sender, url), delivered)
    const unreachable = { outcome: { kind: 'unreachable', error: 'connection closed' }, response: null }
    assert.deepEqual(await post(sender, url), { ...unreachable, connections: 2 })
    assert.equal(read(), 3)
  })
})
