// The steps of replays (domain/replay.ts). The replays under way take turns, one step each, so that none waits for the
// whole of another one. On a shared database every node looks for steps that are due, and the database lets one node run
// each step. So the steps of a node that dies are continued by another one, and no step is run twice.

import type { Clock } from '../domain/clock.ts'
import type { EndpointKey, Incarnation, RandomBytes } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { Replay } from '../domain/replay.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type { EngineObserver } from '../contracts/observer.ts'
import type {
  ReplayReads,
  ReplayStep,
  ReplayUnderWay,
  ReplayWrites,
  WantedDelivery,
} from '../contracts/replay-store.ts'
import { fanOut } from './fan-out.ts'
import type { TenantCache } from './tenant-cache.ts'

export interface ReplayJobsOptions {
  readonly store: ReplayReads & ReplayWrites
  readonly tenantCache: Pick<TenantCache, 'load' | 'drop'>
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly observer: EngineObserver
  /** Events older than this have lost deliveries to retention: it is not known which endpoints got them. */
  readonly retentionMs: number
  /** Called after a step that made deliveries of these endpoints due, and with none after the end of a replay. */
  readonly sent: (endpoints: readonly EndpointKey[]) => void
}

export class ReplayJobs {
  readonly #options: ReplayJobsOptions

  constructor(options: ReplayJobsOptions) {
    this.#options = options
  }

  /** Runs the steps that are due, one of each replay. Returns the time until the next one in ms; null: none is left. */
  async round(): Promise<number | null> {
    const waits: number[] = []
    for (const underWay of await this.#options.store.replaysUnderWay(limits.replaysInTurnMax)) {
      const waitMs = this.#waitOf(underWay.dueAt ?? 0)
      const nextMs = waitMs > 0 ? waitMs : await this.#run(underWay)
      if (nextMs !== null) waits.push(nextMs)
    }
    return waits.length === 0 ? null : Math.min(...waits)
  }

  #waitOf(dueAt: number): number {
    const waitMs = dueAt - this.#options.clock.now()
    return waitMs > limits.replayWaitMsMax ? 0 : Math.max(0, waitMs)
  }

  /** Runs a step of a replay. Returns the time until its next step in ms; null: none is left. */
  async #run(underWay: ReplayUnderWay): Promise<number | null> {
    const { store, clock, observer } = this.#options
    const { id } = underWay.replay
    try {
      const after = await this.#step(underWay)
      if (after === null) return limits.replayAgainMs
      return after.dueAt === null ? null : this.#waitOf(after.dueAt)
    } catch (error) {
      observer.failed(`a step of the replay ${id} failed`, error)
      if (error instanceof Unavailable) return limits.replayAgainMs
      // It would fail again and again.
      const failed = await store.failReplay(id, clock.now(), 'internal error; the log has the details')
      if (failed !== null) this.#ended(failed)
      return null
    }
  }

  /** Null: another node has run the step, or has changed the tenant and its message has not arrived yet. */
  async #step(underWay: ReplayUnderWay): Promise<ReplayUnderWay | null> {
    const { store, clock, sent, tenantCache } = this.#options
    const { replay, step } = underWay
    const isSending = replay.state === 'running' && replay.count.isExact
    const rowsMax = isSending ? limits.replaySendRows : limits.replayStepRows
    const missing = replay.missing ? await this.#missing(underWay, rowsMax) : null
    const taken = await store.replayStep({ replay: replay.id, step, now: clock.now(), rowsMax, missing })
    if (taken === null) {
      tenantCache.drop(replay.tenant)
      return null
    }
    if (taken.sent.length > 0) sent(taken.sent)
    if (taken.underWay.replay.endedAt !== null) this.#ended(taken.underWay.replay)
    return taken.underWay
  }

  #ended(replay: Replay): void {
    this.#options.observer.replayEnded(replay)
    // Its operational event may be due.
    this.#options.sent([])
  }

  /** Matches the next events with the endpoints of the tenant as they are now. */
  async #missing(underWay: ReplayUnderWay, rowsMax: number): Promise<NonNullable<ReplayStep['missing']>> {
    const { store, tenantCache, clock, randomBytes, retentionMs } = this.#options
    const { tenant: id, filter } = underWay.replay
    const cached = await tenantCache.load(id)
    if (cached === null) throw new Unavailable(`the tenant ${id} was deleted`)
    const { tenant, version, byKey } = cached
    const keptMs = Math.min(retentionMs, 1000 * (tenant.retainSeconds ?? Infinity))
    const { events, last } = await store.eventsToReplay(underWay, clock.now() - keptMs, rowsMax)
    const wanted: WantedDelivery[] = []
    for (const [index, { seq, event }] of events.entries()) {
      const isAsked = filter.eventType === null || filter.eventType === event.type
      if (!isAsked || event.erasedAt !== undefined || event.unreadable) continue
      // The incarnation does not matter: the deliveries wait in the database.
      const all = fanOut(event, cached, 0 as Incarnation, randomBytes)
      const asked = filter.endpoint === null ? all : all.filter(({ endpoint }) => endpoint === filter.endpoint?.key)
      const { acceptedAt } = event
      for (const { id: delivery, endpoint } of asked) {
        const endpointId = byKey.get(endpoint)?.endpoint.id
        if (endpointId !== undefined) wanted.push({ id: delivery, seq, acceptedAt, endpoint, endpointId })
      }
      if (wanted.length > limits.replayStepPairs && index + 1 < events.length) {
        return { version, wanted, last: { acceptedAt, seq } }
      }
    }
    return { version, wanted, last }
  }
}
