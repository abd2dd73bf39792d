// Moving gathered counts to the rollups, in bounded steps and in the order of keys. A step adds a part of the sum of the
// gathered rows to the rollups, and adds a gathered row with the same counts, negated. So the sum of all rows is right
// after each step, also if the process dies, or if two nodes move the same counts. At the end the gathered rows and
// their negations are zero together and are removed.

import { type Entry, type GatheredCounts, rowOf, Tally } from './stats-tally.ts'
import type { Place } from './stats-rollups.ts'

export interface PlacedEntry {
  readonly entry: Entry
  readonly place: Place
}

/** Endpoints and labels whose places are not known yet. */
export interface Unknown {
  readonly endpoints: readonly number[]
  readonly labels: readonly string[]
}

export interface Found {
  readonly endpoints: readonly (Place & { readonly endpoint: number })[]
  readonly labels: readonly (Place & { readonly label: string })[]
}

const nowhere: Place = { dialect: '', tenant: null }

/** Where endpoints and tenants belong. */
export class Places {
  readonly #endpoints = new Map<number, Place>()
  readonly #labels = new Map<string, Place>()

  /** Those that are asked for but not found belong nowhere. */
  know(asked: Unknown, found: Found): void {
    for (const endpoint of asked.endpoints) this.#endpoints.set(endpoint, nowhere)
    for (const label of asked.labels) this.#labels.set(label, nowhere)
    for (const { endpoint, dialect, tenant } of found.endpoints) this.#endpoints.set(endpoint, { dialect, tenant })
    for (const { label, dialect, tenant } of found.labels) this.#labels.set(label, { dialect, tenant })
  }

  of(entry: Entry): Place {
    return (entry.kind === 'type' ? this.#labels.get(entry.label) : this.#endpoints.get(entry.endpoint)) ?? nowhere
  }
}

/** The endpoints and labels of entries. */
export function namedBy(entries: readonly Entry[]): Unknown {
  const endpoints = new Set<number>()
  const labels = new Set<string>()
  for (const entry of entries) {
    if (entry.kind === 'type') labels.add(entry.label)
    else endpoints.add(entry.endpoint)
  }
  return { endpoints: [...endpoints], labels: [...labels] }
}

/** The state of a fold between its steps. */
export class Fold {
  /** Gathered rows that are yet to be read. */
  readonly unread: number[]
  /** Rows that are zero together with the entries that are left. */
  readonly ids: number[] = []
  readonly places = new Places()
  readonly #tally = new Tally()
  #entries: Entry[] | null = null
  #unknown: Unknown | null = null
  #ordered: PlacedEntry[] | null = null

  constructor(ids: readonly number[]) {
    this.unread = [...ids]
  }

  read(id: number, row: GatheredCounts): void {
    this.#tally.add(row)
    this.ids.push(id)
  }

  /** The next endpoints and labels whose places must be known, once all rows are read. Null: all are known. */
  unknown(max: number): Unknown | null {
    this.#entries ??= this.#tally.entries()
    const { endpoints, labels } = (this.#unknown ??= namedBy(this.#entries))
    if (endpoints.length + labels.length === 0) return null
    this.#unknown = { endpoints: endpoints.slice(max), labels: labels.slice(max) }
    return { endpoints: endpoints.slice(0, max), labels: labels.slice(0, max) }
  }

  /** The next entries in the order of keys, once all places are known. Empty: there are no more. */
  take(max: number): PlacedEntry[] {
    this.#ordered ??= (this.#entries ?? []).map((entry) => ({ entry, place: this.places.of(entry) })).toSorted(byKey)
    return this.#ordered.splice(0, max)
  }
}

/** The entries, those of tenants that were deleted meanwhile without their tenant. */
export function living(entries: readonly PlacedEntry[], tenants: readonly { readonly label: string }[]): PlacedEntry[] {
  const labels = new Set(tenants.map(({ label }) => label))
  return entries.map(({ entry, place }) => {
    const isLiving = place.tenant !== null && labels.has(place.tenant)
    return { entry, place: isLiving ? place : { ...place, tenant: null } }
  })
}

/** Rows that take the counts of entries away. */
export function negated(entries: readonly PlacedEntry[]): GatheredCounts[] {
  const minutes = Map.groupBy(entries, ({ entry }) => entry.minute)
  return [...minutes].map(([minute, own]) =>
    rowOf(
      minute,
      own.map(({ entry }) => negative(entry)),
    ),
  )
}

function negative(entry: Entry): Entry {
  if (entry.kind === 'type') return { ...entry, count: -entry.count }
  return { ...entry, cells: entry.cells.map(([cell, count]) => [cell, -count]) }
}

function byKey(one: PlacedEntry, other: PlacedEntry): number {
  return (
    one.entry.minute - other.entry.minute ||
    compare(one.place.dialect, other.place.dialect) ||
    compare(one.place.tenant ?? '', other.place.tenant ?? '') ||
    (one.entry.kind === 'endpoint' && other.entry.kind === 'endpoint' ? one.entry.endpoint - other.entry.endpoint : 0)
  )
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
