import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { limits } from '../domain/limits.ts'
import {
  answers,
  eventually,
  httpReceiver,
  listen,
  loopbackSender,
  post,
  rawReceiver,
} from '../../test/support/net-receivers.ts'
import { createAddressPolicy } from './address-policy.ts'
import { createGuard } from './guard.ts'
import { createSender } from './sender.ts'

void test('posts the given bytes and headers unchanged, except for accept-encoding', async (t) => {
  let seen: { method?: string; url?: string; headers: IncomingHttpHeaders; body: Buffer } | undefined
  const { port } = await httpReceiver(t, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks),
      }
      response.end('thanks')
    })
  })
  const body = Buffer.from([0, 255, 123, 10, 13])
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'X/1',
    'X-Own': 'é',
    'X-More': 'é 日本',
    'Accept-Encoding': 'gzip',
  }
  const result = await post(loopbackSender(t), `http://127.0.0.1:${port}/a%20b/ü?c=d#e`, { body, headers })
  assert.deepEqual(result, { outcome: { kind: 'delivered', status: 200 }, response: 'thanks' })
  assert.equal(seen?.method, 'POST')
  assert.equal(seen.url, '/a%20b/%C3%BC?c=d')
  assert.deepEqual(seen.body, body)
  assert.equal(seen.headers['accept-encoding'], 'identity')
  assert.equal(seen.headers['content-length'], '5')
  assert.equal(seen.headers['x-own'], 'é')
  assert.equal(Buffer.from(String(seen.headers['x-more']), 'latin1').toString('utf8'), 'é 日本')
  assert.equal(seen.headers.host, `127.0.0.1:${port}`)
})

void test('reports the outcome of every status, and never follows a redirect', async (t) => {
  let requests = 0
  const { port } = await httpReceiver(t, (request, response) => {
    requests++
    const status = Number(request.url?.slice(1))
    response.writeHead(status, { location: '/200', 'retry-after': '7' }).end()
  })
  const sender = loopbackSender(t)
  for (const status of [200, 201, 202, 204, 206, 299])
    assert.deepEqual(await post(sender, `http://127.0.0.1:${port}/${status}`), {
      outcome: { kind: 'delivered', status },
      response: '',
    })
  for (const status of [300, 301, 302, 303, 304, 307, 308, 400, 401, 404, 410, 429, 500, 503, 599])
    assert.deepEqual(await post(sender, `http://127.0.0.1:${port}/${status}`), {
      outcome: { kind: 'rejected', status, retryAfterMs: 7000 },
      response: '',
    })
  assert.equal(requests, 21)
})

void test('treats two Retry-After headers as none', async (t) => {
  const answer = 'HTTP/1.1 503 No\r\nRetry-After: 1\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n'
  const { port } = await rawReceiver(t, answer, false)
  const { outcome } = await post(loopbackSender(t), `http://127.0.0.1:${port}`)
  assert.deepEqual(outcome, { kind: 'rejected', status: 503, retryAfterMs: null })
})

void test('waits for the final response after interim responses', async (t) => {
  const answer = 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok'
  const { port } = await rawReceiver(t, answer, false)
  const result = await post(loopbackSender(t), `http://127.0.0.1:${port}`)
  assert.deepEqual(result, { outcome: { kind: 'delivered', status: 201 }, response: 'ok' })
})

void test('keeps the beginning of a response and never decompresses it', async (t) => {
  const bomb = gzipSync(Buffer.alloc(10_000_000))
  const { port } = await httpReceiver(t, (request, response) => {
    if (request.url === '/gzip') response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    else response.writeHead(500).end('😀'.repeat(5000))
  })
  const sender = loopbackSender(t)
  const packed = await post(sender, `http://127.0.0.1:${port}/gzip`)
  assert.equal(packed.outcome.kind, 'delivered')
  assert.equal(packed.response, bomb.toString().slice(0, limits.responseKeptCharsMax))
  const long = await post(sender, `http://127.0.0.1:${port}/`)
  assert.equal(long.outcome.kind, 'rejected')
  assert.equal(long.response, '😀'.repeat(limits.responseKeptCharsMax / 2))
})

void test('stops reading an endless body, and the status decides the outcome', async (t) => {
  for (const connection of ['keep-alive', 'close']) {
    const receiver = await httpReceiver(t, (_request, response) => {
      response.writeHead(200, { connection })
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      }
      response.on('drain', write)
      write()
    })
    const result = await post(loopbackSender(t), `http://127.0.0.1:${receiver.port}`)
    assert.deepEqual(result.outcome, { kind: 'delivered', status: 200 })
    assert.equal(result.response, 'x'.repeat(limits.responseKeptCharsMax))
    await eventually(() => receiver.open.size === 0)
  }
})

void test('the status decides the outcome of an oversized body that arrives whole, too', async (t) => {
  const body = 'y'.repeat(limits.responseReadBytesMax + 1)
  const head = `HTTP/1.1 500 No\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`
  const { port } = await rawReceiver(t, head + body, true)
  const { outcome } = await post(loopbackSender(t), `http://127.0.0.1:${port}`)
  assert.deepEqual(outcome, { kind: 'rejected', status: 500, retryAfterMs: null })
})

void test('reuses connections, and opens as many as there are concurrent attempts', async (t) => {
  const receiver = await httpReceiver(t, (request, response) => {
    request.resume().on('end', () => setTimeout(() => response.end('ok'), 20))
  })
  const sender = loopbackSender(t)
  const url = `http://127.0.0.1:${receiver.port}/`
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all(Array.from({ length: 16 }, () => post(sender, url)))
    assert.ok(results.every(({ outcome }) => outcome.kind === 'delivered'))
  }
  assert.equal(receiver.connections(), 16)
  assert.deepEqual(sender.count(), { inFlight: 0, connections: 16, origins: 1 })
})

void test('loses no attempt if the receiver closes every connection', async (t) => {
  const receiver = await httpReceiver(t, (request, response) => {
    request.resume().on('end', () => response.writeHead(200, { connection: 'close' }).end('ok'))
  })
  const sender = loopbackSender(t)
  const url = `http://127.0.0.1:${receiver.port}/`
  for (let round = 0; round < 20; round++) {
    const results = await Promise.all(Array.from({ length: 8 }, () => post(sender, url)))
    for (const { outcome } of results) assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
  }
  await eventually(() => sender.count().connections === 0)
})

void test('drops an origin when its last connection reaches the idle timeout', async (t) => {
  const { port } = await httpReceiver(t, (request, response) => void request.resume().on('end', () => response.end()))
  const sender = loopbackSender(t)
  await Promise.all(['127.0.0.1', '127.1'].map((host) => post(sender, `http://${host}:${port}/`)))
  assert.deepEqual(sender.count(), { inFlight: 0, connections: 2, origins: 1 })
  await sleep(limits.idleSocketMs)
  await eventually(() => sender.count().connections === 0)
  assert.deepEqual(sender.count(), { inFlight: 0, connections: 0, origins: 0 })
})

void test('a busy connection is replaced after a minute, and the new one follows the DNS', async (t) => {
  const answering = (text: string) => (request: IncomingMessage, response: ServerResponse) =>
    void request.resume().on('end', () => response.end(text))
  const before = await httpReceiver(t, answering('before'))
  const after = await listen(t, createServer(answering('after')), '127.0.0.2', before.port).catch(() => null)
  if (after === null) return t.skip('127.0.0.2 is not an address of this machine')
  let elapsedMs = 0
  const guard = createGuard(createAddressPolicy({ allowNetworks: ['127.0.0.0/8'] }), {
    lookup: answers(['127.0.0.1'], ['127.0.0.2']),
  })
  const sender = createSender({ guard, elapsed: () => elapsedMs })
  t.after(() => sender.destroy())
  const seen: (string | null)[] = []
  for (; elapsedMs < 63_000; elapsedMs += 3000) {
    seen.push((await post(sender, `http://moving.test:${before.port}/`, { timeoutMs: 100_000 })).response)
  }
  assert.deepEqual(seen, [...Array(20).fill('before'), 'after'])
})

void test('close waits for attempts in flight and refuses further ones', async (t) => {
  const receiver = await httpReceiver(t, (request, response) => {
    request.resume().on('end', () => setTimeout(() => response.end('late'), 100))
  })
  const sender = loopbackSender(t)
  const url = `http://127.0.0.1:${receiver.port}/`
  const running = post(sender, url)
  const closed = sender.close()
  const refused = await post(sender, url)
  assert.deepEqual(refused.outcome, { kind: 'unreachable', error: 'sender closed' })
  assert.equal((await running).response, 'late')
  await closed
  assert.deepEqual(sender.count(), { inFlight: 0, connections: 0, origins: 0 })
  await eventually(() => receiver.open.size === 0)
})

void test('destroy ends the attempts in flight', async (t) => {
  const receiver = await httpReceiver(t, () => {})
  const sender = loopbackSender(t)
  const running = post(sender, `http://127.0.0.1:${receiver.port}/`)
  await eventually(() => receiver.connections() === 1)
  await sender.destroy()
  assert.deepEqual(await running, { outcome: { kind: 'unreachable', error: 'sender closed' }, response: null })
  await eventually(() => receiver.open.size === 0)
})
