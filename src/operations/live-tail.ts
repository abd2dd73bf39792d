import { type NodeReport, type TailFilter, type TailRow, filterKey } from '../contracts/node-report.ts'
import { limits } from '../domain/limits.ts'
import type { RecordedAttempt } from '../engine/record.ts'

/** The attempts of this node that matched one filter since the last report. */
interface Collected {
  readonly filter: TailFilter
  matched: number
  /** The last `limits.streamRowsMax` of them; the next one replaces the oldest one. */
  latest: RecordedAttempt[]
}

/** Collects the attempts of this node that the filters of streams match: it counts all, and keeps the last ones. */
export class LiveTail {
  #collected = new Map<string, Collected>()

  /** Replaces the filters. The attempts of a filter that stays are kept. Filters past the bound collect nothing. */
  watch(filters: readonly TailFilter[]): void {
    const unique = new Map(filters.map((filter) => [filterKey(filter), filter]))
    const wanted = [...unique].slice(0, limits.tailFiltersMax)
    this.#collected = new Map(
      wanted.map(([key, filter]) => [key, this.#collected.get(key) ?? { filter, matched: 0, latest: [] }]),
    )
  }

  /** Runs for every attempt of this node while a stream is open on any node. */
  add(recorded: RecordedAttempt): void {
    for (const collected of this.#collected.values()) {
      if (!matches(collected.filter, recorded.delivery.event.tenant, recorded.endpoint.endpoint.id)) continue
      collected.latest[collected.matched % limits.streamRowsMax] = recorded
      collected.matched += 1
    }
  }

  /** The attempts since the last call. */
  take(): Pick<NodeReport, 'matched' | 'rows'> {
    const matched: Record<string, number> = {}
    const latest = new Set<RecordedAttempt>()
    for (const [key, collected] of this.#collected) {
      if (collected.matched === 0) continue
      matched[key] = collected.matched
      for (const recorded of collected.latest) latest.add(recorded)
      collected.matched = 0
      collected.latest = []
    }
    return { matched, rows: [...latest].map(rowOf).toSorted((a, b) => a.at - b.at) }
  }
}

export function matches(filter: TailFilter, tenant: string, endpoint: string): boolean {
  if (filter.tenant !== null && filter.tenant !== tenant) return false
  return filter.endpoint === null || filter.endpoint === endpoint
}

function rowOf({ delivery, tenant, endpoint, attempt, move }: RecordedAttempt): TailRow {
  const { number, startedAt, durationMs, outcome } = attempt
  return {
    at: startedAt + durationMs,
    node: String(delivery.node),
    delivery: delivery.id,
    event: delivery.event.id,
    eventType: delivery.event.type,
    tenant: delivery.event.tenant,
    endpoint: endpoint.endpoint.id,
    dialect: tenant.dialect.name,
    status: move.to === 'waiting' ? 'pending' : move.to,
    attempt: number,
    outcome: outcome.kind,
    httpStatus: 'status' in outcome ? outcome.status : null,
    durationMs,
  }
}
