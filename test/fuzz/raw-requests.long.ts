// Slow, malformed and deceptive requests, sent as raw bytes. Each is answered with a clear error or cut off. None
// crashes the server, and none delays a client that behaves well.

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { limits } from '../../src/domain/limits.ts'
import { Parties } from './parties.ts'
import { type Exchange, exchange, trickle } from './raw-exchange.ts'
import { requestTimeoutMs, stalledConnectionMs } from './short-timeout.ts'

const preload = pathToFileURL(join(import.meta.dirname, 'short-timeout.ts')).href
const parties = await Parties.start({ NODE_OPTIONS: `--import=${preload}` })
after(() => parties.close())
const { port } = parties.server

/** The server checks every second for late requests; another second is tolerance. */
const cutMsMax = requestTimeoutMs + 1000 + 1000
const answerMsMax = 2000
/** The longest response time of the client that behaves well; it shares this process with the other clients. */
const delayMsMax = 3000

const authorization = `authorization: ${parties.asOperator['authorization']}`
const json = 'content-type: application/json'
const get = `GET /v1/tenants HTTP/1.1\r\nhost: a\r\n${authorization}\r\n`
const post = `POST /v1/events HTTP/1.1\r\nhost: a\r\n${authorization}\r\n${json}\r\n`
const mib = 1024 * 1024

const bystander = new AbortController()
let slowestMs = 0

async function behaveWell(): Promise<void> {
  while (!bystander.signal.aborted) {
    const askedAt = performance.now()
    const { status } = await parties.ask({ method: 'GET', path: '/v1/tenants', headers: parties.asOperator })
    assert.equal(status, 200)
    slowestMs = Math.max(slowestMs, performance.now() - askedAt)
    await sleep(20)
  }
}

suite('a raw request', { concurrency: true }, () => {
  let behaving: Promise<void>
  before(() => {
    behaving = behaveWell()
  })
  after(async () => {
    bystander.abort()
    await behaving
    assert.ok(slowestMs < delayMsMax, `a client that behaved well waited ${slowestMs} ms`)
  })

  const slow: Readonly<Record<string, string>> = {
    'that never arrives': '',
    'whose headers arrive byte by byte': 'GET / HTTP/1.1\r\nhost: a\r\nx-slow: ',
    'whose body arrives byte by byte': `${post}content-length: 1000\r\n\r\n{`,
    'whose chunks arrive byte by byte': `${post}transfer-encoding: chunked\r\n\r\n3e8\r\n{`,
    'that arrives byte by byte after another request': `${get}\r\nGET /v1/tenants HTTP/1.1\r\nx-slow: `,
  }
  for (const [name, head] of Object.entries(slow)) {
    test(`${name} is cut off in time`, async () => {
      const act = head === '' ? () => undefined : trickle
      const { closedAfterMs, statuses } = await exchange(port, (socket) => act(socket, head, 100), cutMsMax + 1000)
      assert.ok(closedAfterMs !== null && closedAfterMs <= cutMsMax, `cut off late, after ${closedAfterMs} ms`)
      assert.ok(closedAfterMs >= requestTimeoutMs - 100 || head === '', `cut off early, after ${closedAfterMs} ms`)
      // Without any bytes of a request the server need not send an answer.
      const refusals = statuses.filter((status) => status !== 200)
      assert.deepEqual(refusals, head === '' && refusals.length === 0 ? [] : [408])
    })
  }

  // A smuggled request must not be answered: a proxy would pass its response to another client.
  const smuggled = 'GET /v1/dialects HTTP/1.1\r\nhost: a\r\n\r\n'
  const refused: Readonly<Record<string, string>> = {
    'with a length and chunks': `${post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'with chunks and a length': `${post}transfer-encoding: chunked\r\ncontent-length: 60\r\n\r\n0\r\n\r\n${smuggled}`,
    'with two lengths': `${post}content-length: 2\r\ncontent-length: 50\r\n\r\n{}${smuggled}`,
    'with a list of lengths': `${post}content-length: 2, 2\r\n\r\n{}${smuggled}`,
    'with a negative length': `${post}content-length: -2\r\n\r\n{}${smuggled}`,
    'with a length in hex': `${post}content-length: 0x2\r\n\r\n{}${smuggled}`,
    'with a length of 40 digits': `${post}content-length: ${'9'.repeat(40)}\r\n\r\n{}`,
    'with an unknown transfer coding': `${post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'with another transfer coding after chunked': `${post}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n${smuggled}`,
    'with a space before the colon': `${post}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'with a folded header': `${post}content-length: 2\r\nx: a\r\n b\r\n\r\n{}`,
    'with a bare CR in a header': `${get}x: a\rb\r\n\r\n`,
    'with a NUL in a header': `${get}x: a\0b\r\n\r\n`,
    'with an invalid chunk size': `${post}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n${smuggled}`,
    'with a chunk size of 18 hex digits': `${post}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}`,
    'with a chunk longer than its size': `${post}transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`,
    'without a host': `GET / HTTP/1.1\r\n\r\n`,
    'that is a TLS handshake': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'in HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'with a header of 64 KiB': `${get}x: ${'x'.repeat(65_536)}\r\n\r\n`,
    'with five thousand headers': `${get}${'x: xxxxx\r\n'.repeat(5000)}\r\n`,
    'with a path of 64 KiB': `GET /${'x'.repeat(65_536)} HTTP/1.1\r\nhost: a\r\n\r\n`,
  }
  for (const [name, bytes] of Object.entries(refused)) {
    test(`${name} gets at most one answer, a 4xx, and its connection ends`, async () => {
      const { statuses, closedAfterMs } = await exchange(port, (socket) => socket.write(bytes, 'latin1'), answerMsMax)
      assert.ok(closedAfterMs !== null, `the connection stays open after the statuses ${statuses.join()}`)
      assert.ok(statuses.length <= 1 && statuses.every((status) => status >= 400 && status < 500), statuses.join())
    })
  }

  test('whose connection ends before its body is complete is dropped', async () => {
    const act = `${post}content-length: 100\r\n\r\n{}`
    const { closedAfterMs } = await exchange(port, (socket) => socket.end(act), answerMsMax)
    assert.ok(closedAfterMs !== null)
  })

  test('with bytes after its body is answered, and the bytes are refused as another request', async () => {
    const act = `${post}content-length: 2\r\n\r\n{}}}}}`
    const { statuses, closedAfterMs } = await exchange(port, (socket) => socket.write(act), answerMsMax)
    assert.ok(closedAfterMs !== null)
    assert.deepEqual(new Set(statuses), new Set([400]))
  })

  const keys = (count: number, prefix = '') => Array.from({ length: count }, (_, index) => `"${prefix}${index}":0`)
  const bombs: readonly { readonly name: string; readonly status: number; readonly body: string }[] = [
    { name: 'of a million brackets', status: 400, body: '['.repeat(mib) },
    { name: 'of 90,000 keys', status: 400, body: `{${keys(90_000).join()}}` },
    { name: 'of 700,000 keys', status: 413, body: `{${keys(700_000, 'k').join()}}` },
    { name: 'of a number with a million digits', status: 400, body: `{"data":${'9'.repeat(mib - 20)}}` },
    { name: 'of a million backslashes', status: 400, body: `{"data":"${'\\'.repeat(mib - 20)}"}` },
    { name: 'of a million quotes', status: 400, body: '"'.repeat(mib) },
  ]
  for (const { name, status, body } of bombs) {
    test(`${name} is refused`, async () => {
      const act = `${post}connection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`
      const { statuses } = await exchange(port, (socket) => socket.write(act), answerMsMax)
      // For a body that is too long, the connection may break before the response arrives.
      assert.deepEqual(statuses, status === 413 && statuses.length === 0 ? [] : [status])
    })
  }

  const ahead = 1 + limits.pipelinedRequestsMax

  test(`that is one of ${ahead} pipelined requests is answered in turn`, async () => {
    const act = `${`${get}\r\n`.repeat(ahead - 1)}${get}connection: close\r\n\r\n`
    const { statuses } = await exchange(port, (socket) => socket.write(act), 10_000)
    assert.equal(statuses.length, ahead)
    assert.deepEqual(new Set(statuses), new Set([200]))
  })

  test(`that is one of ${ahead + 1} pipelined requests ends the connection`, async () => {
    const act = `${get}\r\n`.repeat(ahead + 1)
    const { statuses, closedAfterMs } = await exchange(port, (socket) => socket.write(act), answerMsMax)
    assert.ok(closedAfterMs !== null)
    assert.ok(statuses.length < ahead, `${statuses.length} responses arrived`)
  })

  test('whose response the client does not read is cut off, and the response is dropped', async () => {
    // Node ends the connection when it finds it stalled for the second or third time.
    const readAgainMs = 4 * stalledConnectionMs
    const act = (socket: Socket): void => {
      socket.pause()
      socket.write('GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(ahead))
      setTimeout(() => socket.resume(), readAgainMs)
    }
    const { closedAfterMs, statuses } = await exchange(port, act, readAgainMs + 2000)
    assert.ok(closedAfterMs !== null)
    assert.ok(statuses.length < ahead, `${statuses.length} responses arrived`)
  })

  test('that never arrives on any of 2,000 connections does not block other clients', async () => {
    // One by one: the system drops connections that are opened faster than the server accepts them.
    const open = async (_: unknown, index: number): Promise<Exchange> => {
      await sleep(index)
      return exchange(port, () => undefined, 2 * cutMsMax)
    }
    const all = await Promise.all(Array.from({ length: 2000 }, open))
    assert.ok(all.every(({ closedAfterMs }) => closedAfterMs !== null))
  })
})
