// Group commit: accept.ts adds events (`ingest`), record.ts adds moves of deliveries (`record`). Everything that
// arrives while a commit runs forms the next batch. A batch is one transaction with one fsync. There is no timer: an
// idle node commits at once, a busy node commits large batches. If more events wait than one commit takes, tenants take
// turns.
//
// When the store is unavailable, events are refused and their callers get 503. Moves are kept in memory and written
// when the store answers again, because the requests that they describe cannot be unsent. The lanes are paused
// meanwhile, so the number of kept moves is bounded by the attempts that were in flight.

import type { Clock } from '../domain/clock.ts'
import type { EndpointKey, Incarnation, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import type { EndpointTelling } from '../domain/operational-events.ts'
import { Unavailable } from '../domain/unavailable.ts'
import { IncarnationLost, StoreUnavailable } from '../contracts/store.ts'
import type {
  CommitBatch,
  CommitResult,
  CommitStore,
  AttemptSummary,
  IngestResult,
  RemoteHealth,
  NewEvent,
  RecordedMove,
} from '../contracts/commit-store.ts'
import { inTurns } from './in-turns.ts'
import type { Membership } from './membership.ts'
import type { EngineObserver } from '../contracts/observer.ts'

/** The events of one call of `ingest`. */
interface Ingest {
  readonly events: readonly NewEvent[]
  /** The tenant that waits for its turn: that of the first event. */
  readonly tenant: TenantId
  /** Events and deliveries. */
  readonly operations: number
  readonly bytes: number
  readonly resolve: (results: readonly IngestResult[]) => void
  readonly reject: (error: unknown) => void
}

/** A move that waits for its commit, and the callback for when it is durable. */
interface Recording {
  readonly move: RecordedMove
  readonly summary: AttemptSummary | null
  readonly committed: ((result: CommitResult) => void) | null
  /** Changes to tell of; null: none. */
  readonly tellings: readonly EndpointTelling[] | null
  /** How many commits of this move alone have thrown an error of our own code. */
  readonly faults: number
}

/** Outcomes of one commit: each stores an attempt and moves a delivery. */
const outcomesMax = limits.commitOperationsMax / 2

export interface GroupCommitHooks {
  /** Called when the store stops answering, and when it answers again and all kept moves are written. */
  readonly availabilityChanged: (available: boolean) => void
  /** A batch is durable. Called before any caller is told. */
  readonly committed: (batch: CommitBatch, result: CommitResult) => void
  /** Another node has recorded a change of an endpoint's health that this node did not know. */
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
  #queuedOperations = 0
  #queuedBytes = 0
  /** The queued operations of each tenant. */
  readonly #queuedOf = new Map<TenantId, number>()
  /** A run is queued as a microtask. */
  #scheduled = false
  #committing = false
  #available = true
  /** True from when the store stops answering until all kept moves are written. The lanes are paused meanwhile. */
  #suspended = false
  #retryMs: number = limits.storeRetryMs
  /** When a commit failed last, by `Clock.elapsed`; null: the last commit succeeded. */
  #failedAt: number | null = null
  /** Events in a row that could not be stored although the store answered. */
  #faults = 0
  #closed = false
  #cancelProbe = (): void => {}
  /** Callers of `drained`. */
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

  /**
   * Resolves once the events and their deliveries are durable, with one result per event, in order.
   *
   * @throws Unavailable: no event was stored, unless `outcomeUnknown`
   */
  ingest(events: readonly NewEvent[], bytes: number): Promise<readonly IngestResult[]> {
    const tenant = events[0]?.event.tenant
    if (tenant === undefined) return Promise.resolve([])
    if (!this.#available) return Promise.reject(new StoreUnavailable('the database is unavailable'))
    const operations = events.reduce((sum, { deliveries }) => sum + 1 + deliveries.length, 0)
    const left = limits.commitQueueMax - this.#queuedOperations
    const own = this.#queuedOf.get(tenant) ?? 0
    // As in the lanes, a tenant queues at most as much as it leaves.
    if (operations > left || own > left || this.#queuedBytes + bytes > limits.commitQueueBytesMax) {
      return Promise.reject(new Unavailable('too many events wait for a commit'))
    }
    this.#queuedOperations += operations
    this.#queuedBytes += bytes
    this.#queuedOf.set(tenant, own + operations)
    return new Promise((resolve, reject) => {
      this.#ingests.push({ events, tenant, operations, bytes, resolve, reject })
      this.#schedule()
    })
  }

  /** Queues a move. `committed` is called once it is durable, and never if the node no longer holds the delivery. */
  record(
    move: RecordedMove,
    summary: AttemptSummary | null,
    committed: Recording['committed'],
    tellings: Recording['tellings'] = null,
  ): void {
    this.#recordings.push({ move, summary, committed, tellings, faults: 0 })
    this.#schedule()
  }

  /**
   * Whether events can be stored, as far as commits have shown: false after a commit that failed, true after one that
   * succeeded. Without a further commit it becomes true once the probe has succeeded and `limits.writeFailureMs` have
   * passed, because a probe may succeed where every commit fails.
   */
  get canWrite(): boolean {
    if (!this.#available) return false
    return this.#failedAt === null || this.#clock.elapsed() - this.#failedAt >= limits.writeFailureMs
  }

  /** Drops everything that is queued, because the incarnation is lost. */
  dropAll(): void {
    this.#recordings = []
    this.#rejectQueued(new Unavailable('the node is joining again'))
  }

  /** Resolves when everything that is queued is durable. While the store is unavailable it does not resolve. */
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
      await this.#commit(this.#takeIngests(), this.#recordings.splice(0, outcomesMax))
    }
    this.#committing = false
    if (this.#available) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #takeIngests(): Ingest[] {
    if (this.#queuedOperations <= limits.commitOperationsMax) {
      this.#resetQueued()
      return this.#ingests.splice(0)
    }
    this.#ingests = inTurns(this.#ingests, ({ tenant }) => tenant)
    let operations = 0
    let taken = 0
    for (const ingest of this.#ingests) {
      operations += ingest.operations
      if (taken > 0 && operations > limits.commitOperationsMax) break
      taken += 1
      this.#queuedOperations -= ingest.operations
      this.#queuedBytes -= ingest.bytes
      const own = (this.#queuedOf.get(ingest.tenant) ?? 0) - ingest.operations
      if (own > 0) this.#queuedOf.set(ingest.tenant, own)
      else this.#queuedOf.delete(ingest.tenant)
    }
    return this.#ingests.splice(0, taken)
  }

  #resetQueued(): void {
    this.#queuedOperations = 0
    this.#queuedBytes = 0
    this.#queuedOf.clear()
  }

  async #commit(ingests: Ingest[], recordings: Recording[]): Promise<void> {
    const node = this.#membership.incarnation
    if (node === null) return this.#reject(ingests, new Unavailable('the node is joining again'))
    const tellings = tellingsOf(recordings)
    const batch: CommitBatch = {
      node,
      now: this.#clock.now(),
      events: ingests.length === 1 ? (ingests[0] as Ingest).events : ingests.flatMap((ingest) => ingest.events),
      moves: recordings.map((recording) => recording.move),
      summaries: mergeSummaries(recordings),
      ...(tellings.length > 0 && { tellings }),
    }
    const startedAt = performance.now()
    try {
      const result = await this.#store.commit(batch)
      this.#failedAt = null
      this.#faults = 0
      this.#retryMs = limits.storeRetryMs
      this.#hooks.committed(batch, result)
      this.#observer.committed(batch.events.length + batch.moves.length, performance.now() - startedAt)
      this.#settle(ingests, recordings, result)
      for (const remoteHealth of result.remoteHealth) this.#hooks.remoteHealthFound(remoteHealth)
    } catch (error) {
      if (error instanceof IncarnationLost) this.#lose(error, node, ingests)
      else if (error instanceof StoreUnavailable) this.#suspend(error, node, ingests, recordings)
      else await this.#isolate(error, node, ingests, recordings)
    }
  }

  #settle(ingests: Ingest[], recordings: Recording[], result: CommitResult): void {
    const { events: results } = result
    const fenced = new Set(result.fenced)
    let at = 0
    for (const { events, resolve } of ingests) {
      resolve(ingests.length === 1 ? results : results.slice(at, at + events.length))
      at += events.length
    }
    for (const { move, committed } of recordings) {
      if (committed !== null && !fenced.has(move.delivery)) committed(result)
    }
  }

  #suspend(error: StoreUnavailable, node: Incarnation, ingests: Ingest[], recordings: Recording[]): void {
    if (node === this.#membership.incarnation) this.#recordings = [...recordings, ...this.#recordings]
    this.#reject(ingests, error)
    this.#rejectQueued(new StoreUnavailable(error.message))
    // Several commits of one batch may fail in sequence: one probe and one report are enough.
    if (!this.#available) return
    this.#available = false
    this.#failedAt = this.#clock.elapsed()
    this.#probeLater()
    if (this.#suspended) return
    this.#suspended = true
    this.#observer.failed('events and outcomes could not be committed', error, 'commits')
    this.#hooks.availabilityChanged(false)
  }

  /**
   * The batch is not tried again: deliveries whose moves the database does not have are attempted by another
   * incarnation. Giving up the incarnation also drops everything that is queued behind the batch.
   */
  #lose(error: IncarnationLost, node: Incarnation, ingests: Ingest[]): void {
    this.#reject(ingests, error)
    if (node === this.#membership.incarnation) this.#membership.giveUp(error)
  }

  #reject(ingests: readonly Ingest[], error: Error): void {
    for (const { reject } of ingests) reject(error)
  }

  #rejectQueued(error: Error): void {
    this.#reject(this.#ingests.splice(0), error)
    this.#resetQueued()
  }

  /** Ends the probes of a store that does not answer: they would keep the process alive. */
  close(): void {
    this.#closed = true
    this.#cancelProbe()
  }

  #probeLater(): void {
    if (this.#closed) return
    this.#cancelProbe = this.#clock.after(this.#retryMs, () => void this.#probe())
    this.#retryMs = Math.min(this.#retryMs * 2, limits.storeRetryMsMax)
  }

  async #probe(): Promise<void> {
    try {
      // The heartbeat is a write: a locked or full database may still answer a read.
      if (!(await this.#membership.beat())) return this.#probeLater()
    } catch {
      this.#probeLater()
      return
    }
    // Kept moves are written first. Only then do the lanes send again.
    this.#available = true
    await this.#run()
    if (!this.#available) return
    this.#suspended = false
    this.#observer.storeAnswered('commits')
    this.#hooks.availabilityChanged(true)
  }

  /**
   * Our own code threw on one part of the batch. Each part is committed alone, so that the faulty part is found and the
   * others are stored.
   */
  async #isolate(error: unknown, node: Incarnation, ingests: Ingest[], recordings: Recording[]): Promise<void> {
    if (ingests.length + recordings.length === 1) {
      const [recording] = recordings
      if (recording !== undefined) return this.#tryAgain(error, recording)
      this.#observer.failed('the events of one request could not be stored', error)
      // One bad event says nothing about the others. Several in a row do: the database may be damaged.
      this.#faults += 1
      if (this.#faults >= limits.faultsMax) this.#failedAt = this.#clock.elapsed()
      ingests[0]?.reject(error)
      return
    }
    for (const ingest of ingests) await this.#commit([ingest], [])
    for (const recording of recordings) {
      if (node === this.#membership.incarnation) await this.#commit([], [recording])
    }
  }

  /**
   * A delivery whose move is never recorded would be sent again after every restart. After `limits.faultsMax` tries it
   * is recorded as failed, without its attempt.
   */
  async #tryAgain(error: unknown, recording: Recording): Promise<void> {
    const faults = recording.faults + 1
    if (faults < limits.faultsMax) return this.#commit([], [{ ...recording, faults }])
    this.#observer.failed(
      `the outcome of delivery ${recording.move.delivery} could not be stored, try ${faults}`,
      error,
    )
    if (faults > limits.faultsMax) return
    const move = { to: 'failed', reason: 'internal error' } as const
    await this.#commit(
      [],
      [{ ...recording, faults, summary: null, tellings: null, move: { ...recording.move, attempt: null, move } }],
    )
  }
}

/** One summary per endpoint, so that a batch writes one row per endpoint. The later fields win; attempts add up. */
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

/** The changes that the batch may tell. An endpoint that fails and recovers in one batch, or the other way round, is as it is last. */
function tellingsOf(recordings: readonly Recording[]): readonly EndpointTelling[] {
  const all: EndpointTelling[] = []
  for (const { tellings } of recordings) if (tellings !== null) all.push(...tellings)
  if (all.length < 2) return all
  const last = new Map(all.filter(isOfHealth).map((telling) => [telling.endpoint, telling]))
  return all.filter((telling) => !isOfHealth(telling) || last.get(telling.endpoint) === telling)
}

function isOfHealth({ type }: EndpointTelling): boolean {
  return type === 'endpoint.failing' || type === 'endpoint.recovered'
}
