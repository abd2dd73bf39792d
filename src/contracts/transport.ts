// How the engine sends one HTTP request of a delivery. src/net implements it.

import type { Outcome, Phases } from '../domain/attempt.ts'

/** The methods of deliveries. Receivers answer all of them with a body. */
export type RequestMethod = 'POST' | 'PUT' | 'PATCH' | 'GET' | 'DELETE'

/** One HTTP request of a delivery. */
export interface SendRequest {
  /** Default: POST. */
  readonly method?: RequestMethod | undefined
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** One deadline over name lookup, connection, headers and body, in milliseconds. */
  readonly timeoutMs: number
  /** Whether the result has the response headers; default: false. */
  readonly keepHeaders?: boolean
}

/** A request as it is on the wire. */
export interface WireRequest {
  /** The headers in their order, with those of HTTP itself. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** As `SendResult.requestCrc`. */
  readonly crc: number
}

/** Encodes a request without sending it. Null: it cannot be sent. */
export type EncodeRequest = (request: SendRequest) => WireRequest | null

/** The outcome of a request, with the parts of the response that are kept. */
export interface SendResult {
  readonly outcome: Outcome
  /** The first characters of the response body (`limits.responseKeptCharsMax`); null: there was no response. */
  readonly response: string | null
  /**
   * The number of connections that carried the request; default: 1. A request is sent again, once, if the receiver
   * closed a kept connection before the first byte of a response.
   */
  readonly connections?: number
  /** Absent: nothing was sent, because the request cannot be sent. */
  readonly phases?: Phases
  /** CRC-32 of the request on the wire, as a signed number; absent: the request cannot be sent. */
  readonly requestCrc?: number
  /** The response headers, if `keepHeaders` is true and there was a response. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Nothing was sent, and the receiver is not to blame: the egress proxy is away or refuses Posthorn. */
export interface NotSent {
  /** Why, as a short text for the log. */
  readonly notSent: string
}

/** Sends requests. `done` is called exactly once and never synchronously. */
export interface Sender {
  send(request: SendRequest, done: (result: SendResult | NotSent) => void): void
}
