// The phases of attempts, and the CRC of their requests.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { makeCertificate } from '../../test/support/certificate.ts'
import {
  answers,
  httpReceiver,
  listen,
  loopbackSender,
  rawReceiver,
  slowToConnect,
  tcpReceiver,
  tryPost,
} from '../../test/support/net-receivers.ts'
import type { SendResult } from '../contracts/transport.ts'
import type { Lookup } from './lookup.ts'
import type { HttpSender } from './sender.ts'

const certificate = makeCertificate()

async function phasesOf(sender: HttpSender, url: string, timeoutMs = 5000): Promise<Required<SendResult>['phases']> {
  const { phases } = (await tryPost(sender, url, { timeoutMs })) as SendResult
  assert.ok(phases !== undefined)
  return phases
}

/** An answer that takes about 60 ms, and five times as long for its body. */
function slowAnswer(_request: unknown, response: NodeJS.WritableStream): void {
  setTimeout(() => response.write('a'), 60)
  setTimeout(() => response.end('b'), 360)
}

void test('a new connection has all phases, and one that is used again has only wait and body', async (t) => {
  if (certificate === null) return t.skip('openssl is not on the PATH')
  const receiver = await listen(t, createServer({ ...certificate }, slowAnswer), '127.0.0.1')
  const sender = loopbackSender(t, slowLookup, ['127.0.0.0/8'], [certificate.cert])
  const url = `https://good.test:${receiver.port}/`
  const first = await phasesOf(sender, url)
  assert.ok((first.nameMs ?? 0) >= 45, `${first.nameMs} ms`)
  assert.ok(first.connectMs !== null && first.tlsMs !== null)
  assert.ok((first.waitMs ?? 0) >= 55 && (first.bodyMs ?? 0) >= 150)
  const { nameMs, connectMs, tlsMs, waitMs, bodyMs } = await phasesOf(sender, url)
  assert.deepEqual([nameMs, connectMs, tlsMs], [null, null, null])
  assert.ok((waitMs ?? 0) >= 55 && (bodyMs ?? 0) >= 150)
  assert.equal(receiver.connections(), 1)
})

void test('an address needs no lookup, and http no TLS', async (t) => {
  const { port } = await httpReceiver(t, (_request, response) => response.end())
  const { nameMs, connectMs, tlsMs } = await phasesOf(loopbackSender(t), `http://127.0.0.1:${port}/`)
  assert.deepEqual([nameMs, tlsMs], [null, null])
  assert.notEqual(connectMs, null)
})

void test('the phase in which an attempt ends lasts until its end', async (t) => {
  const sender = loopbackSender(t)
  const connecting = await phasesOf(sender, `http://127.0.0.1:${await slowToConnect(t)}/`, 200)
  assert.ok((connecting.connectMs ?? 0) >= 195)
  assert.equal(connecting.waitMs, null)
  const silent = await tcpReceiver(t, () => {})
  const waiting = await phasesOf(sender, `http://127.0.0.1:${silent.port}/`, 200)
  assert.ok((waiting.waitMs ?? 0) >= 150)
  assert.equal(waiting.bodyMs, null)
  const endless = await rawReceiver(t, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\na', false)
  const reading = await phasesOf(sender, `http://127.0.0.1:${endless.port}/`, 200)
  assert.ok((reading.bodyMs ?? 0) >= 150)
})

void test('a request that is sent twice has the phases of the second connection', async (t) => {
  let requests = 0
  const { port } = await httpReceiver(t, (request, response) => {
    requests += 1
    if (requests === 2) request.socket.destroy()
    else response.end()
  })
  const sender = loopbackSender(t)
  const url = `http://127.0.0.1:${port}/`
  await phasesOf(sender, url)
  assert.notEqual((await phasesOf(sender, url)).connectMs, null)
  assert.equal(requests, 3)
})

void test('the CRC is that of the bytes on the wire', async (t) => {
  const received = Promise.withResolvers<Buffer>()
  const { port } = await tcpReceiver(t, (socket) => {
    void once(socket, 'data').then(([bytes]) => received.resolve(bytes as Buffer))
    socket.on('error', () => {})
  })
  const sender = loopbackSender(t)
  const { requestCrc } = (await tryPost(sender, `http://127.0.0.1:${port}/x`, { timeoutMs: 300 })) as SendResult
  assert.equal(requestCrc, crc32(await received.promise) | 0)
})

void test('a request that cannot be sent has neither', async (t) => {
  const result = (await tryPost(loopbackSender(t), 'no URL')) as SendResult
  assert.deepEqual([result.phases, result.requestCrc], [undefined, undefined])
})

/** Finds 127.0.0.1 after 50 ms. */
const slowLookup: Lookup = (...asked) => void setTimeout(() => loopback(...asked), 50)
const loopback = answers(['127.0.0.1'])
