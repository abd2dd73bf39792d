// A second witness: examples from the vendor's own pages. `posthorn dialect check` holds the dialect against them, because
// checks that follow from the definition cannot find a wrong definition.

import type { Details } from '../domain/endpoint.ts'
import type { Duration } from './durations.ts'

export interface Examples {
  readonly requests?: readonly RequestExample[]
  /**
   * The answers to problems that no single request causes, by the name that the problem has in `errors`, such as
   * `unauthenticated:revoked`. The problem is about `GET /x`, the id `x`, a body of at most 1000 bytes and the detail `it is
   * so`; the limit is that of the first quota, and the wait is 1 s.
   */
  readonly errors?: Readonly<Record<string, ErrorExample>>
  readonly deliveries?: readonly DeliveryExample[]
  /** The vendor's words on retries. */
  readonly retries?: RetryExample
  /** Ids, keys and secrets in the forms that the vendor's pages show. */
  readonly forms?: Partial<Record<'tenant' | 'event' | 'key' | 'secret', string>>
}

/**
 * A request and its answer. An endpoint that the path names is created first, with the values of the answer. Ids, secrets
 * and times of the answer are compared by their form, and everything else by its value.
 */
export interface RequestExample {
  /** The method and the path, as in `routes`. */
  readonly route: string
  /** The query, without `?`. */
  readonly query?: string
  readonly body?: unknown
  /** The headers by which the caller is known, with `{key}` and `{tenant}`; default: those of the definition. */
  readonly headers?: Readonly<Record<string, string>>
  /** The key of the request; default: a good one. */
  readonly key?: 'none' | 'unknown'
  /** The id of the path, for requests about an endpoint that does not exist. */
  readonly absentId?: string
  readonly answer: {
    readonly status: number
    /** Default: the body is empty. */
    readonly body?: unknown
    /** The members that differ from answer to answer, such as `error.request_id`. */
    readonly varies?: readonly string[]
  }
}

export interface ErrorExample {
  readonly status: number
  readonly body: unknown
  /** The headers that the vendor's page shows. */
  readonly headers?: Readonly<Record<string, string>>
}

/** One attempt of a delivery, and the key with which it is signed. */
export interface DeliveryExample {
  readonly event: {
    readonly type: string
    /** JSON text. */
    readonly data: string
    readonly id?: string
    /** ISO 8601. */
    readonly occurredAt?: string
    readonly attributes?: Readonly<Record<string, string>>
  }
  readonly tenant?: string
  /** The settings of the tenant, for a variant. */
  readonly settings?: Readonly<Record<string, string>>
  readonly endpoint?: { readonly id?: string; readonly url?: string; readonly details?: Details }
  /** The UUID of the delivery. */
  readonly delivery?: string
  /** Default: 1. */
  readonly attempt?: number
  /** The secret of the endpoint, as customers see it. Several: the newest one is the first. */
  readonly secret?: string | readonly string[]
  /** ISO 8601; default: the time of the event. */
  readonly sentAt?: string
  /** The body, byte for byte. */
  readonly body: string
  /** The headers that the vendor's page shows. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether these are all headers; default: the delivery may have others too. */
  readonly isComplete?: true
}

export interface RetryExample {
  /** The number of attempts, the first one included. */
  readonly attempts: number
  /** How long the vendor waits for an answer. */
  readonly timeout?: Duration
  /** The waits between attempts, as in `deliveries.waits`; default: the pages do not say. */
  readonly waits?: string
  /** The statuses of answers after which there is no retry, though there is one after every other failure. */
  readonly ends?: readonly number[]
}
