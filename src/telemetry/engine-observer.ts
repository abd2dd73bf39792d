import type { Logger } from 'pino'
import type { EngineObserver, StorePart } from '../contracts/observer.ts'
import { IncarnationLost, StoreUnavailable } from '../contracts/store.ts'
import type { Metrics } from './metrics.ts'

/**
 * Logs what the engine reports, and counts it. A database that does not answer is logged once, and once more when it
 * answers every part of the engine again.
 */
export function createEngineObserver(metrics: Metrics, logger: Logger): EngineObserver {
  const unanswered = new Set<StorePart>()
  return {
    accepted: (events) => metrics.accepted(events),
    attempted: (outcome, durationMs) => metrics.attempted(outcome, durationMs),
    ended: (status) => metrics.ended(status),
    committed: (operations, durationMs) => metrics.committed(operations, durationMs),
    failed(what, error, part = 'other calls') {
      if (!(error instanceof StoreUnavailable) || error instanceof IncarnationLost) {
        logger.error({ err: error }, what)
        return
      }
      if (unanswered.size === 0) logger.error({ reason: error.message }, 'the database is unavailable')
      unanswered.add(part)
    },
    storeAnswered(part) {
      if (unanswered.size === 0) return
      unanswered.delete(part)
      // No other call reports that it is answered again: claims and heartbeats are regular, and do it for them.
      if (part !== 'commits') unanswered.delete('other calls')
      if (unanswered.size === 0) logger.info('the database answers again')
    },
    masterKeyRotated: () =>
      logger.info('everything is sealed with the first master key: the others open nothing any more'),
  }
}
