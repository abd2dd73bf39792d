import type { Outcome } from '../domain/attempt.ts'
import type { DeliveryStatus } from '../domain/delivery.ts'

/** Which calls of the engine the database did not answer. */
export type StorePart = 'commits' | 'claims' | 'heartbeats' | 'other calls'

/** What the engine reports, for logs and metrics. Called on the path of every event: must be cheap and never throw. */
export interface EngineObserver {
  accepted(events: number): void
  attempted(outcome: Outcome['kind'], durationMs: number): void
  ended(status: Exclude<DeliveryStatus, 'pending'>): void
  committed(operations: number, durationMs: number): void
  /**
   * Something failed, and no caller hears of it. A `StoreUnavailable` says that the database does not answer; it is
   * reported many times.
   *
   * @param part the calls that failed; default: other calls
   */
  failed(what: string, error: unknown, part?: StorePart): void
  /** The database answers calls of this part; reported whenever the engine finds it, changed or not. */
  storeAnswered(part: StorePart): void
  /** Everything that is stored is sealed with the first master key. */
  masterKeyRotated(): void
}
