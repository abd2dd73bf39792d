// The way out: how the engine sends one HTTP request of a delivery. src/net implements it.

import type { Outcome } from '../domain/attempt.ts'

export interface SendRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** One deadline over name lookup, connection, headers and body. */
  readonly timeoutMs: number
  /** Whether the answer's headers are wanted; default false. */
  readonly keepHeaders?: boolean
}

export interface SendResult {
  readonly outcome: Outcome
  /** The first characters of the answer's body; null where there was no answer. */
  readonly response: string | null
  /** The answer's headers, where they were wanted and there was an answer. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends requests. `done` is called exactly once and never synchronously. */
export interface Sender {
  send(request: SendRequest, done: (result: SendResult) => void): void
}
