// A second witness: examples from the vendor's own pages. `posthorn dialect check` holds the dialect against them, because
// checks that follow from the definition cannot find a wrong definition.

import type { Details } from '../domain/endpoint.ts'
import type { Duration } from './durations.ts'

export interface Examples {
  readonly requests?: readonly RequestExample[]
  readonly deliveries?: readonly DeliveryExample[]
  /** The vendor's words on retries. */
  readonly retries?: RetryExample
}

/**
 * A request and its answer. An endpoint that the path names is created first, with the values of the answer. Ids, secrets
 * and times of the answer are compared by their form, and everything else by its value.
 */
export interface RequestExample {
  /** The method and the path, as in `routes`. */
  readonly route: string
  readonly body?: unknown
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
  /** The secret of the endpoint, as customers see it. */
  readonly secret?: string
  /** ISO 8601; default: the time of the event. */
  readonly sentAt?: string
  /** The body, byte for byte. */
  readonly body: string
  /** The headers that the vendor's page shows. */
  readonly headers: Readonly<Record<string, string>>
}

export interface RetryExample {
  /** The number of attempts, the first one included. */
  readonly attempts: number
  /** How long the vendor waits for an answer. */
  readonly timeout?: Duration
}
