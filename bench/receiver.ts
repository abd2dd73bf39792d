// The receiver: counts requests and answers 204 to each. As lean as the generator, and for the same reason.

import { type Socket, createServer } from 'node:net'
import { nowMs, serveOrders } from './child.ts'
import { joined, messageLength } from './message-length.ts'

export type ReceiverOrder = 'listen' | 'reset' | 'count'

export interface ReceiverReport {
  readonly port: number
  /** Requests since the last reset. */
  readonly count: number
  /** On the clock of `nowMs`; 0 before the first. */
  readonly lastAt: number
  /** Requests in each second since the last reset. */
  readonly perSecond: readonly number[]
}

const answer = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')

function createReceiver(): (order: ReceiverOrder) => Promise<ReceiverReport> {
  let port = 0
  let count = 0
  let resetAt = 0
  let lastAt = 0
  let perSecond: number[] = []

  const counted = (requests: number): void => {
    count += requests
    lastAt = nowMs()
    const second = Math.floor((lastAt - resetAt) / 1_000)
    while (perSecond.length <= second) perSecond.push(0)
    perSecond[second] = (perSecond[second] ?? 0) + requests
  }

  const server = createServer({ noDelay: true }, (socket) => serve(socket, counted))
  const listen = (): Promise<void> =>
    new Promise((listening) => {
      server.listen(0, '127.0.0.1', 1_024, () => {
        const address = server.address()
        if (address !== null && typeof address !== 'string') port = address.port
        listening()
      })
    })

  return async (order) => {
    if (order === 'listen') await listen()
    if (order !== 'count') {
      count = 0
      lastAt = 0
      perSecond = []
      resetAt = nowMs()
    }
    return { port, count, lastAt, perSecond }
  }
}

function serve(socket: Socket, counted: (requests: number) => void): void {
  let partial: Buffer | null = null
  socket.on('data', (chunk) => {
    const bytes = joined(partial, chunk)
    let start = 0
    let requests = 0
    for (let length = messageLength(bytes, 0); length !== null; length = messageLength(bytes, start)) {
      start += length
      requests += 1
      socket.write(answer)
    }
    partial = start === bytes.length ? null : bytes.subarray(start)
    if (requests > 0) counted(requests)
  })
  // A sender may close or break its connections between runs.
  socket.on('error', () => socket.destroy())
}

if (import.meta.main) {
  const receive = createReceiver()
  serveOrders((order) => receive(order as ReceiverOrder))
}
