// Prometheus metrics. The path of every event adds to plain numbers, which are read only when metrics are requested.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type RegistryContentType } from 'prom-client'
import { StoreUnavailable } from '../contracts/store.ts'
import type { Outcome } from '../domain/attempt.ts'
import type { Counts } from '../contracts/node-report.ts'
import { type OperationalEventType, operationalEventTypes } from '../domain/operational-events.ts'
import type { ReplayState } from '../domain/replay.ts'

type Ended = 'delivered' | 'failed' | 'cancelled'

/** Current numbers that are read when metrics are requested. */
export interface MetricsSources {
  /** Attempts in flight. */
  readonly inFlight: () => number
  /** Leased deliveries that wait in a lane. */
  readonly queued: () => number
  /** Waiting deliveries, which no node holds. */
  readonly waiting: () => Promise<number>
  /** Events in the outbox that are yet to be accepted. */
  readonly outboxWaiting: () => Promise<number>
  /** Events in the outbox that were set aside. */
  readonly outboxSetAside: () => Promise<number>
  /** Log lines that could not be written. */
  readonly droppedLogLines: () => number
  /** Whether durations of attempts name a trace. Then the metrics are in the format OpenMetrics. Default: false. */
  readonly hasExemplars?: boolean
}

export class Metrics {
  readonly #registry = new Registry<RegistryContentType>()
  readonly #hasExemplars: boolean
  readonly #ended: Record<Ended, number> = { delivered: 0, failed: 0, cancelled: 0 }
  readonly #attempts: Record<Outcome['kind'], number> = {
    delivered: 0,
    rejected: 0,
    timedOut: 0,
    unreachable: 0,
    blocked: 0,
  }
  readonly #attemptSeconds: Histogram
  readonly #commitSeconds: Histogram
  readonly #commitOperations: Histogram
  readonly #replays: Partial<Record<ReplayState, number>> = { done: 0, cancelled: 0, failed: 0 }
  readonly #changes = new Map(Object.keys(operationalEventTypes).map((type) => [type, 0]))
  #accepted = 0
  #proxyFailures = 0
  #wrongKeys = 0
  #unprovedRows = 0

  constructor(sources: MetricsSources) {
    this.#hasExemplars = sources.hasExemplars === true
    if (this.#hasExemplars) this.#registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const registers = [this.#registry as Registry]
    const { counter, gauge } = readers(registers)
    collectDefaultMetrics({ register: this.#registry as Registry })
    const total = (name: string, help: string, read: () => number): void =>
      counter(name, help, [], (set) => set({}, read()))
    total('posthorn_events_accepted_total', 'Events stored.', () => this.#accepted)
    counter('posthorn_deliveries_ended_total', 'Deliveries that ended, by how.', ['status'], (set) => {
      for (const [status, count] of Object.entries(this.#ended)) set({ status }, count)
    })
    counter('posthorn_attempts_total', 'Attempts, by outcome.', ['outcome'], (set) => {
      for (const [outcome, count] of Object.entries(this.#attempts)) set({ outcome }, count)
    })
    counter('posthorn_replays_ended_total', 'Replays that ended on this node, by how.', ['state'], (set) => {
      for (const [state, count] of Object.entries(this.#replays)) set({ state }, count)
    })
    counter('posthorn_changes_total', 'Changes of state that this node has seen, by type.', ['type'], (set) => {
      for (const [type, count] of this.#changes) set({ type }, count)
    })
    total(
      'posthorn_proxy_failures_total',
      'Times that a delivery could not be sent because of the egress proxy.',
      () => this.#proxyFailures,
    )
    total('posthorn_wrong_keys_total', 'Unknown keys that were sent to the operator API.', () => this.#wrongKeys)
    total(
      'posthorn_unproved_rows_total',
      'Keys and endpoints that were refused because no seal proves them.',
      () => this.#unprovedRows,
    )
    gauge('posthorn_attempts_in_flight', 'Attempts under way.', sources.inFlight)
    gauge('posthorn_deliveries_queued', 'Deliveries in memory that wait for their turn.', sources.queued)
    gauge('posthorn_deliveries_waiting', 'Deliveries that wait in the database.', sources.waiting)
    gauge('posthorn_outbox_waiting', 'Events in the outbox.', sources.outboxWaiting)
    gauge('posthorn_outbox_set_aside', 'Events in the outbox that cannot be accepted.', sources.outboxSetAside)
    total('posthorn_log_lines_dropped_total', 'Log lines that could not be written.', sources.droppedLogLines)
    this.#attemptSeconds = new Histogram({
      name: 'posthorn_attempt_duration_seconds',
      help: 'Time from the start of an attempt to its outcome.',
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 10, 20],
      enableExemplars: this.#hasExemplars,
      registers,
    })
    this.#commitSeconds = new Histogram({
      name: 'posthorn_commit_duration_seconds',
      help: 'Time of a group commit, its fsync included.',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1],
      registers,
    })
    this.#commitOperations = new Histogram({
      name: 'posthorn_commit_operations',
      help: 'Events and outcomes in a group commit.',
      buckets: [1, 5, 20, 50, 100, 200, 500, 1000, 2000],
      registers,
    })
  }

  /** Events and attempts of this process so far. */
  counts(): Counts {
    return { accepted: this.#accepted, attempts: { ...this.#attempts } }
  }

  accepted(events: number): void {
    this.#accepted += events
  }

  /** @param traceId that of a trace of the attempt, if there is one */
  attempted(outcome: Outcome['kind'], durationMs: number, traceId?: string): void {
    this.#attempts[outcome] += 1
    const value = durationMs / 1000
    if (!this.#hasExemplars) this.#attemptSeconds.observe(value)
    else
      this.#attemptSeconds.observe(traceId === undefined ? { value } : { value, exemplarLabels: { trace_id: traceId } })
  }

  proxyFailed(): void {
    this.#proxyFailures += 1
  }

  sawWrongKey(): void {
    this.#wrongKeys += 1
  }

  sawUnprovedRow(): void {
    this.#unprovedRows += 1
  }

  ended(status: Ended): void {
    this.#ended[status] += 1
  }

  replayEnded(state: ReplayState): void {
    this.#replays[state] = 1 + (this.#replays[state] ?? 0)
  }

  changed(type: OperationalEventType): void {
    this.#changes.set(type, 1 + (this.#changes.get(type) ?? 0))
  }

  committed(operations: number, durationMs: number): void {
    this.#commitOperations.observe(operations)
    this.#commitSeconds.observe(durationMs / 1000)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** Returns all metrics in the text format of Prometheus, or in OpenMetrics. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }
}

type Setter = (labels: Record<string, string>, value: number) => void

/** Makes metrics whose values are read when metrics are requested. */
function readers(registers: Registry[]) {
  function counter(name: string, help: string, labelNames: string[], collect: (set: Setter) => void): void {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset()
        collect((labels, value) => this.inc(labels, value))
      },
    })
  }
  /** A gauge has no value while the database does not answer. The other metrics are shown all the same. */
  function gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        try {
          this.set(await read())
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error
          this.remove()
        }
      },
    })
  }
  return { counter, gauge }
}
