import type { Outcome } from '../domain/attempt.ts'
import type { DeliveryStatus } from '../domain/delivery.ts'

/** What the engine tells whoever measures it. Called on the path of every event: must be cheap and never throw. */
export interface EngineObserver {
  accepted(events: number): void
  attempted(outcome: Outcome['kind'], durationMs: number): void
  ended(status: Exclude<DeliveryStatus, 'pending'>): void
  committed(operations: number, durationMs: number): void
  /** Something went wrong that no caller hears of. */
  failed(what: string, error: unknown): void
  /** The store has stopped answering, or answers again. */
  storeChanged(available: boolean, reason: string | null): void
}
