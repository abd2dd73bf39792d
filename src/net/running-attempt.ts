// One attempt in flight, as the handler of its exchange. Its outcome is a value, never an exception.
//
// Its phases are connect -> headers -> body -> settled. The deadline settles it at once in each of the first three
// phases. Once the final status is known, it decides the outcome: a body that breaks off, never ends or is too long
// only shortens the recorded response. Only the first settling counts.
//
// A receiver may close an idle connection at the moment at which a request is written to it. If not a byte of a response
// comes on a connection that has carried requests before, the attempt sends its request again, once, on a new one.
//
// Redirects are never followed, and responses are never decompressed. Receivers are not trusted: a body is read up to
// `limits.responseReadBytesMax`, and a whole response up to `limits.responseWireBytesMax`.

import type { Outcome, Phases } from '../domain/attempt.ts'
import { limits } from '../domain/limits.ts'
import type { NotSent, SendRequest, SendResult } from '../contracts/transport.ts'
import { BlockedError, ProxyUnavailable } from './connect.ts'
import type { ExchangeHandler, HttpConnection } from './http-connection.ts'
import { crcOf, type RequestTarget } from './request.ts'
import type { ResponseHead } from './response-head.ts'
import { ResponseText } from './response-text.ts'
import { parseRetryAfter } from './retry-after.ts'
import { describeSocketError } from './socket-error.ts'

/** The sender of an attempt. */
export interface AttemptOwner {
  /** The wall clock, ms since 1970. */
  now(): number
  /** The clock of deadlines and connections, ms. */
  elapsed(): number
  settled(attempt: RunningAttempt): void
  /** A new connection to the target. */
  reconnect(target: RequestTarget): HttpConnection
}

/** A class with fields, because this is the hot path. */
export class RunningAttempt implements ExchangeHandler {
  /** The time at which the attempt times out, on the sender's clock, ms. */
  readonly deadline: number
  /** The connection that the attempt runs on; null before and after. */
  connection: HttpConnection | null = null
  /** The index in the sender's list of attempts in flight. */
  place = -1
  readonly #startedAt: number
  readonly #keepHeaders: boolean
  readonly #owner: AttemptOwner
  readonly #done: (result: SendResult | NotSent) => void
  #request: Buffer | null = null
  #target: RequestTarget | null = null
  #connections = 0
  /** The connection, if it is opened for this attempt. */
  #opening: HttpConnection | null = null
  #sentAt: number | null = null
  #headAt: number | null = null
  #requestCrc = 0
  #phase: 'connect' | 'headers' | 'body' = 'connect'
  #status = 0
  #retryAfterMs: number | null = null
  #readBytes = 0
  #text: ResponseText | null = null
  #headers: Record<string, string> | null = null
  #result: SendResult | NotSent | null = null

  constructor(
    { timeoutMs, keepHeaders = false }: Pick<SendRequest, 'timeoutMs' | 'keepHeaders'>,
    owner: AttemptOwner,
    done: (result: SendResult | NotSent) => void,
  ) {
    this.#startedAt = owner.elapsed()
    this.deadline = this.#startedAt + timeoutMs
    this.#keepHeaders = keepHeaders
    this.#owner = owner
    this.#done = done
  }

  /** Sends the request on a connection to its target. */
  start(request: Buffer, target: RequestTarget, connection: HttpConnection): void {
    this.#request = request
    this.#requestCrc = crcOf(request)
    this.#target = target
    this.#send(connection)
  }

  #send(connection: HttpConnection): void {
    this.#connections += 1
    this.connection = connection
    this.#opening = connection
    connection.send(this.#request as Buffer, this)
  }

  /** Calls `done`. An exception of `done` becomes an uncaught exception, so that later attempts are still reported. */
  report(): void {
    if (this.#result === null) return
    try {
      this.#done(this.#result)
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }

  /** Settles the attempt because its deadline has passed. */
  cut(): void {
    if (this.#phase === 'body') this.#settle(this.#answer())
    else this.#settle({ kind: 'timedOut', phase: this.#phase })
  }

  /** Settles the attempt as `unreachable`, for this reason. */
  fail(error: string): void {
    this.#settle({ kind: 'unreachable', error })
  }

  onSent(at: number | null): void {
    this.#phase = 'headers'
    if (at === null) this.#opening = null
    this.#sentAt = at ?? this.#startedAt
  }

  onHead(status: number, head: ResponseHead): void {
    this.#phase = 'body'
    this.#headAt = this.#owner.elapsed()
    this.#status = status
    if (this.#keepHeaders) this.#headers = head.toRecord()
    if (status >= 300 && head.count('retry-after') === 1) {
      this.#retryAfterMs = parseRetryAfter(head.get('retry-after') ?? undefined, this.#owner.now())
    }
  }

  onBody(chunk: Buffer): void {
    if (this.#result !== null) return
    this.#readBytes += chunk.length
    this.#text ??= new ResponseText(limits.responseKeptCharsMax)
    this.#text.push(chunk)
    if (this.#readBytes > limits.responseReadBytesMax) this.#settle(this.#answer())
  }

  onEnd(at: number): void {
    // The connection has gone back to its pool, or is closed.
    this.connection = null
    this.#settle(this.#answer(), at)
  }

  onFailure(error: Error | string, isUnanswered: boolean): void {
    this.connection = null
    if (this.#result !== null) return
    if (isUnanswered && this.#connections === 1 && this.#target !== null) {
      this.#phase = 'connect'
      this.#sentAt = null
      this.#send(this.#owner.reconnect(this.#target))
    } else if (error instanceof ProxyUnavailable) this.#settleAs({ notSent: error.message })
    else if (error instanceof BlockedError) this.#settle({ kind: 'blocked', error: error.message })
    else this.fail(typeof error === 'string' ? error : describeSocketError(error))
  }

  #answer(): Outcome {
    const status = this.#status
    if (status < 300) return { kind: 'delivered', status }
    return { kind: 'rejected', status, retryAfterMs: this.#retryAfterMs }
  }

  #settle(outcome: Outcome, at = this.#owner.elapsed()): void {
    if (this.#result !== null) return
    this.#settleAs({
      outcome,
      response: this.#phase === 'body' ? (this.#text?.end() ?? '') : null,
      ...(this.#headers !== null && { headers: this.#headers }),
      ...(this.#connections > 1 && { connections: this.#connections }),
      ...(this.#connections > 0 && { phases: this.#phasesUntil(at), requestCrc: this.#requestCrc }),
    })
  }

  #phasesUntil(end: number): Phases {
    const [opening, sentAt, headAt] = [this.#opening, this.#sentAt, this.#headAt]
    const openAt = sentAt ?? end
    return {
      nameMs: opening === null ? null : opening.msOf('name', openAt),
      connectMs: opening === null ? null : opening.msOf('connect', openAt),
      tlsMs: opening === null ? null : opening.msOf('tls', openAt),
      waitMs: sentAt === null ? null : Math.round((headAt ?? end) - sentAt),
      bodyMs: headAt === null ? null : Math.round(end - headAt),
    }
  }

  #settleAs(result: SendResult | NotSent): void {
    this.#result = result
    this.#request = null
    this.connection?.destroy()
    this.connection = null
    this.#owner.settled(this)
  }
}
