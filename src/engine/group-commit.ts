// Group commit: what arrives while a commit runs forms the next one. No timer, no lost batching: one transaction, and
// so one fsync, per batch.
//
// When the store is unavailable, events are refused (their callers hear 503), but outcomes are kept and written as
// soon as it is back: the requests they tell of cannot be unsent. Their number is bounded by the attempts in flight,
// because nothing new is sent meanwhile.

import type { Clock } from '../domain/clock.ts'
import type { EndpointKey, Incarnation } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { IncarnationLost, StoreUnavailable } from '../contracts/store.ts'
import type {
  CommitBatch,
  CommitStore,
  AttemptSummary,
  IngestResult,
  RemoteHealth,
  NewEvent,
  RecordedMove,
} from '../contracts/commit-store.ts'
import type { Membership } from './membership.ts'
import type { EngineObserver } from '../contracts/observer.ts'

interface Ingest {
  readonly events: readonly NewEvent[]
  readonly bytes: number
  readonly resolve: (results: readonly IngestResult[]) => void
  readonly reject: (error: unknown) => void
}

/** A move that waits for its commit, with what to do once it is durable. */
interface Recording {
  readonly move: RecordedMove
  readonly summary: AttemptSummary | null
  readonly committed: (() => void) | null
  /** How often the store has thrown on it. */
  readonly faults: number
}

export interface GroupCommitHooks {
  /** Called when the store stops answering, and when it answers again. */
  readonly availabilityChanged: (available: boolean) => void
  /** A batch is durable: called before anybody else hears of it. */
  readonly committed: (batch: CommitBatch) => void
  /** Other nodes have recorded what this one did not know of. */
  readonly remoteHealthFound: (remoteHealth: RemoteHealth) => void
}

export class GroupCommit {
  readonly #store: CommitStore
  readonly #membership: Membership
  readonly #clock: Clock
  readonly #observer: EngineObserver
  readonly #hooks: GroupCommitHooks

  #ingests: Ingest[] = []
  #recordings: Recording[] = []
  #queuedEvents = 0
  #queuedBytes = 0
  #scheduled = false
  #committing = false
  #available = true
  /** Since the store stopped answering, until all outcomes are written: the lanes are paused. */
  #suspended = false
  #retryMs: number = limits.storeRetryMs
  #idle: (() => void)[] = []

  constructor(
    store: CommitStore,
    membership: Membership,
    clock: Clock,
    observer: EngineObserver,
    hooks: GroupCommitHooks,
  ) {
    this.#store = store
    this.#membership = membership
    this.#clock = clock
    this.#observer = observer
    this.#hooks = hooks
  }

  /** Resolves once the events and their deliveries are durable. @throws Unavailable: none of them was stored */
  ingest(events: readonly NewEvent[], bytes: number): Promise<readonly IngestResult[]> {
    if (!this.#available) return Promise.reject(new StoreUnavailable('the database is unavailable'))
    if (
      this.#queuedEvents + events.length > limits.commitQueueMax ||
      this.#queuedBytes + bytes > limits.commitQueueBytesMax
    ) {
      return Promise.reject(new Unavailable('too many events wait for a commit'))
    }
    this.#queuedEvents += events.length
    this.#queuedBytes += bytes
    return new Promise((resolve, reject) => {
      this.#ingests.push({ events, bytes, resolve, reject })
      this.#schedule()
    })
  }

  /** Queues a move. `committed` is called once it is durable; never, where the node no longer held the delivery. */
  record(move: RecordedMove, summary: AttemptSummary | null, committed: (() => void) | null): void {
    this.#recordings.push({ move, summary, committed, faults: 0 })
    this.#schedule()
  }

  /** The incarnation is lost, and all that was to be committed for it. */
  forget(): void {
    this.#recordings = []
    this.#rejectQueued(new Unavailable('the node is joining again'))
  }

  /** Resolves when all that was queued is durable, which it may never be while the store is unavailable. */
  drained(): Promise<void> {
    if (!this.#committing && this.#ingests.length === 0 && this.#recordings.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #schedule(): void {
    if (this.#scheduled || this.#committing || !this.#available) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    if (this.#committing) return
    this.#committing = true
    while (this.#available && (this.#ingests.length > 0 || this.#recordings.length > 0)) {
      await this.#commit(this.#takeIngests(), this.#recordings.splice(0, limits.commitOperationsMax))
    }
    this.#committing = false
    if (this.#available) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #takeIngests(): Ingest[] {
    let count = 0
    let taken = 0
    for (const { events, bytes } of this.#ingests) {
      if (taken > 0 && count + events.length > limits.commitOperationsMax) break
      count += events.length
      taken += 1
      this.#queuedEvents -= events.length
      this.#queuedBytes -= bytes
    }
    return this.#ingests.splice(0, taken)
  }

  async #commit(ingests: Ingest[], recordings: Recording[]): Promise<void> {
    const node = this.#membership.incarnation
    if (node === null) return this.#reject(ingests, new Unavailable('the node is joining again'))
    const batch: CommitBatch = {
      node,
      now: this.#clock.now(),
      events: ingests.length === 1 ? (ingests[0] as Ingest).events : ingests.flatMap((ingest) => ingest.events),
      moves: recordings.map((recording) => recording.move),
      summaries: mergeSummaries(recordings),
    }
    const startedAt = performance.now()
    try {
      const result = await this.#store.commit(batch)
      this.#hooks.committed(batch)
      this.#observer.committed(batch.events.length + batch.moves.length, performance.now() - startedAt)
      this.#settle(ingests, recordings, result.events, new Set(result.fenced))
      for (const remoteHealth of result.remoteHealth) this.#hooks.remoteHealthFound(remoteHealth)
    } catch (error) {
      if (error instanceof IncarnationLost) this.#lose(error, node, ingests)
      else if (error instanceof StoreUnavailable) this.#suspend(error, node, ingests, recordings)
      else await this.#isolate(error, node, ingests, recordings)
    }
  }

  #settle(ingests: Ingest[], recordings: Recording[], results: readonly IngestResult[], fenced: Set<string>): void {
    let at = 0
    for (const { events, resolve } of ingests) {
      resolve(ingests.length === 1 ? results : results.slice(at, at + events.length))
      at += events.length
    }
    for (const { move, committed } of recordings) if (committed !== null && !fenced.has(move.delivery)) committed()
  }

  #suspend(error: StoreUnavailable, node: Incarnation, ingests: Ingest[], recordings: Recording[]): void {
    if (node === this.#membership.incarnation) this.#recordings = [...recordings, ...this.#recordings]
    this.#reject(ingests, error)
    this.#rejectQueued(new StoreUnavailable(error.message))
    // Several commits of one batch may fail, one after the other: one probe is enough, and one word to the outside.
    if (!this.#available) return
    this.#available = false
    this.#probeLater()
    if (this.#suspended) return
    this.#suspended = true
    this.#observer.failed('events and outcomes could not be committed', error, 'commits')
    this.#hooks.availabilityChanged(false)
  }

  /** What the batch would have recorded is others' to find out; what waited behind it belongs to the same lost life. */
  #lose(error: IncarnationLost, node: Incarnation, ingests: Ingest[]): void {
    this.#reject(ingests, error)
    if (node === this.#membership.incarnation) this.#membership.giveUp(error)
  }

  #reject(ingests: readonly Ingest[], error: Error): void {
    for (const { reject } of ingests) reject(error)
  }

  #rejectQueued(error: Error): void {
    this.#reject(this.#ingests.splice(0), error)
    this.#queuedEvents = 0
    this.#queuedBytes = 0
  }

  #probeLater(): void {
    this.#clock.after(this.#retryMs, () => void this.#probe())
    this.#retryMs = Math.min(this.#retryMs * 2, limits.storeRetryMsMax)
  }

  async #probe(): Promise<void> {
    try {
      // A write, because a locked or full database may well answer a read.
      if (!(await this.#membership.beat())) return this.#probeLater()
    } catch {
      this.#probeLater()
      return
    }
    // Outcomes first: only when they are written is anything new sent.
    this.#available = true
    await this.#run()
    if (!this.#available) return
    this.#retryMs = limits.storeRetryMs
    this.#suspended = false
    this.#observer.storeAnswered('commits')
    this.#hooks.availabilityChanged(true)
  }

  /** Our own code threw on something in the batch: it is found by committing one by one, and delays nothing else. */
  async #isolate(error: unknown, node: Incarnation, ingests: Ingest[], recordings: Recording[]): Promise<void> {
    if (ingests.length + recordings.length === 1) {
      const [recording] = recordings
      if (recording !== undefined) return this.#tryAgain(error, recording)
      this.#observer.failed('an event was refused', error)
      ingests[0]?.reject(error)
      return
    }
    for (const ingest of ingests) await this.#commit([ingest], [])
    for (const recording of recordings) {
      if (node === this.#membership.incarnation) await this.#commit([], [recording])
    }
  }

  /**
   * A delivery whose outcome was never recorded would go out again at every start: after some tries it is set aside,
   * without what it came to.
   */
  async #tryAgain(error: unknown, recording: Recording): Promise<void> {
    const faults = recording.faults + 1
    if (faults < limits.faultsMax) return this.#commit([], [{ ...recording, faults }])
    this.#observer.failed(`what became of delivery ${recording.move.delivery} was refused ${faults} times`, error)
    if (faults > limits.faultsMax) return
    const move = { to: 'failed', reason: 'internal error' } as const
    await this.#commit([], [{ ...recording, faults, summary: null, move: { ...recording.move, attempt: null, move } }])
  }
}

/** One row touched per endpoint and batch. What was learnt later wins; counts add up. */
function mergeSummaries(recordings: readonly Recording[]): AttemptSummary[] {
  const merged = new Map<EndpointKey, AttemptSummary>()
  for (const { summary } of recordings) {
    if (summary === null) continue
    const earlier = merged.get(summary.endpoint)
    merged.set(
      summary.endpoint,
      earlier === undefined
        ? summary
        : {
            ...earlier,
            ...summary,
            expectedHealth: earlier.expectedHealth,
            attempts: earlier.attempts + summary.attempts,
          },
    )
  }
  return [...merged.values()]
}
