// Records everything that happens, independently of the engine and the database, and reports violations of the
// promises.

import type { SendRequest, SendResult } from '../../src/contracts/transport.ts'
import { limits } from '../../src/domain/limits.ts'
import type { DeliveryId, EndpointKey, Incarnation } from '../../src/domain/ids.ts'
import type { EndReason } from '../../src/domain/delivery.ts'
import { prepareMatching } from '../../src/domain/matching.ts'
import type { Event } from '../../src/domain/event.ts'
import { cancelReason } from '../../src/engine/record.ts'
import type { ClaimedDelivery } from '../../src/contracts/lease-store.ts'
import type {
  CommitBatch,
  CommitResult,
  AttemptSummary,
  NewDelivery,
  NewEvent,
  RecordedMove,
} from '../../src/contracts/commit-store.ts'
import type { StoredEndpoint } from '../../src/contracts/account-store.ts'
import type { Dialect } from '../../src/contracts/dialect.ts'
import type { Roles } from './roles.ts'
import { type Entry, faultsOfMove, leastWaitMs, newEntry } from './entry.ts'
import type { Plan } from './plan.ts'
import type { Time } from './time.ts'

/** A life of a node: sends requests and records outcomes. */
export interface Actor {
  readonly name: string
  /** Null while it joins. */
  readonly incarnation: Incarnation | null
}

/** The part of the world that the ledger sees. */
interface Observed {
  readonly time: Pick<Time, 'elapsed' | 'wall'>
  readonly plan: Pick<Plan, 'retryScale'>
  readonly roles: Pick<Roles, 'loadTenant'>
  readonly databaseClockSteady: boolean
  /** The largest difference between the clocks of nodes so far, in ms. */
  readonly clockSpreadMs: number
  dialectOf(name: string): Dialect
  /** The event of a delivery, and the dialect of its tenant. */
  eventOf(id: DeliveryId): { readonly data: string; readonly dialect: Dialect }
  /** The name that an endpoint has in its URL. */
  labelOf(key: EndpointKey): string
}

/** A request in flight. */
export interface Sent {
  readonly label: string
  readonly entry: Entry | undefined
  readonly life: Actor
  readonly node: Incarnation | null
}

/** Promises about an endpoint that responses made to callers. */
interface Promised {
  /** No request may be sent to it any more. */
  disabledOrDeleted: boolean
  /** The lowest version of its URL that requests may use. */
  version: number
}

export class Ledger {
  readonly violations: string[] = []
  readonly counts = { sent: 0, repeated: 0, delivered: 0, failed: 0, cancelled: 0 }
  readonly #world: Observed
  readonly #entries = new Map<DeliveryId, Entry>()
  /** By event and endpoint, as both are named in a request. */
  readonly #byName = new Map<string, Entry>()
  readonly #promised = new Map<string, Promised>()
  readonly #reasons = new Set<string>()
  readonly #inFlight = new Map<Actor, Map<string, number>>()
  readonly #stopped = new Set<Actor>()

  constructor(world: Observed) {
    this.#world = world
  }

  violated(what: string): void {
    this.violations.push(`at ${this.#world.time.elapsed} ms: ${what}`)
  }

  // ── Promises to callers ──────────────────────────────────────────────────────────────────────────────────────────

  promised(label: string): Promised {
    let promised = this.#promised.get(label)
    if (promised === undefined) this.#promised.set(label, (promised = { disabledOrDeleted: false, version: 0 }))
    return promised
  }

  /** Deliveries of the endpoint may end for the reason: a caller asked to disable or delete it, or its dialect did. */
  mayEnd(label: string, reason: EndReason): void {
    this.#reasons.add(`${reason} ${label}`)
  }

  /** A node has stopped without a crash: it must hold no delivery and send no request. */
  stopped(life: Actor): void {
    this.#stopped.add(life)
    const node = life.incarnation
    for (const { holder, what } of this.#entries.values()) {
      if (holder !== null && holder === node) this.violated(`${life.name} has stopped and still holds ${what}`)
    }
  }

  // ── Requests on the network ──────────────────────────────────────────────────────────────────────────────────────

  sent(life: Actor, request: SendRequest): Sent {
    this.counts.sent += 1
    const [, label = '', version] = /\/(e\d+)\/v(\d+)$/.exec(request.url) ?? []
    const what = `event ${numberIn(request.body.toString())} to ${label}`
    const entry = this.#byName.get(what)
    const promised = this.promised(label)
    if (entry === undefined) this.violated(`${what} was sent by ${life.name} but not committed`)
    else this.#checkSent(life, request, entry)
    if (promised.disabledOrDeleted) this.violated(`${what} was sent after the endpoint was disabled or deleted`)
    if (Number(version) < promised.version) this.violated(`${what} was sent to a URL that had been replaced`)
    if (this.#stopped.has(life)) this.violated(`${what} was sent by ${life.name}, which has stopped`)
    if (this.#count(life, label, 1) > limits.attemptsPerEndpointMax)
      this.violated(`too many attempts at once to ${label}`)
    return { label, entry, life, node: life.incarnation }
  }

  #checkSent(life: Actor, { body }: SendRequest, entry: Entry): void {
    const { what } = entry
    // After a jump of the database's clock, nodes that are declared dead still send, and other nodes send the same.
    const isExcused = entry.holder !== life.incarnation && !this.#world.databaseClockSteady
    if (!isExcused) {
      if (entry.holder !== life.incarnation) this.violated(`${what} was sent by ${life.name}, which does not hold it`)
      const early = entry.notBefore - this.#world.clockSpreadMs - this.#world.time.wall
      if (early > 0) this.violated(`${what} was retried ${early} ms too early`)
    }
    if (entry.body === null) entry.body = body
    else this.counts.repeated += 1
    if (!entry.body.equals(body)) this.violated(`${what} was sent again with another body`)
  }

  arrived({ entry }: Sent): void {
    if (entry !== undefined) entry.arrived = true
  }

  answered({ label, entry, life, node }: Sent, result: SendResult): void {
    this.#count(life, label, -1)
    if (node !== null) entry?.results.set(node, { ...result, at: this.#world.time.wall })
  }

  #count(life: Actor, label: string, by: number): number {
    let counts = this.#inFlight.get(life)
    if (counts === undefined) this.#inFlight.set(life, (counts = new Map()))
    const count = (counts.get(label) ?? 0) + by
    counts.set(label, count)
    return count
  }

  // ── Changes of the database ──────────────────────────────────────────────────────────────────────────────────────

  committed(batch: CommitBatch, result: CommitResult): void {
    for (const [index, event] of batch.events.entries()) {
      if (result.events[index]?.kind === 'stored') this.#stored(event, batch)
    }
    for (const { endpoint, disable } of batch.summaries) {
      if (disable !== undefined) this.mayEnd(this.#world.labelOf(endpoint), cancelReason(disable))
    }
    const fenced = new Set(result.fenced)
    for (const move of batch.moves) if (!fenced.has(move.delivery)) this.#moved(move, batch.node)
  }

  #stored({ event, deliveries }: NewEvent, { node, summaries }: CommitBatch): void {
    const view = this.#world.roles.loadTenant(event.tenant)
    if (view === null) return this.violated(`event ${event.id} was stored for a tenant that does not exist`)
    const number = numberIn(event.data)
    for (const { id, endpoint, leased } of deliveries) {
      const label = this.#world.labelOf(endpoint)
      const what = `event ${number} to ${label}`
      const dialect = this.#world.dialectOf(view.tenant.dialect)
      const entry = newEntry({ id, what, label, dialect, holder: leased ? node : null })
      this.#entries.set(id, entry)
      this.#byName.set(what, entry)
    }
    // A test has one endpoint, whose event types do not matter.
    if (event.data.includes('"test"')) return
    this.#checkMatched(number, event, view.endpoints, deliveries, summaries)
  }

  #checkMatched(
    number: string,
    event: Event,
    endpoints: readonly StoredEndpoint[],
    deliveries: readonly NewDelivery[],
    summaries: readonly AttemptSummary[],
  ): void {
    const wanted = endpoints.filter(
      (endpoint) => endpoint.enabled && prepareMatching(endpoint)(event, event.attributes),
    )
    const got = new Set(deliveries.map(({ endpoint }) => endpoint))
    for (const { key } of wanted) {
      if (!got.delete(key)) this.violated(`event ${number} has no delivery for ${this.#world.labelOf(key)}`)
    }
    // An endpoint that the same commit disables may have a delivery or not.
    for (const { endpoint, disable } of summaries) if (disable !== undefined) got.delete(endpoint)
    for (const key of got) {
      this.violated(`event ${number} has a delivery for ${this.#world.labelOf(key)}, which must not get it`)
    }
  }

  #moved(recorded: RecordedMove, node: Incarnation): void {
    const { delivery, attempt, move } = recorded
    const entry = this.#entries.get(delivery)
    if (entry === undefined) return this.violated(`${delivery} was recorded, but never stored`)
    const mayEnd = (reason: EndReason): boolean => this.#reasons.has(`${reason} ${entry.label}`)
    for (const fault of faultsOfMove(entry, recorded, node, mayEnd)) this.violated(`${entry.what}: ${fault}`)
    entry.holder = null
    if (attempt !== null) entry.attempts += 1
    if (move.to !== 'waiting') {
      entry.ended = true
      this.counts[move.to] += 1
      return
    }
    // Put back without an attempt, because the endpoint is paused. An earlier result of the node, before a replay, says
    // nothing about when the delivery is due.
    if (attempt === null) return
    const result = entry.results.get(node)
    const tries = entry.attempts - entry.attemptsBefore
    if (result !== undefined) {
      entry.notBefore = result.at + leastWaitMs(entry.dialect, tries, result, this.#world.plan.retryScale)
    }
  }

  claimed(node: Incarnation, deliveries: readonly ClaimedDelivery[]): void {
    for (const { id } of deliveries) {
      const entry = this.#entries.get(id)
      if (entry === undefined || entry.ended) this.violated(`${entry?.what ?? id} was claimed but is not waiting`)
      else if (entry.holder !== null) this.violated(`${entry.what} was claimed from ${entry.holder} by ${node}`)
      else entry.holder = node
    }
  }

  /** Some nodes are gone: no node holds their deliveries any more. */
  released(living: ReadonlySet<Incarnation>): void {
    for (const entry of this.#entries.values()) {
      if (entry.holder !== null && !living.has(entry.holder)) entry.holder = null
    }
  }

  /** A replay may have added deliveries to an endpoint: those among `pending` that are not known. */
  added(endpoint: EndpointKey, pending: readonly { readonly id: DeliveryId }[]): void {
    const label = this.#world.labelOf(endpoint)
    for (const { id } of pending) {
      if (this.#entries.has(id)) continue
      const { data, dialect } = this.#world.eventOf(id)
      const what = `event ${numberIn(data)} to ${label}`
      if (this.#byName.has(what)) this.violated(`a replay has added ${what}, which was there already`)
      const entry = newEntry({ id, what, label, dialect, holder: null })
      this.#entries.set(id, entry)
      this.#byName.set(what, entry)
    }
  }

  /** A caller made deliveries of one endpoint due: those among `pending` that no node holds. */
  rearmed(pending: readonly { readonly id: DeliveryId; readonly attemptsBefore: number }[]): void {
    for (const { id, attemptsBefore } of pending) {
      const entry = this.#entries.get(id)
      if (entry === undefined || entry.holder !== null) continue
      entry.attemptsBefore = attemptsBefore
      entry.ended = false
      entry.notBefore = 0
    }
  }
}

function numberIn(text: string): string {
  return /"n":(\d+)/.exec(text)?.[1] ?? '?'
}
