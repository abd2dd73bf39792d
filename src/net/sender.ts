// Sends attempts. Each attempt is a request over a guarded connection, with one deadline for all of its phases.
//
// One timer checks all deadlines. `done` runs on a clean stack: never inside `send`, and never inside the reader
// of a response.

import { performance } from 'node:perf_hooks'
import { LRUCache } from 'lru-cache'
import { limits } from '../domain/limits.ts'
import type { NotSent, Sender, SendRequest, SendResult } from '../contracts/transport.ts'
import { Connections } from './connections.ts'
import type { Guard } from './guard.ts'
import type { HttpConnection } from './http-connection.ts'
import { encodeRequest, parseTarget, type RequestTarget } from './request.ts'
import { type AttemptOwner, RunningAttempt } from './running-attempt.ts'

/** The dependencies of a sender. */
export interface SenderOptions {
  readonly guard: Pick<Guard, 'connect'>
  /** The wall clock to compare dates in Retry-After with, ms since 1970; Date.now by default. */
  readonly now?: () => number
  /** The clock of deadlines and connections, ms; performance.now by default. */
  readonly elapsed?: () => number
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

class GuardedSender implements HttpSender, AttemptOwner {
  readonly #connections: Connections
  readonly #targets = new LRUCache<string, RequestTarget>({ max: limits.parsedUrlsMax })
  readonly now: () => number
  readonly elapsed: () => number
  // An array, not a Set: V8 links the tables that a busy Set has outgrown. Once one of them is in the old generation,
  // all later tables keep their content, payloads included, until the next full garbage collection.
  readonly #inFlight: RunningAttempt[] = []
  #settled: RunningAttempt[] = []
  #deadlineTimer: NodeJS.Timeout | null = null
  #isClosed = false
  #whenEmpty: (() => void)[] = []

  constructor({ guard, now = Date.now, elapsed = () => performance.now() }: SenderOptions) {
    this.elapsed = elapsed
    this.#connections = new Connections(guard.connect, elapsed)
    this.now = now
  }

  send(request: SendRequest, done: (result: SendResult | NotSent) => void): void {
    const attempt = new RunningAttempt(request, this, done)
    attempt.place = this.#inFlight.push(attempt) - 1
    this.#deadlineTimer ??= setInterval(() => this.#checkDeadlines(), deadlineCheckMs).unref()
    if (this.#isClosed) return attempt.fail('sender closed')
    const target = this.#targetOf(request.url)
    if (target === null) return attempt.fail('invalid URL')
    const bytes = encodeRequest(target, request)
    if (typeof bytes === 'string') return attempt.fail(`invalid request: ${bytes}`)
    attempt.start(bytes, target, this.#connections.take(target))
  }

  reconnect(target: RequestTarget): HttpConnection {
    return this.#connections.open(target)
  }

  settled(attempt: RunningAttempt): void {
    if (this.#settled.push(attempt) === 1) process.nextTick(this.#flush)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#inFlight.length > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve))
    if (this.#deadlineTimer !== null) clearInterval(this.#deadlineTimer)
    this.#deadlineTimer = null
    this.#connections.destroy()
  }

  async destroy(): Promise<void> {
    this.#isClosed = true
    for (const attempt of this.#inFlight) attempt.fail('sender closed')
    await this.close()
  }

  count(): { inFlight: number; connections: number; origins: number } {
    return { inFlight: this.#inFlight.length, ...this.#connections.count() }
  }

  #targetOf(url: string): RequestTarget | null {
    let target = this.#targets.get(url)
    if (target === undefined) {
      const parsed = parseTarget(url)
      if (parsed === null) return null
      target = parsed
      this.#targets.set(url, target)
    }
    return target
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

  /** Moves the last attempt to the place of this one. */
  #remove(attempt: RunningAttempt): void {
    const last = this.#inFlight.pop()
    if (last === undefined || last === attempt) return
    this.#inFlight[attempt.place] = last
    last.place = attempt.place
  }

  #checkDeadlines(): void {
    const time = this.elapsed()
    for (const attempt of this.#inFlight) if (attempt.deadline <= time) attempt.cut()
    if (this.#inFlight.length > 0 || this.#deadlineTimer === null) return
    clearInterval(this.#deadlineTimer)
    this.#deadlineTimer = null
  }
}
