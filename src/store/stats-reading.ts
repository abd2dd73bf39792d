// One reading of statistics: sums rollups and the counts that are not in them yet. The store reads the rows in one
// snapshot of the database and passes them in the order of the methods.

import type { EndpointKey } from '../domain/ids.ts'
import {
  addSums,
  countsOf,
  isEmpty,
  noSums,
  sizeOf,
  stepMs,
  type StatsSeries,
  type StatsStep,
  type Sums,
} from '../domain/statistics.ts'
import type { StatsQuery } from '../contracts/stats-store.ts'
import { getOrInsert } from './get-or-insert.ts'
import { tenantIdOf } from './rows.ts'
import { namedBy, Places, type PlacedEntry, type Unknown } from './stats-fold.ts'
import {
  dialectRollups,
  endpointRollups,
  type RollupRow,
  type RollupTable,
  tenantRollups,
  sumsOfRow,
  typeRollups,
} from './stats-rollups.ts'
import { type CommitCounts, type Entry, type GatheredCounts, sumsOf, Tally } from './stats-tally.ts'

/** Conditions of rows of a rollup; absent: no condition. */
export interface RollupFilter {
  readonly table: RollupTable
  readonly step: number
  readonly from: number
  readonly to: number
  readonly dialect?: string
  /** A label. */
  readonly tenant?: string
  readonly endpoint?: number
  readonly type?: string
}

/** The groups of rows to rank by their attempts or events. */
export interface Ranking extends RollupFilter {
  readonly by: 'tenant' | 'endpoint' | 'type'
}

export interface RankedGroup {
  /** The label of a tenant, the key of an endpoint, or an event type. */
  readonly key: string | number
  /** The label of its tenant; of a type, empty. */
  readonly tenant: string
  readonly size: number
}

/** The tenant in the query. */
export interface Only {
  readonly dialect: string
  readonly label: string
}

/** A series that is chosen. */
interface Chosen {
  readonly key: string
  readonly tenant: string
  readonly points: Map<number, Sums>
}

const whole = ''

/** The longest range whose series are ranked by hours. Days have fewer rows. */
const rankedByHourMax = 2 * stepMs.hour

export class StatsReading {
  readonly places = new Places()
  readonly #query: StatsQuery
  readonly #seriesMax: number
  readonly #only: Only | null
  readonly #tally = new Tally()
  #entries: Entry[] | null = null
  readonly #series = new Map<string, Chosen>()
  #more = 0

  constructor(query: StatsQuery, seriesMax: number, only: Only | null) {
    this.#query = query
    this.#seriesMax = seriesMax
    this.#only = only
  }

  addCounts(row: CommitCounts | GatheredCounts): void {
    this.#tally.add(row)
  }

  /** The counts that are not in rollups, once all rows are added. */
  get entries(): readonly Entry[] {
    this.#entries ??= this.#tally.entries()
    return this.#entries
  }

  /** Endpoints and labels of these counts. They are needed unless everything is summed. */
  unknown(): Unknown {
    const { by, dialect } = this.#query
    const isNeeded = by !== null || dialect !== null || this.#only !== null
    return namedBy(isNeeded ? this.entries : [])
  }

  /** The groups that the reading needs to choose its series. */
  rankings(): Ranking[] {
    const { by } = this.#query
    if (by !== 'tenant' && by !== 'endpoint' && by !== 'type') return []
    const table = { tenant: tenantRollups, endpoint: endpointRollups, type: typeRollups }[by]
    return [{ ...this.#filter(table), ...this.#rankedRange(), by }]
  }

  /** Chooses the series. */
  choose(groups: readonly (readonly RankedGroup[])[]): void {
    const { by } = this.#query
    if (by === null) return this.#add(whole, '')
    // There are few: they are all read.
    if (by === 'dialect') return
    const sizes = new Map<string, { key: string; tenant: string; size: number }>()
    const count = (key: string, tenant: string, size: number): void => {
      getOrInsert(sizes, key, () => ({ key, tenant, size: 0 })).size += size
    }
    for (const { key, tenant, size } of groups.flat()) count(String(key), tenant, size)
    const range = this.#rankedRange()
    for (const placed of this.#matching(range.from, range.to)) {
      count(this.#keyOf(placed), placed.place.tenant ?? '', sizeOf(sumsOf(placed.entry)))
    }
    const largest = [...sizes.values()].filter(({ size }) => size > 0).toSorted((one, other) => other.size - one.size)
    for (const { key, tenant } of largest.slice(0, this.#seriesMax)) this.#add(key, tenant)
    this.#more = Math.max(0, largest.length - this.#seriesMax)
  }

  /** The rows of the chosen series. */
  filters(): RollupFilter[] {
    const { by } = this.#query
    if (by === 'type') return this.#chosen.map(({ key }) => ({ ...this.#filter(typeRollups), type: key }))
    if (by === 'endpoint')
      return this.#chosen.map(({ key, tenant }) => ({
        ...this.#filter(endpointRollups),
        tenant,
        endpoint: Number(key),
      }))
    if (by === 'tenant') return this.#chosen.map(({ key }) => ({ ...this.#filter(this.#tableOfTenants), tenant: key }))
    return [this.#filter(this.#only === null ? dialectRollups : this.#tableOfTenants)]
  }

  /** Adds the rows of a filter. */
  addRows({ table }: RollupFilter, rows: readonly RollupRow[]): void {
    const { by } = this.#query
    for (const row of rows)
      this.#count(by === null ? whole : String(row[by]), row['at'] as number, sumsOfRow(table, row))
  }

  /** @param ids the public ids of the endpoints among the series; those that are absent are left out */
  result(ids: ReadonlyMap<number, string>): { series: StatsSeries[]; more: number } {
    const { from, to, step, by } = this.#query
    for (const placed of this.#matching(from, to)) {
      const { minute } = placed.entry
      this.#count(this.#keyOf(placed), minute - (minute % stepMs[step]), sumsOf(placed.entry))
    }
    const series = this.#chosen.flatMap((chosen): (StatsSeries & { readonly size: number })[] => {
      const tenant = by === 'endpoint' ? tenantIdOf(chosen.tenant) : null
      const key =
        by === 'endpoint' ? ids.get(Number(chosen.key)) : by === 'tenant' ? tenantIdOf(chosen.key) : chosen.key
      const counted = pointsOf(chosen)
      if (by === null) return [{ key: null, tenant, ...counted }]
      return key === undefined || counted.points.length === 0 ? [] : [{ key, tenant, ...counted }]
    })
    const ordered = series.toSorted((one, other) => other.size - one.size)
    const shown = ordered
      .slice(0, this.#seriesMax)
      .map(({ key, tenant, points, total }) => ({ key, tenant, points, total }))
    return { series: shown, more: this.#more + ordered.length - shown.length }
  }

  /** The keys of the endpoints among the series. */
  endpoints(): EndpointKey[] {
    return this.#query.by === 'endpoint' ? this.#chosen.map(({ key }) => Number(key) as EndpointKey) : []
  }

  get #chosen(): Chosen[] {
    return [...this.#series.values()]
  }

  #add(key: string, tenant: string): void {
    this.#series.set(key, { key, tenant, points: new Map() })
  }

  #count(key: string, at: number, sums: Sums): void {
    const { by } = this.#query
    if (by === 'dialect' && !this.#series.has(key)) this.#add(key, '')
    const points = this.#series.get(key)?.points
    if (points !== undefined) addSums(getOrInsert(points, at, noSums), sums)
  }

  #filter(table: RollupTable): RollupFilter {
    const { from, to, step, dialect, endpoint, by } = this.#query
    return {
      table,
      step: stepMs[step],
      from,
      to,
      ...(this.#only !== null && { dialect: this.#only.dialect, tenant: this.#only.label }),
      ...(dialect !== null && { dialect }),
      ...(this.#only === null && by === 'type' && { tenant: '' }),
      ...(endpoint !== null && table === endpointRollups && { endpoint }),
    }
  }

  get #tableOfTenants(): RollupTable {
    return this.#query.endpoint === null ? tenantRollups : endpointRollups
  }

  #rankedRange(): { readonly step: number; readonly from: number; readonly to: number } {
    const { from, to } = this.#query
    const step: StatsStep = to - from > rankedByHourMax ? 'day' : 'hour'
    return { step: stepMs[step], from: from - (from % stepMs[step]), to }
  }

  *#matching(from: number, to: number): Generator<PlacedEntry> {
    const { by, dialect, tenant, endpoint } = this.#query
    for (const entry of this.entries) {
      const place = this.places.of(entry)
      if (entry.minute < from || entry.minute >= to) continue
      if (dialect !== null && place.dialect !== dialect) continue
      if (this.#only !== null && place.tenant !== this.#only.label) continue
      if (entry.kind === 'type' ? endpoint !== null || by === 'endpoint' : by === 'type') continue
      if (endpoint !== null && entry.kind === 'endpoint' && entry.endpoint !== endpoint) continue
      if (place.tenant === null && (by === 'tenant' || by === 'endpoint' || tenant !== null)) continue
      yield { entry, place }
    }
  }

  #keyOf({ entry, place }: PlacedEntry): string {
    switch (this.#query.by) {
      case null:
        return whole
      case 'dialect':
        return place.dialect
      case 'tenant':
        return place.tenant ?? ''
      case 'endpoint':
      case 'type':
        return entry.kind === 'type' ? entry.type : String(entry.endpoint)
    }
  }
}

function pointsOf({ points }: Chosen): Pick<StatsSeries, 'points' | 'total'> & { readonly size: number } {
  const total = noSums()
  const counted = [...points].filter(([, sums]) => !isEmpty(sums)).toSorted(([one], [other]) => one - other)
  for (const [, sums] of counted) addSums(total, sums)
  return {
    points: counted.map(([at, sums]) => ({ at, ...countsOf(sums) })),
    total: countsOf(total),
    size: sizeOf(total),
  }
}
