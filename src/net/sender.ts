// Sends attempts. Each attempt is a POST over a guarded connection, with one deadline for all of its phases.
//
// One timer checks all deadlines. `done` runs on a clean stack: never inside `send`, and never inside undici's parser,
// which is not reentrant.

import { performance } from 'node:perf_hooks'
import type { Sender, SendRequest, SendResult } from '../contracts/transport.ts'
import { createConnections } from './connections.ts'
import type { Guard } from './guard.ts'
import { RunningAttempt } from './running-attempt.ts'

/** The dependencies of a sender. */
export interface SenderOptions {
  readonly guard: Pick<Guard, 'connector'>
  /** The wall clock to compare dates in Retry-After with, ms since 1970; Date.now by default. */
  readonly now?: () => number
}

/** The sender over HTTP. */
export interface HttpSender extends Sender {
  /** Refuses further attempts, waits for those in flight (each has its deadline), then closes all connections. */
  close(): Promise<void>
  /**
   * Refuses further attempts and ends those in flight with the outcome `unreachable`. Resolves when all connections are
   * closed.
   */
  destroy(): Promise<void>
  /** The numbers of attempts in flight, of open connections and of their origins, for metrics. */
  count(): { inFlight: number; connections: number; origins: number }
}

/** The interval between two checks of all deadlines: a timeout is late by at most this time, and never early. */
const deadlineCheckMs = 100

/** The sender of all deliveries. `send` never throws; an unusable URL or header has the outcome `unreachable`. */
export function createSender(options: SenderOptions): HttpSender {
  return new GuardedSender(options)
}

class GuardedSender implements HttpSender {
  readonly #connections: ReturnType<typeof createConnections>
  readonly #now: () => number
  // An array, not a Set: V8 links the tables that a busy Set has outgrown. Once one of them is in the old generation,
  // all later tables keep their content, payloads included, until the next full garbage collection.
  readonly #inFlight: RunningAttempt[] = []
  #settled: RunningAttempt[] = []
  #deadlineTimer: NodeJS.Timeout | null = null
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
    this.#deadlineTimer ??= setInterval(() => this.#checkDeadlines(), deadlineCheckMs).unref()
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
    if (this.#deadlineTimer !== null) clearInterval(this.#deadlineTimer)
    this.#deadlineTimer = null
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

  /** Removes the attempt and moves the last attempt of the list to its index. */
  #remove(attempt: RunningAttempt): void {
    const last = this.#inFlight.pop()
    if (last === undefined || last === attempt) return
    this.#inFlight[attempt.place] = last
    last.place = attempt.place
  }

  #checkDeadlines(): void {
    const time = performance.now()
    for (const attempt of this.#inFlight) if (attempt.deadline <= time) attempt.cut()
    if (this.#inFlight.length > 0 || this.#deadlineTimer === null) return
    clearInterval(this.#deadlineTimer)
    this.#deadlineTimer = null
  }
}

/**
 * The headers in the form that is fastest for undici. The caller's accept-encoding is replaced with `identity`, because
 * nothing here decompresses.
 */
function headerList(headers: Readonly<Record<string, string>>): string[] {
  const list = ['accept-encoding', 'identity']
  for (const name of Object.keys(headers)) {
    if (name.length === 15 && name.toLowerCase() === 'accept-encoding') continue
    const value = headers[name]
    if (value !== undefined) list.push(name, value)
  }
  return list
}
