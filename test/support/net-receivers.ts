// For the tests of src/net: real servers on loopback, and a sender that may reach them.

import { once } from 'node:events'
import type { LookupAddress } from 'node:dns'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import type { NotSent, SendRequest, SendResult } from '../../src/contracts/transport.ts'
import { createAddressPolicy } from '../../src/net/address-policy.ts'
import { createGuard } from '../../src/net/guard.ts'
import type { Lookup } from '../../src/net/lookup.ts'
import { createSender, type HttpSender } from '../../src/net/sender.ts'

/** The bytes of one write of an endless response. */
const floodBlockBytes = 65_536

/** A server on loopback: its port, its open connections, and the number of all connections it had. */
export interface Receiver {
  readonly port: number
  readonly open: ReadonlySet<Socket>
  connections(): number
}

/** Starts an HTTP server on loopback. It closes when the test ends. */
export async function httpReceiver(t: TestContext, listener: RequestListener): Promise<Receiver> {
  return listen(t, createServer(listener), '127.0.0.1')
}

/** Starts a TCP server on loopback. It closes when the test ends. */
export async function tcpReceiver(t: TestContext, onSocket: (socket: Socket) => void): Promise<Receiver> {
  return listen(t, createTcpServer(onSocket), '127.0.0.1')
}

/** Starts a TCP server that reads a request, writes `answer` once, and ends the connection if `isEnded`. */
export async function rawReceiver(t: TestContext, answer: string | Buffer, isEnded: boolean): Promise<Receiver> {
  return tcpReceiver(t, (socket) => {
    socket.once('data', () => {
      if (isEnded) socket.end(answer)
      else socket.write(answer)
    })
  })
}

/** Writes `head`, then repeats `unit` until the connection closes. */
export function writeEndlessly(socket: Socket, head: string, unit: string): void {
  const block = unit.repeat(Math.ceil(floodBlockBytes / unit.length))
  socket.write(head)
  const go = (): void => {
    while (!socket.destroyed && socket.write(block));
  }
  socket.on('drain', go)
  go()
}

/** Lets a server listen until the test ends. Port 0: any free port. */
export async function listen(t: TestContext, server: Server, host: string, port = 0): Promise<Receiver> {
  const open = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
  })
  server.listen(port, host)
  await once(server, 'listening')
  t.after(async () => {
    for (const socket of open) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, open, connections: () => connections }
}

/** Returns a sender that may reach only loopback. It is destroyed when the test ends. */
export function loopbackSender(
  t: TestContext,
  lookup?: Lookup,
  allowNetworks = ['127.0.0.0/8'],
  authorities: readonly string[] = [],
): HttpSender {
  const policy = createAddressPolicy({ allowNetworks })
  const sender = createSender({ guard: createGuard(policy, { authorities, ...(lookup !== undefined && { lookup }) }) })
  t.after(() => sender.destroy())
  return sender
}

/** Sends a request that is not kept back by a proxy, as `tryPost` does. The result is without phases and CRC. */
export async function post(sender: HttpSender, url: string, request: Partial<SendRequest> = {}): Promise<SendResult> {
  const result = await tryPost(sender, url, request)
  if ('notSent' in result) throw new Error(result.notSent)
  const { phases: _phases, requestCrc: _crc, ...rest } = result
  return rest
}

/** Sends a request; default: the body `{}` and a timeout of 5 s. Fails if `done` is called twice or inside `send`. */
export async function tryPost(
  sender: HttpSender,
  url: string,
  request: Partial<SendRequest> = {},
): Promise<SendResult | NotSent> {
  const headers = { 'content-type': 'application/json', 'user-agent': 'Posthorn' }
  return new Promise((resolve, reject) => {
    let calls = 0
    let isInside = true
    sender.send({ url, headers, body: Buffer.from('{}'), timeoutMs: 5000, ...request }, (result) => {
      if (isInside) reject(new Error('done was called inside send'))
      // The promise is settled by the first call, so a second call can only throw.
      if (++calls > 1) throw new Error('done was called twice')
      setImmediate(resolve, result)
    })
    isInside = false
  })
}

/** Returns a resolver that returns these answers in turn, repeats the last one, and counts its calls. */
export function answers(...lists: readonly string[][]): Lookup & { calls: number } {
  const lookup: Lookup & { calls: number } = (_hostname, _options, callback) => {
    const list = lists[Math.min(lookup.calls++, lists.length - 1)] ?? []
    process.nextTick(callback, null, list.map(toAnswer))
  }
  lookup.calls = 0
  return lookup
}

function toAnswer(address: string): LookupAddress {
  return { address, family: address.includes(':') ? 6 : 4 }
}

/** Resolves when `condition` holds. Fails after 2 s. */
export async function eventually(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 2000
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error('the condition did not hold within 2 s')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/**
 * Starts an HTTP server whose queue of connections is full at first: the system drops a request to connect, and the one
 * that is repeated a second later succeeds.
 */
export async function slowToConnect(t: TestContext): Promise<number> {
  const script = `
    const { parentPort } = require('node:worker_threads')
    const server = require('node:http').createServer((request, response) => request.resume().on('end', () => response.end()))
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 800))
    })`
  const worker = new Worker(script, { eval: true })
  t.after(() => worker.terminate())
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  const queued = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  t.after(() => queued.forEach((socket) => socket.destroy()))
  await new Promise((resolve) => setTimeout(resolve, 50))
  return port
}
