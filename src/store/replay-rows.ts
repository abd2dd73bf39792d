// Rows of replays, and how a step changes them, for both databases.

import type { Outcome } from '../domain/attempt.ts'
import type { DeliveryId, EndpointId, EndpointKey, ReplayId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Replay, ReplayCount, ReplayEndpoint, ReplayFilter, ReplayState } from '../domain/replay.ts'
import type {
  NewReplay,
  ReplayedEvent,
  ReplayPlace,
  ReplayResult,
  ReplayUnderWay,
  WantedDelivery,
} from '../contracts/replay-store.ts'
import { type EventColumns, eventOf, statusCode, tenantIdOf } from './rows.ts'

export interface ReplayColumns {
  id: string
  tenant: string
  asked: string
  filter: string
  missing: number | boolean
  state: ReplayState
  rate: number
  progress: string
  step: number
  due_at: number | null
  created_at: number
  started_at: number | null
  ended_at: number | null
  expires_at: number | null
  error: string | null
}

export const replayColumns = `r.id, r.tenant, r.asked, r.filter, r.missing, r.state, r.rate, r.progress, r.step, r.due_at,
  r.created_at, r.started_at, r.ended_at, r.expires_at, r.error`

/** Sorts after the ids of all replays. */
export const afterAllIds = '~'

/** The column `progress`, JSON. */
interface Progress {
  readonly count: ReplayCount
  readonly endpoints: readonly ReplayEndpoint[]
  readonly place: ReplayPlace | null
}

export function replayOf(row: ReplayColumns): Replay {
  const { count, endpoints } = JSON.parse(row.progress) as Progress
  return {
    id: row.id as ReplayId,
    tenant: tenantIdOf(row.tenant),
    filter: JSON.parse(row.filter) as ReplayFilter,
    missing: Boolean(row.missing),
    state: row.state,
    count,
    endpoints,
    rate: row.rate,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    expiresAt: row.expires_at,
    error: row.error,
  }
}

export function underWayOf(row: ReplayColumns): ReplayUnderWay {
  const { place } = JSON.parse(row.progress) as Progress
  return { replay: replayOf(row), place, step: row.step, dueAt: row.due_at }
}

/** The values of `id`, then of `asked` and all columns after it, of a new replay. */
export function newReplayValues({ replay, asked }: NewReplay): [string, ...(string | number | null)[]] {
  const { id, filter, missing, state, rate, createdAt, startedAt, endedAt, expiresAt, error } = replay
  const columns = [asked, JSON.stringify(filter), missing ? 1 : 0, state, rate, progressOf(replay, null), 0, createdAt]
  return [id, ...columns, createdAt, startedAt, endedAt, expiresAt, error]
}

/** The columns that a step writes. */
export function stepValues({ replay, place, step, dueAt }: ReplayUnderWay): [string, ...(string | number | null)[]] {
  const { state, startedAt, endedAt } = replay
  return [progressOf(replay, place), state, startedAt, endedAt, step, dueAt]
}

function progressOf({ count, endpoints }: Replay, place: ReplayPlace | null): string {
  return JSON.stringify({ count, endpoints, place } satisfies Progress)
}

/** Why a replay may not become a preview, or run; null: it may. @param others of the tenant, in this state */
export function refusalOf(
  state: ReplayState,
  asked: string,
  others: readonly Pick<ReplayColumns, 'id' | 'asked'>[],
): Exclude<ReplayResult, { readonly kind: 'written' }> | null {
  const same = state === 'running' ? others.find((other) => other.asked === asked) : undefined
  if (same !== undefined) return { kind: 'same', id: same.id as ReplayId }
  const most = state === 'running' ? limits.replaysPerTenantMax : limits.replayPreviewsPerTenantMax
  return others.length >= most ? { kind: 'full' } : null
}

/** Whether the next step sends; otherwise it counts. */
export function sends({ state, count }: Replay): boolean {
  return state === 'running' && count.isExact
}

/** How many deliveries the next step may send; Infinity: it counts. */
export function roomOf(replay: Replay): number {
  return sends(replay) ? Math.ceil((replay.rate * limits.replayStepMs) / 1000) : Infinity
}

/** The work of one step. */
export interface Taken {
  /** Deliveries that match, by endpoint. */
  readonly found: readonly ReplayEndpoint[]
  readonly done: number
  readonly skipped: number
  /** The endpoints with deliveries that are due now. */
  readonly sent: readonly EndpointKey[]
  /** Where the next step continues; null: the walk has ended. */
  readonly place: ReplayPlace | null
}

/** The replay after a step. */
export function advance({ replay, step }: ReplayUnderWay, taken: Taken, now: number): ReplayUnderWay {
  const { found, done, skipped, place } = taken
  const ends = place === null
  const next = { place, step: step + 1 }
  if (!sends(replay)) {
    const endpoints = ends ? largest(merged(replay.endpoints, found)) : merged(replay.endpoints, found)
    const total = found.reduce((sum, { count }) => sum + count, replay.count.total)
    const counted = { ...replay, endpoints, count: { ...replay.count, total, isExact: ends } }
    return { ...next, replay: counted, dueAt: ends && replay.state === 'preview' ? null : now }
  }
  const count = { ...replay.count, done: replay.count.done + done, skipped: replay.count.skipped + skipped }
  if (ends) return { ...next, replay: { ...replay, count, state: 'done', endedAt: now }, dueAt: null }
  return { ...next, replay: { ...replay, count }, dueAt: now + Math.ceil((done * 1000) / replay.rate) }
}

function merged(counts: readonly ReplayEndpoint[], more: readonly ReplayEndpoint[]): ReplayEndpoint[] {
  const all = new Map(counts.map((one) => [one.key, one]))
  for (const one of more) all.set(one.key, { ...one, count: one.count + (all.get(one.key)?.count ?? 0) })
  return [...all.values()]
}

function largest(counts: readonly ReplayEndpoint[]): ReplayEndpoint[] {
  return counts.toSorted((one, other) => other.count - one.count).slice(0, limits.replayEndpointsShown)
}

/** A delivery on the way of a walk. */
export interface VisitedColumns {
  id: string
  status: number
  ended_at: number | null
  /** Whether a node holds it. */
  held: number | boolean
  type: string
  /** Whether the data of its event is erased. */
  erased: number | boolean
  /** The outcome of its last attempt. */
  outcome: Outcome['kind'] | null
}

export interface Chosen {
  /** Those to send. */
  readonly ids: readonly DeliveryId[]
  readonly matching: number
  /** The last delivery that was looked at; null: there was none. */
  readonly last: DeliveryId | null
}

/** Chooses at most `room` deliveries to send, and looks no further then. @param isOn whether the endpoint is enabled */
export function choose(rows: readonly VisitedColumns[], replay: Replay, isOn: boolean, room: number): Chosen {
  const { statuses, eventType, outcome } = replay.filter
  const codes = statuses.map((status) => statusCode[status])
  const ids: DeliveryId[] = []
  let matching = 0
  let last: string | null = null
  for (const row of rows) {
    if (ids.length >= room) break
    last = row.id
    const matches =
      codes.includes(row.status) &&
      (row.ended_at === null || row.ended_at < replay.createdAt) &&
      (eventType === null || eventType === row.type) &&
      (outcome === null || outcome === row.outcome)
    if (!matches) continue
    matching += 1
    if (isOn && !row.held && !row.erased) ids.push(row.id as DeliveryId)
  }
  return { ids, matching, last: last as DeliveryId | null }
}

/** An endpoint on the way of a walk. */
export interface VisitedEndpoint {
  readonly key: EndpointKey
  readonly id: EndpointId
  readonly enabled: number | boolean
}

/** Adds up the work of one step at several endpoints. */
export function walkOf(rowsMax: number, room: number) {
  const found: ReplayEndpoint[] = []
  const sent: EndpointKey[] = []
  let [rowsLeft, roomLeft, done, skipped] = [rowsMax, room, 0, 0]
  return {
    get rowsLeft(): number {
      return rowsLeft
    },
    get roomLeft(): number {
      return roomLeft
    },
    /** @param rearmed how many of `chosen.ids` were sent; null: they are only counted */
    add({ key, id }: VisitedEndpoint, rows: number, chosen: Chosen, rearmed: number | null): void {
      rowsLeft -= rows + limits.replayStepEndpointRows
      if (chosen.matching > 0) found.push({ key, id, count: chosen.matching })
      if (rearmed === null) return
      roomLeft -= rearmed
      done += rearmed
      skipped += chosen.matching - rearmed
      if (rearmed > 0) sent.push(key)
    },
    end: (place: ReplayPlace | null): Taken => ({ found, done, skipped, sent, place }),
  }
}

/** An event on the way of a walk. */
export type VisitedEvent = EventColumns & { readonly seq: number; readonly test: number | boolean }

/** After which event a walk continues. */
export function eventPlace(place: ReplayPlace | null): { readonly acceptedAt: number; readonly seq: number } {
  return place !== null && 'seq' in place ? place : { acceptedAt: 0, seq: 0 }
}

/** The place before the event of a delivery: it is looked at again. */
export function before({ acceptedAt, seq }: WantedDelivery): ReplayPlace {
  return { acceptedAt, seq: seq - 1 }
}

export function visitedEvents(rows: readonly VisitedEvent[]): {
  readonly events: ReplayedEvent[]
  readonly last: ReplayPlace | null
} {
  const last = rows.at(-1)
  return {
    events: rows.flatMap((row) => (row.test ? [] : [{ seq: row.seq, event: eventOf(row) }])),
    last: last === undefined ? null : { acceptedAt: last.accepted_at, seq: last.seq },
  }
}

/** @param deliveries those that were counted, or added */
export function takenOf(deliveries: readonly WantedDelivery[], done: number, place: ReplayPlace | null): Taken {
  const found = new Map<EndpointKey, ReplayEndpoint>()
  for (const { endpoint: key, endpointId: id } of deliveries) {
    found.set(key, { key, id, count: 1 + (found.get(key)?.count ?? 0) })
  }
  return { found: [...found.values()], done, skipped: 0, sent: done > 0 ? [...found.keys()] : [], place }
}
