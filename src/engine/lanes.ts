// A lane per endpoint: the one place that decides when an endpoint's next delivery goes. Lanes take turns, so a slow,
// dead or flooded endpoint delays no other; what a lane holds is bounded, so it cannot fill the memory either.
//
// A lane opens its window as its endpoint answers well: it starts with one attempt at a time after a failure, doubles
// with every success, and never exceeds `attemptsPerEndpointMax`. An endpoint that comes back after an outage is
// approached gently, and one that hangs soon occupies one slot of the node and not sixteen.

import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, Incarnation } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'

/** A delivery that this node holds. */
export interface HeldDelivery {
  readonly id: DeliveryId
  readonly endpoint: EndpointKey
  readonly event: Event
  /** The incarnation of this node that holds it. */
  readonly node: Incarnation
  readonly attempts: number
  readonly attemptsBefore: number
  /** How often our own code has thrown on it before it was sent, in this life of the node; absent: never. */
  readonly faults?: number
}

interface Lane {
  readonly endpoint: EndpointKey
  queue: HeldDelivery[]
  /** Where the queue begins: shifting an array costs, moving an index does not. */
  head: number
  /** Room taken by deliveries whose commit is on its way. */
  reserved: number
  inFlight: number
  /** Event data of all that it holds. */
  bytes: number
  window: number
  /** It stands in the line of lanes that wait for their turn. */
  inLine: boolean
  /** More waits for this endpoint in the database. */
  backlog: boolean
}

export interface LaneHooks {
  /** Starts an attempt; `finished` must follow. */
  readonly start: (delivery: HeldDelivery) => void
  /** A lane with a backlog in the database has room again. */
  readonly hasRoom: (endpoint: EndpointKey) => void
}

export class Lanes {
  readonly #hooks: LaneHooks
  readonly #lanes = new Map<EndpointKey, Lane>()
  #line: Lane[] = []
  #lineHead = 0
  #inFlight = 0
  #queued = 0
  #bytes = 0
  #paused = false
  #pumping = false

  constructor(hooks: LaneHooks) {
    this.#hooks = hooks
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Deliveries in memory that wait for their turn. */
  get queued(): number {
    return this.#queued
  }

  /** Takes room for a delivery of an event of so many bytes; false: it must wait in the database. */
  reserve(endpoint: EndpointKey, bytes: number): boolean {
    const lane = this.#lane(endpoint, 0)
    if (lane.backlog || this.#room(lane) === 0 || bytes > this.bytesLeft) {
      lane.backlog = true
      this.#closeIfEmpty(lane)
      return false
    }
    lane.reserved += 1
    this.#hold(lane, bytes)
    return true
  }

  /** Gives back room that was reserved and is not needed. */
  release(endpoint: EndpointKey, bytes: number): void {
    const lane = this.#lane(endpoint, 0)
    lane.reserved -= 1
    this.#hold(lane, -bytes)
    this.#closeIfEmpty(lane)
  }

  /** Puts a delivery into the room reserved for it. Call `pump` after the last one of a batch. */
  push(delivery: HeldDelivery): void {
    const lane = this.#lane(delivery.endpoint, delivery.attempts)
    lane.reserved -= 1
    lane.queue.push(delivery)
    this.#queued += 1
    this.#enterLine(lane)
  }

  /** How many more bytes of event data the lanes may hold. */
  get bytesLeft(): number {
    return limits.lanesBytesMax - this.#bytes
  }

  /** How many more deliveries an endpoint's lane may hold. */
  room(endpoint: EndpointKey): number {
    const lane = this.#lanes.get(endpoint)
    if (this.bytesLeft <= 0) return 0
    return lane === undefined ? limits.laneDeliveriesMax : this.#room(lane)
  }

  /** Adds deliveries claimed from the database, for which `room` has told that there is room. */
  pushClaimed(deliveries: readonly HeldDelivery[]): void {
    for (const delivery of deliveries) {
      const lane = this.#lane(delivery.endpoint, delivery.attempts)
      lane.reserved += 1
      this.#hold(lane, bytesOf(delivery))
      this.push(delivery)
    }
  }

  /** Says whether more of an endpoint's deliveries are due in the database. */
  setBacklog(endpoint: EndpointKey, backlog: boolean): void {
    const lane = this.#lanes.get(endpoint)
    if (lane !== undefined) lane.backlog = backlog
  }

  /** Starts attempts, a lane after the other, as long as there is room for them. */
  pump(): void {
    // An attempt that ends at once would come back here from within: the loop below goes on for it.
    if (this.#pumping) return
    this.#pumping = true
    while (!this.#paused && this.#inFlight < limits.attemptsInFlightMax && this.#lineHead < this.#line.length) {
      const lane = this.#line[this.#lineHead++] as Lane
      if (this.#lineHead > 1024 && this.#lineHead * 2 > this.#line.length) {
        this.#line = this.#line.slice(this.#lineHead)
        this.#lineHead = 0
      }
      lane.inLine = false
      const delivery = this.#take(lane)
      if (delivery === undefined) continue
      lane.inFlight += 1
      this.#inFlight += 1
      this.#enterLine(lane)
      this.#hooks.start(delivery)
    }
    this.#pumping = false
  }

  /** An attempt has ended. `succeeded`: the endpoint accepted the delivery. */
  finished(delivery: HeldDelivery, succeeded: boolean): void {
    const lane = this.#lane(delivery.endpoint, delivery.attempts)
    lane.inFlight -= 1
    this.#inFlight -= 1
    this.#hold(lane, -bytesOf(delivery))
    lane.window = succeeded ? Math.min(lane.window * 2, limits.attemptsPerEndpointMax) : 1
    this.#enterLine(lane)
    if (lane.backlog && lane.queue.length - lane.head < limits.laneDeliveriesMax / 2 && this.#room(lane) > 0) {
      lane.backlog = false
      this.#hooks.hasRoom(lane.endpoint)
    }
    this.#closeIfEmpty(lane)
    this.pump()
  }

  /** An attempt did not leave the house: its delivery keeps its room, for `push` or `release`. */
  postpone(delivery: HeldDelivery): void {
    const lane = this.#lane(delivery.endpoint, delivery.attempts)
    lane.inFlight -= 1
    this.#inFlight -= 1
    lane.reserved += 1
    this.#enterLine(lane)
    this.pump()
  }

  /** Takes what waits in a lane out of it. */
  drop(endpoint: EndpointKey): HeldDelivery[] {
    const lane = this.#lanes.get(endpoint)
    if (lane === undefined) return []
    const deliveries = lane.queue.slice(lane.head)
    for (const delivery of deliveries) this.#hold(lane, -bytesOf(delivery))
    this.#queued -= deliveries.length
    lane.queue = []
    lane.head = 0
    this.#closeIfEmpty(lane)
    return deliveries
  }

  /** Takes what waits in all lanes out of them. */
  dropAll(): void {
    for (const endpoint of this.#lanes.keys()) this.drop(endpoint)
  }

  /** Nothing new starts until `resume`. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.pump()
  }

  #lane(endpoint: EndpointKey, attempts: number): Lane {
    let lane = this.#lanes.get(endpoint)
    if (lane === undefined) {
      const window = attempts === 0 ? limits.attemptsPerEndpointMax : 1
      lane = { endpoint, queue: [], head: 0, reserved: 0, inFlight: 0, bytes: 0, window, inLine: false, backlog: false }
      this.#lanes.set(endpoint, lane)
    }
    return lane
  }

  #hold(lane: Lane, bytes: number): void {
    lane.bytes += bytes
    this.#bytes += bytes
  }

  #room(lane: Lane): number {
    if (lane.bytes > this.bytesLeft * limits.laneBytesShare) return 0
    // What was claimed, or is tried again, may find that others have taken the room meanwhile.
    return Math.max(0, limits.laneDeliveriesMax - (lane.queue.length - lane.head) - lane.reserved)
  }

  #enterLine(lane: Lane): void {
    if (lane.inLine || lane.inFlight >= lane.window || lane.queue.length === lane.head) return
    lane.inLine = true
    this.#line.push(lane)
  }

  #take(lane: Lane): HeldDelivery | undefined {
    if (lane.inFlight >= lane.window) return undefined
    const delivery = lane.queue[lane.head]
    if (delivery === undefined) return undefined
    lane.head += 1
    this.#queued -= 1
    // What has gone is cut off now and then, so that a lane that never runs empty does not grow.
    if (lane.head === lane.queue.length || lane.head > limits.laneDeliveriesMax) {
      lane.queue = lane.queue.slice(lane.head)
      lane.head = 0
    }
    return delivery
  }

  #closeIfEmpty(lane: Lane): void {
    if (lane.inFlight + lane.reserved + lane.queue.length === 0) this.#lanes.delete(lane.endpoint)
  }
}

export function bytesOf(delivery: Pick<HeldDelivery, 'event'>): number {
  return delivery.event.data.length
}
