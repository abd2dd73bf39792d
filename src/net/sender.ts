// Sends attempts: each a POST over a guarded connection, with one deadline over all of it.
//
// One timer looks after all deadlines, and `done` runs on a clean stack: never inside `send`, nor inside undici's
// parser, which is not reentrant.

import { performance } from 'node:perf_hooks'
import type { Sender, SendRequest, SendResult } from '../domain/attempt.ts'
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
  const connections = createConnections(options.guard.connector)
  // Not a Set: V8 links the tables that a busy Set has outgrown, and once one of them is old, all later ones keep what
  // they held, payloads included, until the next full collection.
  const inFlight: RunningAttempt[] = []
  const now = options.now ?? Date.now
  let settled: RunningAttempt[] = []
  let sweeper: NodeJS.Timeout | null = null
  let isClosed = false
  let whenEmpty: (() => void)[] = []

  function settle(attempt: RunningAttempt): void {
    if (settled.push(attempt) === 1) process.nextTick(flush)
  }

  function flush(): void {
    const batch = settled
    settled = []
    for (const attempt of batch) {
      remove(attempt)
      attempt.report()
    }
    if (inFlight.length === 0 && whenEmpty.length > 0) {
      for (const resolve of whenEmpty) resolve()
      whenEmpty = []
    }
  }

  /** The last one takes its place. */
  function remove(attempt: RunningAttempt): void {
    const last = inFlight.pop()
    if (last === undefined || last === attempt) return
    inFlight[attempt.place] = last
    last.place = attempt.place
  }

  function sweep(): void {
    const time = performance.now()
    for (const attempt of inFlight) if (attempt.deadline <= time) attempt.cut()
    if (inFlight.length > 0 || sweeper === null) return
    clearInterval(sweeper)
    sweeper = null
  }

  function send(request: SendRequest, done: (result: SendResult) => void): void {
    const attempt = new RunningAttempt(
      performance.now() + request.timeoutMs,
      request.keepHeaders === true,
      now,
      settle,
      done,
    )
    attempt.place = inFlight.push(attempt) - 1
    sweeper ??= setInterval(sweep, sweepMs).unref()
    if (isClosed) return attempt.fail('sender closed')
    const url = URL.parse(request.url)
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return attempt.fail('invalid URL')
    attempt.connection = connections.take(url.origin)
    attempt.connection.client.dispatch(
      { method: 'POST', path: url.pathname + url.search, headers: headerList(request.headers), body: request.body },
      attempt,
    )
  }

  async function close(): Promise<void> {
    isClosed = true
    if (inFlight.length > 0) await new Promise<void>((resolve) => whenEmpty.push(resolve))
    if (sweeper !== null) clearInterval(sweeper)
    sweeper = null
    await connections.destroy()
  }

  return {
    send,
    close,
    async destroy() {
      isClosed = true
      for (const attempt of inFlight) attempt.fail('sender closed')
      await close()
    },
    count: () => ({ inFlight: inFlight.length, ...connections.count() }),
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
