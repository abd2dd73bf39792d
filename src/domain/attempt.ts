/**
 * How one HTTP request of a delivery ended. A value, never an exception: a customer's failing endpoint is data.
 *
 * - `delivered`: the receiver answered 2xx
 * - `rejected`: it answered anything else
 * - `timedOut`: the total deadline passed; `phase` says in what
 * - `unreachable`: no answer was to be had; `error` says why
 * - `blocked`: the egress guard refused the address
 */
export type Outcome =
  | { readonly kind: 'delivered'; readonly status: number }
  | { readonly kind: 'rejected'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly kind: 'timedOut'; readonly phase: 'connect' | 'headers' | 'body' }
  | { readonly kind: 'unreachable'; readonly error: string }
  | { readonly kind: 'blocked'; readonly error: string }

/** What was said in an attempt, for dialects that show it to their customers. */
export interface Exchange {
  readonly url: string
  readonly requestHeaders: Readonly<Record<string, string>>
  /** Null where there was no answer. */
  readonly responseHeaders: Readonly<Record<string, string>> | null
}

/** One HTTP request of a delivery, as it is recorded. */
export interface Attempt {
  /** 1 for the first one of a delivery. */
  readonly number: number
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: Outcome
  /** The first characters of the answer's body, at most `limits.responseKeptCharsMax`. */
  readonly response: string | null
  /** Only where the dialect shows it to its customers. */
  readonly exchange?: Exchange
}

/** A short text for people: `HTTP 503`, `timed out (headers)`, `connection refused`. */
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
