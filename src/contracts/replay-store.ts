// Replays in the database. A replay runs in steps. Each step stores its progress in its own transaction, so a replay
// goes on after a kill where it was, and on a shared database any node may run the next step.

import type { NewAuditRecord } from '../domain/audit.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointId, EndpointKey, ReplayId, TenantId } from '../domain/ids.ts'
import type { Replay, ReplayState } from '../domain/replay.ts'
import type { Page, PageRequest } from './page.ts'

/** A replay to store: a preview, or one that is running. */
export interface NewReplay {
  readonly replay: Replay
  /** The filter as it was asked for. No two running replays of a tenant have the same. */
  readonly asked: string
}

/**
 * The result of a change. Only `written` changed anything.
 *
 * - `absent`: the tenant or the replay does not exist
 * - `same`: the replay `id` runs with the same filter
 * - `full`: too many replays of the tenant run, or too many previews wait
 * - `unfit`: the replay has a state that allows no such change
 * - `expired`: the preview has expired
 */
export type ReplayResult =
  | { readonly kind: 'written'; readonly replay: Replay }
  | { readonly kind: 'absent' | 'full' | 'expired' }
  | { readonly kind: 'same'; readonly id: ReplayId }
  | { readonly kind: 'unfit'; readonly state: ReplayState }

/** Where a walk continues: in the deliveries of an endpoint, or in the events of the tenant. */
export type ReplayPlace =
  | { readonly endpoint: EndpointKey; readonly after: DeliveryId | null }
  | { readonly acceptedAt: number; readonly seq: number }

/** A replay, and its next step. */
export interface ReplayUnderWay {
  readonly replay: Replay
  /** Null: the next step begins a walk. */
  readonly place: ReplayPlace | null
  /** The number of the next step. */
  readonly step: number
  /** When the next step is due; null: no step is left. */
  readonly dueAt: number | null
}

/** An event that a replay looks at. */
export interface ReplayedEvent {
  /** The number of the event in the database. */
  readonly seq: number
  readonly event: Event
}

/** A delivery that an event should have. */
export interface WantedDelivery {
  readonly id: DeliveryId
  readonly seq: number
  readonly acceptedAt: number
  readonly endpoint: EndpointKey
  readonly endpointId: EndpointId
}

export interface ReplayStep {
  readonly replay: ReplayId
  /** As it was read. If another node has run this step, the call does nothing. */
  readonly step: number
  readonly now: number
  readonly rowsMax: number
  /** For a replay of missing deliveries. */
  readonly missing: {
    /** The version of the tenant (`LoadedTenant`) with which the events were matched. */
    readonly version: number
    /** In the order of their events. */
    readonly wanted: readonly WantedDelivery[]
    /** The last event that was looked at; null: there was none, so the walk has ended. */
    readonly last: ReplayPlace | null
  } | null
}

export interface ReplayReads {
  findReplay(id: ReplayId): Promise<Replay | null>
  /** Newest first. */
  listReplays(tenant: TenantId | null, page: PageRequest): Promise<Page<Replay>>
  /** The replays with steps left, the one due first is first. */
  replaysUnderWay(rowsMax: number): Promise<readonly ReplayUnderWay[]>
  /** The next events of a replay of missing deliveries that were accepted at `since` or later; test events are left out. */
  eventsToReplay(
    replay: ReplayUnderWay,
    since: number,
    rowsMax: number,
  ): Promise<{ readonly events: readonly ReplayedEvent[]; readonly last: ReplayPlace | null }>
}

export interface ReplayWrites {
  createReplay(replay: NewReplay, audit?: readonly NewAuditRecord[]): Promise<ReplayResult>
  /** Runs a preview. */
  startReplay(id: ReplayId, now: number, audit?: readonly NewAuditRecord[]): Promise<ReplayResult>
  cancelReplay(id: ReplayId, now: number, audit?: readonly NewAuditRecord[]): Promise<ReplayResult>
  /** Ends a replay that cannot go on. Null: it has ended. */
  failReplay(id: ReplayId, now: number, error: string): Promise<Replay | null>
  /**
   * Counts or sends the next deliveries, and stores how far it has come. Returns the replay after the step, and the
   * endpoints whose deliveries it made due. Null: another node has run the step, the replay has ended, or the tenant has
   * another version.
   */
  replayStep(
    step: ReplayStep,
  ): Promise<{ readonly underWay: ReplayUnderWay; readonly sent: readonly EndpointKey[] } | null>
}
