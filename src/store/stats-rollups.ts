// Rollups: the tables that hold statistics by minute, hour and day, and the rows that are added to them.

import { bucketsAt, bucketsMax, addSums, noSums, stepMs, type Sums } from '../domain/statistics.ts'
import type { StatsAges } from '../contracts/stats-store.ts'
import { getOrInsert } from './get-or-insert.ts'
import { type Entry, sumsOf } from './stats-tally.ts'

/** The columns of the first numbers of `Sums`. */
const countColumns = [
  'events',
  'delivered',
  'rejected',
  'timed_out',
  'unreachable',
  'blocked',
  'ended_delivered',
  'ended_failed',
  'ended_cancelled',
]

export interface RollupTable {
  readonly name: 'stats_dialects' | 'stats_tenants' | 'stats_endpoints' | 'stats_types'
  readonly key: readonly string[]
  /** Columns of counts, and `latency`: the buckets of durations. */
  readonly values: readonly string[]
}

const [events, ...countsOfMoves] = countColumns as [string, ...string[]]

export const dialectRollups: RollupTable = {
  name: 'stats_dialects',
  key: ['step', 'at', 'dialect'],
  values: [...countColumns, 'latency'],
}
export const tenantRollups: RollupTable = {
  name: 'stats_tenants',
  key: ['step', 'at', 'dialect', 'tenant'],
  values: [...countColumns, 'latency'],
}
export const endpointRollups: RollupTable = {
  name: 'stats_endpoints',
  key: ['step', 'at', 'dialect', 'tenant', 'endpoint'],
  values: [...countsOfMoves, 'latency'],
}
/** Rows without a tenant (`''`) are sums over the tenants of the dialect. */
export const typeRollups: RollupTable = {
  name: 'stats_types',
  key: ['step', 'at', 'dialect', 'tenant', 'type'],
  values: [events],
}
/** The tables whose rows name a tenant. */
export const rollupsOfTenants = [tenantRollups, endpointRollups, typeRollups]
export const rollupTables = [dialectRollups, ...rollupsOfTenants]

/** The rows to remove: those of a table with a length of step that began before `age`. */
export function agesOf({ minutes, hours, days, dialectMinutes }: StatsAges) {
  const dialects = [
    { ...dialectRollups, length: stepMs.minute, age: dialectMinutes },
    { ...dialectRollups, length: stepMs.hour, age: days },
    { ...dialectRollups, length: stepMs.day, age: days },
  ]
  const others = rollupsOfTenants.flatMap((table) => [
    { ...table, length: stepMs.minute, age: minutes },
    { ...table, length: stepMs.hour, age: hours },
    { ...table, length: stepMs.day, age: days },
  ])
  // Last, because the other rows are found by those of dialects.
  return [...others, ...dialects]
}

export type RollupValue = number | string
export type RollupRow = Readonly<Record<string, RollupValue>>

export function sumsOfRow({ values }: RollupTable, row: RollupRow): Sums {
  const sums = noSums()
  for (const column of values) {
    if (column !== 'latency') sums[countColumns.indexOf(column)] = row[column] as number
    else for (const [bucket, count] of latencyOf(row)) sums[bucketsAt + bucket] = count
  }
  return sums
}

function latencyOf(row: RollupRow): [bucket: number, count: number][] {
  return JSON.parse(row['latency'] as string) as [number, number][]
}

/** The values of a row, in the order of the columns. */
export function valuesOf({ values }: RollupTable, sums: Sums): RollupValue[] {
  return values.map((column) => (column === 'latency' ? latencyText(sums) : (sums[countColumns.indexOf(column)] ?? 0)))
}

/** Only the buckets that are not empty. */
function latencyText(sums: Sums): string {
  const buckets: [number, number][] = []
  for (let bucket = 0; bucket < bucketsMax; bucket++) {
    const count = sums[bucketsAt + bucket] as number
    if (count !== 0) buckets.push([bucket, count])
  }
  return JSON.stringify(buckets)
}

/** Where an entry belongs. */
export interface Place {
  /** Empty: unknown. */
  readonly dialect: string
  /** The label of the tenant; null: it is deleted. */
  readonly tenant: string | null
}

export interface Addition {
  readonly key: readonly RollupValue[]
  readonly sums: Sums
}

/** The counts to add to each table, in the order of its key. */
export type Additions = ReadonlyMap<RollupTable, readonly Addition[]>

/** The additions of entries. Those of deleted tenants count for their dialects only. */
export function additionsOf(entries: readonly { readonly entry: Entry; readonly place: Place }[]): Additions {
  const byKey = new Map(rollupTables.map((table) => [table, new Map<string, Addition>()]))
  const add = (table: RollupTable, key: readonly RollupValue[], sums: Sums): void => {
    const name = JSON.stringify(key)
    addSums(getOrInsert(byKey.get(table)!, name, () => ({ key, sums: noSums() })).sums, sums)
  }
  const summed = entries.map(({ entry, place }) => ({ entry, place, sums: sumsOf(entry) }))
  for (const step of Object.values(stepMs)) {
    for (const { entry, place, sums } of summed) {
      const { dialect, tenant } = place
      const at = [step, entry.minute - (entry.minute % step), dialect]
      add(dialectRollups, at, sums)
      if (entry.kind === 'type') add(typeRollups, [...at, '', entry.type], sums)
      if (tenant === null) continue
      add(tenantRollups, [...at, tenant], sums)
      if (entry.kind === 'type') add(typeRollups, [...at, tenant, entry.type], sums)
      else add(endpointRollups, [...at, tenant, entry.endpoint], sums)
    }
  }
  return new Map([...byKey].map(([table, additions]) => [table, [...additions.values()]]))
}
