// The load generator: raw sockets, requests built in advance, one request in flight per connection. It shares two cores
// with the server that it measures, so it does as little as it can: an HTTP client would cost more than the server's
// work.

import { type Socket, connect } from 'node:net'
import { nowMs, serveOrders } from './child.ts'
import { joined, messageLength } from './message-length.ts'

export interface LoadOrder {
  /** The ports of the servers. Connections are distributed evenly. */
  readonly ports: readonly number[]
  readonly connections: number
  readonly durationMs: number
  /** Complete requests, head and body. The connections send them in turn. */
  readonly requests: readonly string[]
  /**
   * Never sleep while waiting for responses; this uses a whole core. To wake a sleeping generator costs the server some
   * 6 µs, more than a small response. A baseline that is fast enough to keep the generator awake does not pay that. So
   * without `awake` the figure would measure the wake-ups.
   */
  readonly awake?: boolean
}

export interface LoadReport {
  /** Responses with a 2xx status. */
  readonly accepted: number
  /** Responses 503: the server was full, and the connection sent its next request after a pause of 5 ms. */
  readonly refused: number
  /** On the clock of `nowMs`. */
  readonly firstRequestAt: number
  readonly lastAnswerAt: number
}

const refusedPauseMs = 5

/** Keeps every connection busy for `durationMs`, then waits for the last response of each. */
async function runLoad(order: LoadOrder): Promise<LoadReport> {
  const requests = order.requests.map((text) => Buffer.from(text))
  const sockets = await Promise.all(
    Array.from({ length: order.connections }, (_, index) => open(order.ports[index % order.ports.length] ?? 0)),
  )
  const firstRequestAt = nowMs()
  const endAt = performance.now() + order.durationMs
  const counts = { accepted: 0, refused: 0 }
  let ended = false
  const stayAwake = (): void => {
    if (!ended) setImmediate(stayAwake)
  }
  if (order.awake === true) stayAwake()
  try {
    await Promise.all(sockets.map((socket, index) => drive(socket, index, requests, endAt, counts)))
  } finally {
    ended = true
    for (const socket of sockets) socket.destroy()
  }
  return { ...counts, firstRequestAt, lastAnswerAt: nowMs() }
}

/** The closed loop of one connection. Rejects if the connection breaks or a status is neither 2xx nor 503. */
function drive(
  socket: Socket,
  first: number,
  requests: readonly Buffer[],
  endAt: number,
  counts: { accepted: number; refused: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = first
    let partial: Buffer | null = null
    const send = (): void => {
      const request = requests[next % requests.length]
      next += 1
      if (request !== undefined) socket.write(request)
    }
    socket.on('data', (chunk) => {
      const bytes = joined(partial, chunk)
      const length = messageLength(bytes, 0)
      partial = length === null ? bytes : null
      if (length === null) return
      const status = Number(bytes.toString('latin1', 9, 12))
      if (status >= 200 && status < 300) counts.accepted += 1
      else if (status === 503) counts.refused += 1
      else reject(new Error(`unexpected response:\n${bytes.toString()}`))
      if (performance.now() >= endAt) resolve()
      else if (status === 503) setTimeout(send, refusedPauseMs)
      else send()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed a connection')))
    send()
  })
}

export function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => resolve(socket))
  })
}

if (import.meta.main) serveOrders((order) => runLoad(order as LoadOrder))
