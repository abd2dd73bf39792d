// The receiver: counts requests and answers each with 204, or with another status on demand. It does as little as the generator, for the same reason.

import { type Socket, createServer } from 'node:net'
import { nowMs, serveOrders } from './child.ts'
import { joined, messageLength } from './message-length.ts'
import { numberIn } from './numbered.ts'

/**
 * `reset numbered`: also record when each numbered event arrives. `answerAfterMs`: delay responses from now on, and
 * respond with `status` (default 204).
 */
export type ReceiverOrder =
  | 'listen'
  | 'reset'
  | 'reset numbered'
  | 'count'
  | 'numbers'
  | { readonly answerAfterMs: number; readonly status?: number }

export interface ReceiverReport {
  readonly port: number
  /** Requests since the last reset. */
  readonly count: number
  /** When the last request arrived, on the clock of `nowMs`; 0 before the first. */
  readonly lastAt: number
  /** Requests in each second since the last reset. */
  readonly perSecond: readonly number[]
  /** By number: when each event first arrived, on the clock of `nowMs` (0: not yet). Only in answers to `numbers`. */
  readonly arrivedAt?: readonly number[]
}

function answerOf(status: number): Buffer {
  return Buffer.from(
    status === 204 ? 'HTTP/1.1 204 No Content\r\n\r\n' : `HTTP/1.1 ${status} \r\ncontent-length: 0\r\n\r\n`,
  )
}

class Receiver {
  #port = 0
  #count = 0
  #lastAt = 0
  #resetAt = 0
  #perSecond: number[] = []
  #arrivedAt: number[] | null = null
  #answerAfterMs = 0
  #answer = answerOf(204)

  async handle(order: ReceiverOrder): Promise<ReceiverReport> {
    if (order === 'listen') this.#port = await this.#listen()
    else if (order === 'reset' || order === 'reset numbered') this.#reset(order === 'reset numbered')
    else if (typeof order === 'object') {
      this.#answerAfterMs = order.answerAfterMs
      this.#answer = answerOf(order.status ?? 204)
    }
    const report = { port: this.#port, count: this.#count, lastAt: this.#lastAt, perSecond: this.#perSecond }
    if (order !== 'numbers') return report
    return { ...report, arrivedAt: Array.from(this.#arrivedAt ?? [], (at) => at ?? 0) }
  }

  async #listen(): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', 1_024, listening))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the receiver got no TCP port')
    return address.port
  }

  #reset(numbered: boolean): void {
    this.#count = 0
    this.#lastAt = 0
    this.#perSecond = []
    this.#arrivedAt = numbered ? [] : null
    this.#resetAt = nowMs()
  }

  #serve(socket: Socket): void {
    let partial: Buffer | null = null
    socket.on('data', (chunk) => {
      const now = nowMs()
      const bytes = joined(partial, chunk)
      let start = 0
      let requests = 0
      for (let length = messageLength(bytes, 0); length !== null; length = messageLength(bytes, start)) {
        if (this.#arrivedAt !== null) this.#note(this.#arrivedAt, numberIn(bytes, start, start + length), now)
        start += length
        requests += 1
        if (this.#answerAfterMs === 0) socket.write(this.#answer)
        else setTimeout(() => socket.write(this.#answer), this.#answerAfterMs)
      }
      partial = start === bytes.length ? null : bytes.subarray(start)
      if (requests > 0) this.#counted(requests, now)
    })
    // A sender may close or break its connections between runs.
    socket.on('error', () => socket.destroy())
  }

  #counted(requests: number, now: number): void {
    this.#count += requests
    this.#lastAt = now
    const second = Math.floor((now - this.#resetAt) / 1_000)
    while (this.#perSecond.length <= second) this.#perSecond.push(0)
    this.#perSecond[second] = (this.#perSecond[second] ?? 0) + requests
  }

  #note(arrivedAt: number[], number: number | null, now: number): void {
    if (number !== null) arrivedAt[number] ??= now
  }
}

if (import.meta.main) {
  const receiver = new Receiver()
  serveOrders((order) => receiver.handle(order as ReceiverOrder))
}
