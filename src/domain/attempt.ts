/**
 * How one HTTP request of a delivery ended, or one fetch of a consumer. A value, never an exception: a customer's failing endpoint is data.
 *
 * - `delivered`: the receiver accepted the delivery: it responded with 2xx, unless the dialect reads answers differently
 * - `rejected`: the receiver responded otherwise
 * - `timedOut`: the deadline of the whole attempt passed; `phase` says during which step. `acknowledgement`: a consumer
 *   has fetched the delivery and not acknowledged it in time
 * - `unreachable`: there was no complete response; `error` says why
 * - `blocked`: the egress guard refused the address
 */
export type Outcome =
  | { readonly kind: 'delivered'; readonly status: number }
  | { readonly kind: 'rejected'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly kind: 'timedOut'; readonly phase: 'connect' | 'headers' | 'body' | 'acknowledgement' }
  | { readonly kind: 'unreachable'; readonly error: string }
  | { readonly kind: 'blocked'; readonly error: string }

/** URL and headers of an attempt, for dialects that show them to their customers. */
export interface Exchange {
  readonly url: string
  readonly requestHeaders: Readonly<Record<string, string>>
  /** Null: there was no response. */
  readonly responseHeaders: Readonly<Record<string, string>> | null
}

/**
 * The parts of an attempt, in milliseconds. Null: the attempt had no such part, because it used an open connection, had an
 * address in place of a name, or ended before. The part in which it ended lasts until its end.
 */
export interface Phases {
  /** The lookup of the host name. */
  readonly nameMs: number | null
  /** Opening the connection, through an egress proxy if there is one. */
  readonly connectMs: number | null
  readonly tlsMs: number | null
  /** From the request to the head of the response. */
  readonly waitMs: number | null
  /** From the head of the response to its end. */
  readonly bodyMs: number | null
}

/** One HTTP request of a delivery, or one fetch of a consumer, as recorded. */
export interface Attempt {
  /** 1 for the first attempt of a delivery. */
  readonly number: number
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: Outcome
  /** The first characters of the response body, at most `limits.responseKeptCharsMax`; null: there was no response. */
  readonly response: string | null
  /** When the response was erased; absent: it was not. */
  readonly erasedAt?: number
  /** The number of connections that carried the request; default: 1. 0: a consumer has fetched the delivery. */
  readonly connections?: number
  /** Absent: an older version made the attempt. */
  readonly phases?: Phases
  /**
   * CRC-32 of the request on the wire as a signed number: a request that is made again is the same if it has the same one.
   * Absent: the data was erased, or an older version made the attempt.
   */
  readonly requestCrc?: number
  /** Present only if the dialect shows it to its customers. */
  readonly exchange?: Exchange
}

/** The error of an attempt whose host name does not exist. */
export const nameNotFound = 'name not found'

/**
 * The outcome as customers see it. An internal host name and one that does not exist look the same, so that customers do
 * not learn which internal names exist.
 */
export function shownToCustomers(outcome: Outcome): Outcome {
  const isHidden = outcome.kind === 'blocked' || (outcome.kind === 'unreachable' && outcome.error === nameNotFound)
  return isHidden ? { kind: 'unreachable', error: 'the host has no public address' } : outcome
}

/** The kinds of outcomes that customers see as `kind`. */
export function kindsShownAs(kind: Outcome['kind']): readonly Outcome['kind'][] {
  if (kind === 'unreachable') return ['unreachable', 'blocked']
  return kind === 'blocked' ? [] : [kind]
}

/** Returns a short text for people, such as `HTTP 503`, `timed out (headers)` or `connection refused`. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'delivered':
    case 'rejected':
      return `HTTP ${outcome.status}`
    case 'timedOut':
      return `timed out (${outcome.phase})`
    case 'unreachable':
    case 'blocked':
      return outcome.error
  }
}
