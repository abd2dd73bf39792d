import type { Outcome } from '../domain/attempt.ts'
import type { DeliveryStatus } from '../domain/delivery.ts'

/** What the engine tells whoever measures it. Called on the path of every event: must be cheap and never throw. */
export interface EngineObserver {
  accepted(events: number): void
  attempted(outcome: Outcome['kind'], durationMs: number): void
  ended(status: Exclude<DeliveryStatus, 'pending'>): void
  committed(operations: number, durationMs: number): void
  /** Something went wrong that no caller hears of. With StoreUnavailable it is the store's state, told many times. */
  failed(what: string, error: unknown): void
  /** Nothing that is kept is sealed with another master key than the first. */
  masterKeyRotated(): void
  /** The store does not answer, or answers: told whenever it is found out, changed or not. */
  storeChanged(available: boolean, reason: string | null): void
}
