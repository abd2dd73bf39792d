// Sends attempts: each a POST over a guarded connection, with one deadline over all of it.
//
// One timer looks after all deadlines, and `done` runs on a clean stack: never inside `send`, nor inside undici's
// parser, which is not reentrant.

import { performance } from 'node:perf_hooks'
import type { Sender, SendRequest, SendResult } from '../contracts/transport.ts'
import { createConnections } from './connections.ts'
import type { Guard } from './guard.ts'
import { RunningAttempt } from './running-attempt.ts'

/** What a sender needs. */
export interface SenderOptions {
  readonly guard: Pick<Guard, 'connector'>
  /** The wall clock that dates in Retry-After are held against, ms since 1970; Date.now by default. */
  readonly now?: () => number
}

/** The sender over HTTP. */
export interface HttpSender extends Sender {
  /** Takes nothing more, waits for what is in flight (each has its deadline), then closes all connections. */
  close(): Promise<void>
  /** Takes nothing more and cuts what is in flight, with the outcome `unreachable`; resolves when all is closed. */
  destroy(): Promise<void>
  /** How much is in flight and open, for metrics. */
  count(): { inFlight: number; connections: number; origins: number }
}

/** How often deadlines are looked at: an outcome is late by at most this, and never early. */
const sweepMs = 100

/** The sender that all deliveries go through. `send` never throws; an unusable URL or header is `unreachable`. */
export function createSender(options: SenderOptions): HttpSender {
  return new GuardedSender(options)
}

class GuardedSender implements HttpSender {
  readonly #connections: ReturnType<typeof createConnections>
  readonly #now: () => number
  // Not a Set: V8 links the tables that a busy Set has outgrown, and once one of them is old, all later ones keep what
  // they held, payloads included, until the next full collection.
  readonly #inFlight: RunningAttempt[] = []
  #settled: RunningAttempt[] = []
  #sweeper: NodeJS.Timeout | null = null
  #isClosed = false
  #whenEmpty: (() => void)[] = []

  constructor({ guard, now = Date.now }: SenderOptions) {
    this.#connections = createConnections(guard.connector)
    this.#now = now
  }

  send(request: SendRequest, done: (result: SendResult) => void): void {
    const attempt = new RunningAttempt(
      performance.now() + request.timeoutMs,
      request.keepHeaders === true,
      this.#now,
      this.#settle,
      done,
    )
    attempt.place = this.#inFlight.push(attempt) - 1
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref()
    if (this.#isClosed) return attempt.fail('sender closed')
    const url = URL.parse(request.url)
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return attempt.fail('invalid URL')
    attempt.connection = this.#connections.take(url.origin)
    attempt.connection.client.dispatch(
      { method: 'POST', path: url.pathname + url.search, headers: headerList(request.headers), body: request.body },
      attempt,
    )
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#inFlight.length > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve))
    if (this.#sweeper !== null) clearInterval(this.#sweeper)
    this.#sweeper = null
    await this.#connections.destroy()
  }

  async destroy(): Promise<void> {
    this.#isClosed = true
    for (const attempt of this.#inFlight) attempt.fail('sender closed')
    await this.close()
  }

  count(): { inFlight: number; connections: number; origins: number } {
    return { inFlight: this.#inFlight.length, ...this.#connections.count() }
  }

  readonly #settle = (attempt: RunningAttempt): void => {
    if (this.#settled.push(attempt) === 1) process.nextTick(this.#flush)
  }

  readonly #flush = (): void => {
    const batch = this.#settled
    this.#settled = []
    for (const attempt of batch) {
      this.#remove(attempt)
      attempt.report()
    }
    if (this.#inFlight.length === 0 && this.#whenEmpty.length > 0) {
      for (const resolve of this.#whenEmpty) resolve()
      this.#whenEmpty = []
    }
  }

  /** Puts the last attempt in place of this one. */
  #remove(attempt: RunningAttempt): void {
    const last = this.#inFlight.pop()
    if (last === undefined || last === attempt) return
    this.#inFlight[attempt.place] = last
    last.place = attempt.place
  }

  #sweep(): void {
    const time = performance.now()
    for (const attempt of this.#inFlight) if (attempt.deadline <= time) attempt.cut()
    if (this.#inFlight.length > 0 || this.#sweeper === null) return
    clearInterval(this.#sweeper)
    this.#sweeper = null
  }
}

/** The headers as undici takes them fastest. The caller's accept-encoding gives way: nothing here decompresses. */
function headerList(headers: Readonly<Record<string, string>>): string[] {
  const list = ['accept-encoding', 'identity']
  for (const name of Object.keys(headers)) {
    if (name.length === 15 && name.toLowerCase() === 'accept-encoding') continue
    const value = headers[name]
    if (value !== undefined) list.push(name, value)
  }
  return list
}
