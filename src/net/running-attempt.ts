// One attempt in flight, as undici's handler. Its outcome is a value, never an exception.
//
// Its phases are connect -> headers -> body -> settled. The deadline or an error settles it at once in each of the
// first three phases; a body that is too long settles it in `body`. Only the first settling counts.
//
// Redirects are never followed, and responses are never decompressed. Receivers are not trusted: a body is read up to
// `limits.responseReadBytesMax`, and a whole response up to `limits.responseWireBytesMax`.

import type { Dispatcher } from 'undici'
import type { Outcome } from '../domain/attempt.ts'
import type { SendResult } from '../contracts/transport.ts'
import { limits } from '../domain/limits.ts'
import type { Connection } from './connections.ts'
import { BlockedError } from './guard.ts'
import { ResponseText } from './response-text.ts'
import { parseRetryAfter } from './retry-after.ts'
import { describeSocketError } from './socket-error.ts'

/** The handler of one attempt. A class with fields, because this is the hot path. */
export class RunningAttempt implements Dispatcher.DispatchHandler {
  /** The time at which the attempt times out, on the clock of `performance.now()`, ms. */
  readonly deadline: number
  /** The connection that the attempt runs on; null before and after. */
  connection: Connection | null = null
  /** The index in the sender's list of attempts in flight. */
  place = -1
  readonly #now: () => number
  readonly #keepHeaders: boolean
  readonly #settle: (attempt: RunningAttempt) => void
  readonly #done: (result: SendResult) => void
  #phase: 'connect' | 'headers' | 'body' = 'connect'
  #status = 0
  #retryAfterMs: number | null = null
  #readBytes = 0
  #text: ResponseText | null = null
  #headers: Record<string, string> | null = null
  #result: SendResult | null = null

  constructor(
    deadline: number,
    keepHeaders: boolean,
    now: () => number,
    settle: (attempt: RunningAttempt) => void,
    done: (result: SendResult) => void,
  ) {
    this.deadline = deadline
    this.#keepHeaders = keepHeaders
    this.#now = now
    this.#settle = settle
    this.#done = done
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
    this.#end({ kind: 'timedOut', phase: this.#phase }, false)
  }

  /** Settles the attempt as `unreachable`, for this reason. */
  fail(error: string): void {
    this.#end({ kind: 'unreachable', error }, false)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Nothing may be sent once the attempt is settled.
    if (this.#result !== null) controller.abort(new Error('settled'))
    this.#phase = 'headers'
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // An interim response (103 Early Hints) is not the final response.
    if (status < 200) return
    this.#phase = 'body'
    this.#status = status
    if (this.#keepHeaders) this.#headers = flat(headers)
    if (status >= 300) this.#retryAfterMs = parseRetryAfter(headers['retry-after'], this.#now())
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#result !== null) return
    this.#readBytes += chunk.length
    this.#text ??= new ResponseText(limits.responseKeptCharsMax)
    this.#text.push(chunk)
    if (this.#readBytes > limits.responseReadBytesMax) this.#end(this.#answer(), false)
  }

  onResponseEnd(): void {
    this.#end(this.#answer(), true)
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (error instanceof BlockedError) this.#end({ kind: 'blocked', error: error.message }, false)
    else this.fail(describeSocketError(error))
  }

  #answer(): Outcome {
    const status = this.#status
    if (status < 300) return { kind: 'delivered', status }
    return { kind: 'rejected', status, retryAfterMs: this.#retryAfterMs }
  }

  #end(outcome: Outcome, isReusable: boolean): void {
    if (this.#result !== null) return
    const response = this.#phase === 'body' ? (this.#text?.end() ?? '') : null
    this.#result = this.#headers === null ? { outcome, response } : { outcome, response, headers: this.#headers }
    if (isReusable) this.connection?.release()
    else this.connection?.discard()
    this.connection = null
    this.#settle(this)
  }
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))
}
