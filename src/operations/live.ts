// Live events: once a second, all streams of this node get the aggregate of all nodes and the attempts that they show.
// Nothing of this runs while no stream is open on any node.
//
// A node with a stream sends its filters with its report of every second. A node that gets such a report also reports
// every second, until it has got none for `limits.nodeReportMs`.

import type { EngineObserver } from '../contracts/observer.ts'
import { type Counts, filterKey, type NodeReport, type TailFilter } from '../contracts/node-report.ts'
import type { Store } from '../contracts/store.ts'
import type { Clock } from '../domain/clock.ts'
import { limits } from '../domain/limits.ts'
import { settingsOperator } from '../domain/operator-key.ts'
import { Unavailable } from '../domain/unavailable.ts'
import type { Engine } from '../engine/engine.ts'
import { inTurns } from '../engine/in-turns.ts'
import type { RowSeals } from '../vault/row-seals.ts'
import { cutToSize, readReport } from './live-report.ts'
import { type Gap, LiveStream, type LiveStreamOptions, type Tick } from './live-stream.ts'
import { LiveTail, matches } from './live-tail.ts'

export interface LiveOptions {
  readonly store: Pick<Store, 'shared' | 'listen' | 'report' | 'countWaiting' | 'listOperatorKeys'>
  readonly seals: Pick<RowSeals, 'provesOperatorKey'>
  readonly engine: Pick<Engine, 'watch' | 'queued' | 'inFlight'>
  /** The events and attempts of this node since its start. */
  readonly counts: () => Counts
  readonly clock: Clock
  readonly observer: Pick<EngineObserver, 'failed'>
}

/** Another node that reports. */
interface OtherNode {
  /** Its last report. */
  readonly report: NodeReport
  /** By `Clock.elapsed`. */
  readonly heardAt: number
}

export class Live {
  readonly #options: LiveOptions
  readonly #streams = new Set<LiveStream>()
  readonly #tail = new LiveTail()
  readonly #others = new Map<string, OtherNode>()
  /** Reports of other nodes since the last second. */
  #reports: NodeReport[] = []
  #gap: Gap | null = null
  #isRunning = false
  #isSending = false
  #isStopped = false
  #lastNumber = 0
  /** The counts at the last report. */
  #reported: Counts
  #waiting: number | null = null
  /** When the waiting deliveries are counted again, and when keys are checked again, by `Clock.elapsed`. */
  #countAt = 0
  #checkKeysAt = 0

  constructor(options: LiveOptions) {
    this.#options = options
    this.#reported = options.counts()
    options.store.listen((change) => {
      if (change.kind === 'report') this.#heard(change.from, change.report)
      else if (change.kind === 'everything') this.#gap = 'database'
    })
  }

  /** Opens a stream. @throws Unavailable if the node has `limits.streamsMax` streams, or is stopping */
  open(options: LiveStreamOptions): LiveStream {
    if (this.#isStopped) throw new Unavailable('the node is stopping')
    if (this.#streams.size >= limits.streamsMax) throw new Unavailable('too many streams are open')
    const stream = new LiveStream(options, () => this.#streams.delete(stream))
    this.#streams.add(stream)
    if (this.#isRunning) this.#tail.watch(this.#filters())
    else this.#start()
    return stream
  }

  /** Ends all streams. */
  stop(): void {
    this.#isStopped = true
    for (const stream of this.#streams) {
      stream.end()
      this.#options.clock.after(limits.streamEndMs, stream.options.cut)
    }
  }

  #start(): void {
    const { engine, counts } = this.#options
    this.#isRunning = true
    this.#gap = null
    this.#reported = counts()
    // A node that still knows the number before notices that it has missed the time without reports.
    this.#lastNumber += 1
    this.#tail.watch(this.#filters())
    engine.watch((recorded) => this.#tail.add(recorded))
    this.#send(this.#report())
    this.#countWaiting()
    this.#nextSecond()
  }

  #pause(): void {
    this.#isRunning = false
    this.#options.engine.watch(null)
    this.#others.clear()
    this.#waiting = null
  }

  #nextSecond(): void {
    this.#options.clock.after(limits.streamTickMs, () => this.#second())
  }

  #second(): void {
    const now = this.#options.clock.elapsed()
    for (const [name, { heardAt }] of this.#others) {
      if (now - heardAt > limits.nodeReportMs) this.#others.delete(name)
    }
    const filters = this.#filters()
    if (this.#isStopped || filters.length === 0) return this.#pause()
    const report = this.#report()
    this.#send(report)
    this.#tell([report, ...this.#reports.splice(0)], now)
    this.#tail.watch(filters)
    this.#countWaiting()
    this.#checkKeys()
    this.#nextSecond()
  }

  /** The filters of all streams of all nodes, those of this node first. */
  #filters(): TailFilter[] {
    const watches = [...this.#others.values()].flatMap(({ report }) => report.watches)
    return [...this.#ownFilters(), ...watches]
  }

  #ownFilters(): TailFilter[] {
    const filters = [...this.#streams].map(({ options }) => options.filter)
    return [...new Map(filters.map((filter) => [filterKey(filter), filter])).values()]
  }

  /** The report of this node on the time since the one before. */
  #report(): NodeReport {
    const { engine, counts } = this.#options
    const before = this.#reported
    this.#reported = counts()
    this.#lastNumber += 1
    return {
      number: this.#lastNumber,
      ...sum(this.#reported, before, -1),
      queued: engine.queued,
      inFlight: engine.inFlight,
      watches: this.#ownFilters(),
      ...this.#tail.take(),
    }
  }

  #send(report: NodeReport): void {
    const { store, observer } = this.#options
    // Other nodes notice by its number that they miss the report.
    if (!store.shared || this.#isSending) return
    this.#isSending = true
    store
      .report(cutToSize(report))
      .catch((error: unknown) => observer.failed('a report to the other nodes could not be sent', error))
      .finally(() => (this.#isSending = false))
  }

  #heard(from: string, value: unknown): void {
    const report = readReport(value)
    if (report === null || this.#isStopped) return
    if (!this.#isRunning && report.watches.length === 0) return
    const before = this.#others.get(from)?.report.number
    if (before === undefined && this.#others.size >= limits.reportingNodesMax) return
    this.#others.set(from, { report, heardAt: this.#options.clock.elapsed() })
    const isFull = this.#reports.length >= limits.waitingReportsMax
    if (isFull || (before !== undefined && report.number !== before + 1)) this.#gap = 'database'
    if (this.#streams.size > 0 && !isFull) this.#reports.push(report)
    if (this.#isRunning) this.#tail.watch(this.#filters())
    else this.#start()
  }

  /** Gives every stream its part of the reports of a second, of which the first one is that of this node. */
  #tell(reports: readonly NodeReport[], now: number): void {
    const tick = this.#tick(reports)
    for (const stream of this.#streams) {
      const { filter } = stream.options
      const key = filterKey(filter)
      const matched = reports.reduce((total, report) => total + (report.matched[key] ?? 0), 0)
      const latest = reports
        .flatMap((report) => report.rows.filter((row) => matches(filter, row.tenant, row.endpoint)))
        .toSorted((a, b) => b.at - a.at)
      // Nodes take turns: the reports of other nodes are older, so theirs would never be among the latest.
      const shown = inTurns(latest, ({ node }) => node).slice(0, limits.streamRowsMax)
      const rows = shown.toSorted((a, b) => a.at - b.at)
      stream.offer({ gap: this.#gap, tick, rows, leftOut: Math.max(0, matched - rows.length) }, now)
    }
    this.#gap = null
  }

  #tick(reports: readonly NodeReport[]): Tick {
    const { engine, clock } = this.#options
    const others = [...this.#others.values()].map(({ report }) => report)
    return {
      at: clock.now(),
      ...reports.reduce<Counts>((total, report) => sum(total, report, 1), nothing),
      waiting: this.#waiting,
      queued: others.reduce((total, { queued }) => total + queued, engine.queued),
      inFlight: others.reduce((total, { inFlight }) => total + inFlight, engine.inFlight),
      nodes: 1 + others.length,
    }
  }

  /** Counting a long backlog takes time, so it is done less often then. */
  #countWaiting(): void {
    const { store, clock } = this.#options
    const startedAt = clock.elapsed()
    if (this.#streams.size === 0 || startedAt < this.#countAt) return
    this.#countAt = Number.POSITIVE_INFINITY
    void store
      .countWaiting()
      .catch(() => null)
      .then((waiting) => {
        this.#waiting = waiting
        this.#countAt = clock.elapsed() + (clock.elapsed() - startedAt) / limits.waitingCountShare
      })
  }

  /** Ends the streams whose operator key does not exist any more, or has ended. */
  #checkKeys(): void {
    const { store, seals, clock, observer } = this.#options
    const streams = [...this.#streams].filter(({ options }) => options.key !== settingsOperator.id)
    if (streams.length === 0 || clock.elapsed() < this.#checkKeysAt) return
    this.#checkKeysAt = clock.elapsed() + limits.streamKeyCheckMs
    store
      .listOperatorKeys()
      .then((keys) => {
        const now = clock.now()
        const valid = keys.filter(
          (key) => (key.expiresAt === null || key.expiresAt > now) && seals.provesOperatorKey(key),
        )
        for (const stream of streams) if (!valid.some(({ id }) => id === stream.options.key)) stream.end()
      })
      .catch((error: unknown) => observer.failed('the operator keys of streams could not be checked', error))
  }
}

const nothing: Counts = {
  accepted: 0,
  attempts: { delivered: 0, rejected: 0, timedOut: 0, unreachable: 0, blocked: 0 },
}

/** @param sign 1 adds, -1 subtracts */
function sum(counts: Counts, more: Counts, sign: 1 | -1): Counts {
  const of = (outcome: keyof Counts['attempts']): number => counts.attempts[outcome] + sign * more.attempts[outcome]
  return {
    accepted: counts.accepted + sign * more.accepted,
    attempts: {
      delivered: of('delivered'),
      rejected: of('rejected'),
      timedOut: of('timedOut'),
      unreachable: of('unreachable'),
      blocked: of('blocked'),
    },
  }
}
