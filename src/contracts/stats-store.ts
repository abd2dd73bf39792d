// Statistics in the database. Each commit adds a row with what it counts, in its own transaction, so a crash neither
// loses nor repeats a count. Upkeep moves these counts to rollups: rows by minute, hour and day. Each of its
// transactions takes from one place what it adds to another, and readers sum all places.

import type { EndpointKey, TenantId } from '../domain/ids.ts'
import type { StatsSeries, StatsStep } from '../domain/statistics.ts'

export interface StatsQuery {
  /** From this time on, the beginning of a step. */
  readonly from: number
  /** Before this time, the end of a step. */
  readonly to: number
  readonly step: StatsStep
  readonly by: 'dialect' | 'tenant' | 'endpoint' | 'type' | null
  /** Null: no condition. */
  readonly dialect: string | null
  readonly tenant: TenantId | null
  readonly endpoint: EndpointKey | null
}

export interface StatsReads {
  /**
   * The counts of a range of time, in at most `seriesMax` series. If there are more, the largest are chosen, by their
   * attempts and events in the hours (or days, if the range has more than two hours) that the range touches. `more`: the
   * number of the others.
   */
  readStats(query: StatsQuery, seriesMax: number): Promise<{ readonly series: StatsSeries[]; readonly more: number }>
}

/** Times before which rollups are removed. */
export interface StatsAges {
  /** Rollups of endpoints, tenants and event types, by minute … */
  readonly minutes: number
  /** … by hour … */
  readonly hours: number
  /** … and by day; also those of dialects by hour and day. */
  readonly days: number
  /** Rollups of dialects by minute. */
  readonly dialectMinutes: number
}

export interface StatsStore {
  /** One bounded step of joining rows of commits. True: there may be more to join. */
  gatherStats(rowsMax: number): Promise<boolean>
  /** Whether this node is to move joined counts to rollups now: one node is, once in each `everyMs`. */
  claimFold(now: number, everyMs: number): Promise<boolean>
  /** One bounded step of moving joined counts to rollups. True: there may be more to move. */
  foldStats(rowsMax: number): Promise<boolean>
  /** One bounded step of removing rollups. Returns the number of removed rows. */
  pruneStats(before: StatsAges, rowsMax: number): Promise<number>
}
