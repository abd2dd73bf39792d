// Slow, broken and lying requests, byte by byte. Each gets a clear answer or is cut off; none takes the server down,
// and none delays a client that behaves well.

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

/** The server looks for what is late every second. */
const cutMsMax = requestTimeoutMs + 1000 + 1000
const answerMsMax = 2000
/** What a client that behaves well may have to wait while others do not; it shares its process with them. */
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

suite('a request that is no good', { concurrency: true }, () => {
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
    'that never comes': '',
    'whose headers come byte by byte': 'GET / HTTP/1.1\r\nhost: a\r\nx-slow: ',
    'whose body comes byte by byte': `${post}content-length: 1000\r\n\r\n{`,
    'whose chunks come byte by byte': `${post}transfer-encoding: chunked\r\n\r\n3e8\r\n{`,
    'that comes after another one, byte by byte': `${get}\r\nGET /v1/tenants HTTP/1.1\r\nx-slow: `,
  }
  for (const [name, head] of Object.entries(slow)) {
    test(`${name} is cut off in time`, async () => {
      const act = head === '' ? () => undefined : trickle
      const { closedAfterMs, statuses } = await exchange(port, (socket) => act(socket, head, 100), cutMsMax + 1000)
      assert.ok(closedAfterMs !== null && closedAfterMs <= cutMsMax, `it was cut after ${closedAfterMs} ms`)
      assert.ok(closedAfterMs >= requestTimeoutMs - 100 || head === '', 'and not before its time')
      // Where nothing was asked, nothing need be said.
      const refusals = statuses.filter((status) => status !== 200)
      assert.deepEqual(refusals, head === '' && refusals.length === 0 ? [] : [408])
    })
  }

  // A smuggled request must not be answered, or a proxy in front would hand its answer to somebody else.
  const smuggled = 'GET /v1/dialects HTTP/1.1\r\nhost: a\r\n\r\n'
  const refused: Readonly<Record<string, string>> = {
    'with a length and chunks': `${post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'with chunks and a length': `${post}transfer-encoding: chunked\r\ncontent-length: 60\r\n\r\n0\r\n\r\n${smuggled}`,
    'with two lengths': `${post}content-length: 2\r\ncontent-length: 50\r\n\r\n{}${smuggled}`,
    'with a list of lengths': `${post}content-length: 2, 2\r\n\r\n{}${smuggled}`,
    'with a length below zero': `${post}content-length: -2\r\n\r\n{}${smuggled}`,
    'with a length in hex': `${post}content-length: 0x2\r\n\r\n{}${smuggled}`,
    'with a length beyond all numbers': `${post}content-length: ${'9'.repeat(40)}\r\n\r\n{}`,
    'with a coding that hides chunks': `${post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'with chunks that are not the last coding': `${post}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n${smuggled}`,
    'with a space before the colon': `${post}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'with a folded header': `${post}content-length: 2\r\nx: a\r\n b\r\n\r\n{}`,
    'with a bare CR in a header': `${get}x: a\rb\r\n\r\n`,
    'with a NUL in a header': `${get}x: a\0b\r\n\r\n`,
    'with a chunk of no size': `${post}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n${smuggled}`,
    'with a chunk beyond all sizes': `${post}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}`,
    'with a chunk longer than it says': `${post}transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`,
    'without a host': `GET / HTTP/1.1\r\n\r\n`,
    'in another protocol': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'in HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'with a header of 64 KiB': `${get}x: ${'x'.repeat(65_536)}\r\n\r\n`,
    'with five thousand headers': `${get}${'x: xxxxx\r\n'.repeat(5000)}\r\n`,
    'with a path of 64 KiB': `GET /${'x'.repeat(65_536)} HTTP/1.1\r\nhost: a\r\n\r\n`,
  }
  for (const [name, bytes] of Object.entries(refused)) {
    test(`${name} is refused once, and its connection ends`, async () => {
      const { statuses, closedAfterMs } = await exchange(port, (socket) => socket.write(bytes, 'latin1'), answerMsMax)
      assert.ok(closedAfterMs !== null, `the connection stays open: ${statuses.join()}`)
      assert.ok(statuses.length <= 1 && statuses.every((status) => status >= 400 && status < 500), statuses.join())
    })
  }

  test('that is shorter than it says ends with its connection', async () => {
    const act = `${post}content-length: 100\r\n\r\n{}`
    const { closedAfterMs } = await exchange(port, (socket) => socket.end(act), answerMsMax)
    assert.ok(closedAfterMs !== null)
  })

  test('that is longer than it says is answered, and what follows refused', async () => {
    const act = `${post}content-length: 2\r\n\r\n{}}}}}`
    const { statuses, closedAfterMs } = await exchange(port, (socket) => socket.write(act), answerMsMax)
    assert.ok(closedAfterMs !== null)
    assert.deepEqual(new Set(statuses), new Set([400]))
  })

  const bombs: Readonly<Record<string, readonly [status: number, body: string]>> = {
    'of a million brackets': [400, '['.repeat(mib)],
    'of 90,000 keys': [400, `{${Array.from({ length: 90_000 }, (_, index) => `"${index}":0`).join()}}`],
    'of 700,000 keys': [413, `{${Array.from({ length: 700_000 }, (_, index) => `"k${index}":0`).join()}}`],
    'of a number with a million digits': [400, `{"data":${'9'.repeat(mib - 20)}}`],
    'of a million backslashes': [400, `{"data":"${'\\'.repeat(mib - 20)}"}`],
    'of quotes alone': [400, '"'.repeat(mib)],
  }
  for (const [name, [status, body]] of Object.entries(bombs)) {
    test(`${name} is refused`, async () => {
      const act = `${post}connection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`
      const { statuses } = await exchange(port, (socket) => socket.write(act), answerMsMax)
      // The connection may break before the answer to what is too long was read.
      assert.deepEqual(statuses, status === 413 && statuses.length === 0 ? [] : [status])
    })
  }

  const ahead = 1 + limits.pipelinedRequestsMax

  test(`that is one of ${ahead} at once on a connection is answered in turn`, async () => {
    const act = `${`${get}\r\n`.repeat(ahead - 1)}${get}connection: close\r\n\r\n`
    const { statuses } = await exchange(port, (socket) => socket.write(act), 10_000)
    assert.equal(statuses.length, ahead)
    assert.deepEqual(new Set(statuses), new Set([200]))
  })

  test(`that is one of ${ahead + 1} at once ends the connection`, async () => {
    const act = `${get}\r\n`.repeat(ahead + 1)
    const { statuses, closedAfterMs } = await exchange(port, (socket) => socket.write(act), answerMsMax)
    assert.ok(closedAfterMs !== null)
    assert.ok(statuses.length < ahead, `${statuses.length} answers came`)
  })

  test('whose answers are not read is cut off, and they are not kept', async () => {
    // Node ends it when it finds it unmoved for the second or third time.
    const readAgainMs = 4 * stalledConnectionMs
    const act = (socket: Socket): void => {
      socket.pause()
      socket.write('GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(ahead))
      setTimeout(() => socket.resume(), readAgainMs)
    }
    const { closedAfterMs, statuses } = await exchange(port, act, readAgainMs + 2000)
    assert.ok(closedAfterMs !== null)
    assert.ok(statuses.length < ahead, `${statuses.length} answers came`)
  })

  test('that is awaited on two thousand connections leaves room for others', async () => {
    // One by one, because the system drops what comes faster than it is accepted.
    const open = async (_: unknown, index: number): Promise<Exchange> => {
      await sleep(index)
      return exchange(port, () => undefined, 2 * cutMsMax)
    }
    const all = await Promise.all(Array.from({ length: 2000 }, open))
    assert.ok(all.every(({ closedAfterMs }) => closedAfterMs !== null))
  })
})
