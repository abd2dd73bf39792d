// Traces of events. src/telemetry implements it, and only a service with tracing has a tracer.

import type { Attempt } from '../domain/attempt.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId } from '../domain/ids.ts'

/** The trace that an event belongs to: an opaque value of the tracer. */
export interface Trace {
  /** False: nothing is recorded. */
  readonly isSampled: boolean
}

/** A delivery, and its trace as far as this node knows it. */
export interface TracedDelivery {
  readonly id: DeliveryId
  readonly event: Event
  /** The attempts before this one. */
  readonly attempts: number
  readonly trace?: Trace
}

/** Methods run on the path of every event: they are cheap if the event is not sampled, and never throw. */
export interface Tracer {
  /** The trace of an event that is accepted now. `traceparent` is the header of its producer, if there was one. */
  accepting(event: Event, traceparent: string | undefined): Trace
  /** The event is stored, after it waited for its commit since `queuedAt`, by `performance.now()`. */
  committed(trace: Trace, queuedAt: number): void
  /** The event is answered. `result` says how: `stored`, `duplicate` …; null: the database was unavailable. */
  accepted(trace: Trace, result: string | null, deliveries: number): void
  /** The delivery waits in the database, which does not store the trace. */
  waits(delivery: TracedDelivery): void
  /** Begins the span of an attempt; null: it is not sampled. */
  attempting(delivery: TracedDelivery, to: AttemptTarget): AttemptSpan | null
}

export interface AttemptTarget {
  /** The name of the dialect. */
  readonly dialect: string
  /** The id of the endpoint. */
  readonly endpoint: string
  readonly url: string
}

export interface AttemptSpan {
  readonly traceId: string
  /** The header for the receiver; null: receivers of this dialect get none. */
  readonly traceparent: string | null
  /** An attempt that never ends, because nothing was sent, is not recorded. */
  end(attempt: Attempt): void
}
