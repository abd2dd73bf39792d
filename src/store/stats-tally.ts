// Counts that are not in the rollups yet. A commit stores a row of them; gathered rows are sums of such rows.

import { addCell, cellsMax, noSums, type Sums } from '../domain/statistics.ts'
import { getOrInsert } from './get-or-insert.ts'

/** The counts of one commit. */
export interface CommitCounts {
  /** The beginning of the minute of the commit. */
  readonly minute: number
  /** JSON, a number for each move: the key of its endpoint times `cellsMax`, plus its cell. Null: there are none. */
  readonly cells: string | null
  /** JSON, an `EventCount` for each event type of a tenant. Null: there are none. */
  readonly events: string | null
}

/** The sum of several `CommitCounts` of a minute: each cell once, with its count at the same place of `counts`. */
export interface GatheredCounts extends CommitCounts {
  /** JSON. */
  readonly counts: string
}

export type EventCount = readonly [label: string, type: string, count: number]

/** The counts of an endpoint, or of an event type of a tenant, in one minute. */
export type Entry =
  | {
      readonly kind: 'endpoint'
      readonly minute: number
      readonly endpoint: number
      /** Cells without the key of the endpoint, with their counts. */
      readonly cells: (readonly [cell: number, count: number])[]
    }
  | {
      readonly kind: 'type'
      readonly minute: number
      readonly label: string
      readonly type: string
      readonly count: number
    }

export function sumsOf(entry: Entry): Sums {
  const sums = noSums()
  if (entry.kind === 'type') sums[0] = entry.count
  else for (const [cell, count] of entry.cells) addCell(sums, cell, count)
  return sums
}

/** The columns that hold entries of one minute. */
export function rowOf(minute: number, entries: readonly Entry[]): GatheredCounts {
  const cells: number[] = []
  const counts: number[] = []
  const events: EventCount[] = []
  for (const entry of entries) {
    if (entry.kind === 'type') events.push([entry.label, entry.type, entry.count])
    else {
      for (const [cell, count] of entry.cells) {
        cells.push(entry.endpoint * cellsMax + cell)
        counts.push(count)
      }
    }
  }
  return { minute, cells: JSON.stringify(cells), counts: JSON.stringify(counts), events: JSON.stringify(events) }
}

/** Sums of rows. */
export class Tally {
  /** Counts by cell, by minute. */
  readonly #cells = new Map<number, Map<number, number>>()
  /** Counts by type, by label, by minute. */
  readonly #events = new Map<number, Map<string, Map<string, number>>>()

  add(row: CommitCounts | GatheredCounts): void {
    const counts = 'counts' in row ? listOf<number>(row.counts) : null
    const cells = getOrInsert(this.#cells, row.minute, () => new Map())
    for (const [index, cell] of listOf<number>(row.cells).entries()) {
      addTo(cells, cell, counts === null ? 1 : (counts[index] as number))
    }
    const labels = getOrInsert(this.#events, row.minute, () => new Map())
    for (const [label, type, count] of listOf<EventCount>(row.events)) {
      addTo(
        getOrInsert(labels, label, () => new Map()),
        type,
        count,
      )
    }
  }

  /** Without those that are zero. */
  entries(): Entry[] {
    const entries: Entry[] = []
    for (const [minute, cells] of this.#cells) {
      const endpoints = new Map<number, (readonly [number, number])[]>()
      for (const [cell, count] of cells) {
        if (count === 0) continue
        const endpoint = Math.floor(cell / cellsMax)
        getOrInsert(endpoints, endpoint, () => []).push([cell % cellsMax, count])
      }
      for (const [endpoint, own] of endpoints) entries.push({ kind: 'endpoint', minute, endpoint, cells: own })
    }
    for (const [minute, labels] of this.#events) {
      for (const [label, types] of labels) {
        for (const [type, count] of types) if (count !== 0) entries.push({ kind: 'type', minute, label, type, count })
      }
    }
    return entries
  }

  /** One row for each minute. */
  rows(): GatheredCounts[] {
    const minutes = Map.groupBy(this.entries(), ({ minute }) => minute)
    return [...minutes].map(([minute, entries]) => rowOf(minute, entries))
  }
}

function listOf<Value>(json: string | null): Value[] {
  return json === null ? [] : (JSON.parse(json) as Value[])
}

function addTo<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
