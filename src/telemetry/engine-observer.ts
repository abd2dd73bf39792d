import type { Logger } from 'pino'
import { limits } from '../domain/limits.ts'
import { type ReportedChange, replayFinished } from '../domain/operational-events.ts'
import { minute } from '../domain/time.ts'
import type { EngineObserver, StorePart } from '../contracts/observer.ts'
import { IncarnationLost, StoreUnavailable } from '../contracts/store.ts'
import type { Metrics } from './metrics.ts'

const texts: Readonly<Record<ReportedChange['type'], string>> = {
  'endpoint.failing': 'an endpoint is failing',
  'endpoint.recovered': 'an endpoint has recovered',
  'endpoint.disabled': 'an endpoint was disabled',
  'delivery.exhausted': 'a delivery has failed',
  'node.lost': 'a node was lost: its deliveries were taken over',
}

const levels: Readonly<Record<ReportedChange['type'], 'info' | 'warn'>> = {
  'endpoint.failing': 'warn',
  'endpoint.recovered': 'info',
  'endpoint.disabled': 'warn',
  'delivery.exhausted': 'warn',
  'node.lost': 'warn',
}

/** Bounds the log lines about changes. */
class ChangeLines {
  readonly #elapsed: () => number
  readonly #counts = new Map<ReportedChange['type'], { since: number; lines: number; leftOut: number }>()

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed
  }

  /** The number of changes that were left out before this one; null: it is left out. */
  next(type: ReportedChange['type']): number | null {
    const now = this.#elapsed()
    let count = this.#counts.get(type)
    if (count === undefined || now - count.since >= minute) {
      count = { since: now, lines: 0, leftOut: count?.leftOut ?? 0 }
      this.#counts.set(type, count)
    }
    if (count.lines === limits.changeLinesPerMinute) {
      count.leftOut += 1
      return null
    }
    const { leftOut } = count
    count.lines += 1
    count.leftOut = 0
    return leftOut
  }
}

/**
 * Logs and counts the reports of the engine. A database that does not answer is logged once. It is logged once more
 * when the database answers calls of every kind again. An egress proxy that fails, and a row that no seal proves, are each
 * logged at most once in `limits.repeatedFailureMs`, and retention at most once in `limits.retentionLogMs`. Changes of one
 * type are logged `limits.changeLinesPerMinute` times in a minute; the next line has the number of those that were left out.
 *
 * @param elapsed a clock that is never set, ms
 */
export function createEngineObserver(
  metrics: Metrics,
  logger: Logger,
  elapsed: () => number = () => performance.now(),
): EngineObserver {
  const isProxyLogged = spaced(elapsed, limits.repeatedFailureMs)
  const isUnprovedLogged = spaced(elapsed, limits.repeatedFailureMs)
  const unanswered = new Set<StorePart>()
  return {
    accepted: (events) => metrics.accepted(events),
    attempted: (outcome, durationMs, traceId) => metrics.attempted(outcome, durationMs, traceId),
    proxyFailed(reason) {
      metrics.proxyFailed()
      if (isProxyLogged()) logger.error({ reason }, 'deliveries wait for the egress proxy')
    },
    ended: (status) => metrics.ended(status),
    ...changesTo(metrics, logger, elapsed),
    committed: (operations, durationMs) => metrics.committed(operations, durationMs),
    failed(what, error, part = 'other calls') {
      if (!(error instanceof StoreUnavailable) || error instanceof IncarnationLost) {
        logger.error({ err: error }, what)
        return
      }
      if (unanswered.size === 0) logger.error({ reason: error.message }, 'the database is unavailable')
      unanswered.add(part)
    },
    unproved(row) {
      metrics.sawUnprovedRow()
      if (!isUnprovedLogged()) return
      logger.error({ row }, 'a row of the database was not written by Posthorn, or was changed: it is refused')
    },
    storeAnswered(part) {
      if (unanswered.size === 0) return
      unanswered.delete(part)
      // Other calls do not report that they are answered again. Claims and heartbeats are regular and report it for
      // them.
      if (part !== 'commits') unanswered.delete('other calls')
      if (unanswered.size === 0) logger.info('the database answers again')
    },
    masterKeyRotated: () =>
      logger.info('everything is sealed with the first master key: the other keys are not needed any more'),
  }
}

/** The reports of changes of state. */
function changesTo(
  metrics: Metrics,
  logger: Logger,
  elapsed: () => number,
): Pick<EngineObserver, 'replayEnded' | 'changed' | 'setAside' | 'erasuresEnded' | 'pruned'> {
  const isPrunedLogged = spaced(elapsed, limits.retentionLogMs)
  const lines = new ChangeLines(elapsed)
  return {
    replayEnded(replay) {
      const { id, tenant, state, missing, count, error } = replay
      metrics.replayEnded(state)
      if (replayFinished(replay) !== null) metrics.changed('replay.finished')
      const { done, skipped } = count
      const line = { replay: id, tenant, state, missing, done, skipped, ...(error !== null && { error }) }
      if (state === 'failed') logger.error(line, 'a replay has failed')
      else logger.info(line, 'a replay has ended')
    },
    changed({ type, data }) {
      metrics.changed(type)
      const leftOut = lines.next(type)
      if (leftOut !== null) logger[levels[type]]({ ...data, leftOut }, texts[type])
    },
    setAside({ key, tenant, type, id }, problem) {
      logger.warn({ key, tenant, type, id, problem }, 'an event of the outbox is set aside: it cannot be accepted')
    },
    erasuresEnded(erasures) {
      for (const erasure of erasures) logger.info({ erasure }, 'an erasure has ended')
    },
    pruned(before) {
      if (isPrunedLogged())
        logger.info({ before: new Date(before).toISOString() }, 'retention has removed older events')
    },
  }
}

/** Returns a function that is true at most once in `ms`. */
function spaced(elapsed: () => number, ms: number): () => boolean {
  let lastAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = elapsed()
    if (now - lastAt < ms) return false
    lastAt = now
    return true
  }
}
