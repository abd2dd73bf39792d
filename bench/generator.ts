// The load generator: raw sockets, requests made beforehand, one outstanding request per connection. It shares two
// cores with what it measures, so it does as little as it can: an HTTP client would cost more than the server's work.

import { type Socket, connect } from 'node:net'
import { nowMs, serveOrders } from './child.ts'
import { joined, messageLength } from './message-length.ts'

export interface LoadOrder {
  /** Of the servers; connections are shared out evenly. */
  readonly ports: readonly number[]
  readonly connections: number
  readonly durationMs: number
  /** Whole requests, head and body; the connections send them in turn. */
  readonly requests: readonly string[]
  /**
   * Looks for answers all the time instead of sleeping until one comes; it takes a whole core. To wake a sleeper costs
   * the server more (some 6 µs here) than to answer a small request, and spares a baseline that is quick enough to
   * keep the generator awake: what is measured would be the waking.
   */
  readonly awake?: boolean
}

export interface LoadReport {
  /** Answers with a 2xx status. */
  readonly accepted: number
  /** Answers with 503: the server is full, and the request was sent again a little later. */
  readonly refused: number
  /** On the clock of `nowMs`. */
  readonly firstRequestAt: number
  readonly lastAnswerAt: number
}

const refusedPauseMs = 5

/** Keeps every connection busy for the time, then lets each have its last answer. */
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

/** One connection's closed loop; rejects for a broken connection or a status that no run should see. */
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
      else reject(new Error(`an answer that no run should see:\n${bytes.toString()}`))
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
