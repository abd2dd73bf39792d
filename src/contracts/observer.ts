import type { Outcome } from '../domain/attempt.ts'
import type { DeliveryStatus } from '../domain/delivery.ts'
import type { ReportedChange } from '../domain/operational-events.ts'
import type { ErasureId } from '../domain/ids.ts'
import type { Replay } from '../domain/replay.ts'
import type { OutboxEvent } from './outbox-store.ts'

/** The kinds of database calls that the engine reports separately. */
export type StorePart = 'commits' | 'claims' | 'heartbeats' | 'other calls'

/**
 * The engine's reports, for logs and metrics. Methods run on the path of every event: they are cheap and never throw.
 */
export interface EngineObserver {
  accepted(events: number): void
  /** `traceId` is that of its trace, if the attempt is traced. */
  attempted(outcome: Outcome['kind'], durationMs: number, traceId?: string): void
  /** A delivery waits because the egress proxy is away or refuses Posthorn; `reason` is a text for the log. */
  proxyFailed(reason: string): void
  ended(status: Exclude<DeliveryStatus, 'pending'>): void
  /** A replay is done, was cancelled, or failed. Reported once, by the node that ended it. */
  replayEnded(replay: Replay): void
  /**
   * An endpoint fails, has recovered or was disabled, a delivery is exhausted, or a node was lost. A change between failing
   * and healthy is reported by each node that sees it, any other one once.
   */
  changed(change: ReportedChange): void
  /** An event of the outbox cannot be accepted: it waits for the operator. */
  setAside(event: OutboxEvent, problem: string): void
  /** These erasures have ended. */
  erasuresEnded(erasures: readonly ErasureId[]): void
  /** Retention has removed events or deliveries, and none older than `before` are left, except pending deliveries and theirs. */
  pruned(before: number): void
  committed(operations: number, durationMs: number): void
  /**
   * Reports a failure that no caller gets as an error. A `StoreUnavailable` says that the database does not answer; it
   * is reported many times.
   *
   * @param what the failure, as a text for the log
   * @param part the kind of the failed calls; default: `other calls`
   */
  failed(what: string, error: unknown, part?: StorePart): void
  /** A row of the database is refused because its seal does not prove it; `row` is a text for the log. */
  unproved(row: string): void
  /** The database answers calls of this kind. It may be reported again although nothing changed. */
  storeAnswered(part: StorePart): void
  /** All stored values are sealed with the first master key. */
  masterKeyRotated(): void
}
