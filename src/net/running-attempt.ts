// One attempt under way, as undici's handler. Its outcome is a value, never an exception.
//
// It goes connect -> headers -> body -> settled, and from each of the first three it can be settled at once by its
// deadline, an error or, in `body`, by too long a body. Only the first settling counts.
//
// Redirects are never followed, responses never decompressed, and a body is read no further than
// `limits.responseReadBytesMax` and all of an answer no further than `limits.responseWireBytesMax`: what answers is a stranger.

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
  /** When it is to be cut, on the clock of `performance.now()`, ms. */
  readonly deadline: number
  /** What it was dispatched on; null before and after. */
  connection: Connection | null = null
  /** Its index among the sender's attempts in flight. */
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

  /** Tells the caller. An error of the caller's own is left to the process; the others must still be told. */
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

  /** The deadline has passed. */
  cut(): void {
    this.#end({ kind: 'timedOut', phase: this.#phase }, false)
  }

  /** There will be no answer, for this reason. */
  fail(error: string): void {
    this.#end({ kind: 'unreachable', error }, false)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Nothing may be written after the outcome was given.
    if (this.#result !== null) controller.abort(new Error('settled'))
    this.#phase = 'headers'
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // An interim response (103 Early Hints) is not the answer.
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
