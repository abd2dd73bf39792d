// Lanes: the in-memory queues of deliveries, one lane per endpoint. They alone decide when the next attempt of an
// endpoint starts. Lanes take turns, so a slow, dead or flooded endpoint delays no other endpoint. A lane is bounded in
// deliveries and all lanes together in bytes, so a backlog cannot fill the memory.
//
//     reserve ─┬─► push ─► pump ─► hooks.start ─┬─► finished
//              ├─► release                      │
//              └─────────── postpone ◄──────────┘
//
// accept.ts reserves room before the commit and pushes after it. Claimed deliveries enter by `pushClaimed`.
//
// The window of a lane is how many attempts of its endpoint may run at once. A failure sets it to 1 and each success
// doubles it, up to `limits.attemptsPerEndpointMax`. So an endpoint that comes back after an outage gets one request at
// first, and an endpoint that hangs soon takes one of the node's attempts instead of sixteen.

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
  /** As in `Delivery`. */
  readonly attempts: number
  readonly attemptsBefore: number
  /** How often this incarnation failed to prepare the delivery, because our own code threw; absent: never. */
  readonly faults?: number
}

interface Lane {
  readonly endpoint: EndpointKey
  queue: HeldDelivery[]
  /** Index of the first delivery in `queue`: moving an index is cheaper than shifting the array. */
  head: number
  /** How many deliveries have room but are not in `queue`: their commit runs, or they are postponed. */
  reserved: number
  inFlight: number
  /** Bytes of event data of all its deliveries: reserved, queued and in flight. */
  bytes: number
  /** How many attempts may run at once. */
  window: number
  /** Whether the lane is in `#turns`. */
  awaitsTurn: boolean
  /** Whether more deliveries of the endpoint wait in the database. */
  backlog: boolean
}

export interface LaneHooks {
  /** Starts an attempt. `finished` or `postpone` must follow. */
  readonly start: (delivery: HeldDelivery) => void
  /** A lane with a backlog in the database has room again. */
  readonly hasRoom: (endpoint: EndpointKey) => void
}

export class Lanes {
  readonly #hooks: LaneHooks
  readonly #lanes = new Map<EndpointKey, Lane>()
  /** Lanes that wait for their turn: those with a delivery in the queue and an attempt left in their window. */
  #turns: Lane[] = []
  /** Index of the next lane in `#turns`. */
  #nextTurn = 0
  #inFlight = 0
  #queued = 0
  #bytes = 0
  #paused = false
  #pumping = false

  constructor(hooks: LaneHooks) {
    this.#hooks = hooks
  }

  /** Attempts in flight. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Deliveries in memory that wait for their turn. */
  get queued(): number {
    return this.#queued
  }

  /** Reserves room for a delivery of an event of `bytes` bytes. False: the delivery must wait in the database. */
  reserve(endpoint: EndpointKey, bytes: number): boolean {
    const lane = this.#lane(endpoint, 0)
    if (lane.backlog || this.#room(lane) === 0 || bytes > this.bytesLeft) {
      lane.backlog = true
      this.#deleteIfEmpty(lane)
      return false
    }
    lane.reserved += 1
    this.#addBytes(lane, bytes)
    return true
  }

  /** Gives back reserved room that is not needed. */
  release(endpoint: EndpointKey, bytes: number): void {
    const lane = this.#lane(endpoint, 0)
    lane.reserved -= 1
    this.#addBytes(lane, -bytes)
    this.#deleteIfEmpty(lane)
  }

  /** Queues a delivery that has reserved room. Call `pump` after the last delivery of a batch. */
  push(delivery: HeldDelivery): void {
    const lane = this.#lane(delivery.endpoint, delivery.attempts)
    lane.reserved -= 1
    lane.queue.push(delivery)
    this.#queued += 1
    this.#queueTurn(lane)
  }

  /** How many more bytes of event data all lanes together may hold. */
  get bytesLeft(): number {
    return limits.lanesBytesMax - this.#bytes
  }

  /** How many more deliveries the lane of an endpoint may hold. */
  room(endpoint: EndpointKey): number {
    const lane = this.#lanes.get(endpoint)
    if (this.bytesLeft <= 0) return 0
    return lane === undefined ? limits.laneDeliveriesMax : this.#room(lane)
  }

  /** Queues deliveries that were claimed from the database, at most as many as `room` allowed. */
  pushClaimed(deliveries: readonly HeldDelivery[]): void {
    for (const delivery of deliveries) {
      const lane = this.#lane(delivery.endpoint, delivery.attempts)
      lane.reserved += 1
      this.#addBytes(lane, bytesOf(delivery))
      this.push(delivery)
    }
  }

  /** Sets whether more deliveries of an endpoint are due in the database. */
  setBacklog(endpoint: EndpointKey, backlog: boolean): void {
    const lane = this.#lanes.get(endpoint)
    if (lane !== undefined) lane.backlog = backlog
  }

  /** Starts attempts, one per turn of a lane, up to `limits.attemptsInFlightMax`. */
  pump(): void {
    // `start` may call `finished` or `postpone`, which call `pump`: the loop that runs already starts the next attempt.
    if (this.#pumping) return
    this.#pumping = true
    while (!this.#paused && this.#inFlight < limits.attemptsInFlightMax && this.#nextTurn < this.#turns.length) {
      const lane = this.#turns[this.#nextTurn++] as Lane
      if (this.#nextTurn > 1024 && this.#nextTurn * 2 > this.#turns.length) {
        this.#turns = this.#turns.slice(this.#nextTurn)
        this.#nextTurn = 0
      }
      lane.awaitsTurn = false
      const delivery = this.#take(lane)
      if (delivery === undefined) continue
      lane.inFlight += 1
      this.#inFlight += 1
      this.#queueTurn(lane)
      this.#hooks.start(delivery)
    }
    this.#pumping = false
  }

  /** Removes a delivery: its attempt has ended, or nothing was sent. `succeeded`: the endpoint accepted it. */
  finished(delivery: HeldDelivery, succeeded: boolean): void {
    const lane = this.#lane(delivery.endpoint, delivery.attempts)
    lane.inFlight -= 1
    this.#inFlight -= 1
    this.#addBytes(lane, -bytesOf(delivery))
    lane.window = succeeded ? Math.min(lane.window * 2, limits.attemptsPerEndpointMax) : 1
    this.#queueTurn(lane)
    if (lane.backlog && lane.queue.length - lane.head < limits.laneDeliveriesMax / 2 && this.#room(lane) > 0) {
      lane.backlog = false
      this.#hooks.hasRoom(lane.endpoint)
    }
    this.#deleteIfEmpty(lane)
    this.pump()
  }

  /** Nothing was sent. The delivery leaves its attempt but keeps its room, until `push` or `release`. */
  postpone(delivery: HeldDelivery): void {
    const lane = this.#lane(delivery.endpoint, delivery.attempts)
    lane.inFlight -= 1
    this.#inFlight -= 1
    lane.reserved += 1
    this.#queueTurn(lane)
    this.pump()
  }

  /** Removes and returns the queued deliveries of a lane. */
  drop(endpoint: EndpointKey): HeldDelivery[] {
    const lane = this.#lanes.get(endpoint)
    if (lane === undefined) return []
    const deliveries = lane.queue.slice(lane.head)
    for (const delivery of deliveries) this.#addBytes(lane, -bytesOf(delivery))
    this.#queued -= deliveries.length
    lane.queue = []
    lane.head = 0
    this.#deleteIfEmpty(lane)
    return deliveries
  }

  /** Removes the queued deliveries of all lanes. */
  dropAll(): void {
    for (const endpoint of this.#lanes.keys()) this.drop(endpoint)
  }

  /** Starts no attempt until `resume`. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.pump()
  }

  /** The lane of an endpoint. A new lane whose first delivery is a retry (`attempts` > 0) has a window of 1. */
  #lane(endpoint: EndpointKey, attempts: number): Lane {
    let lane = this.#lanes.get(endpoint)
    if (lane === undefined) {
      const window = attempts === 0 ? limits.attemptsPerEndpointMax : 1
      lane = {
        endpoint,
        queue: [],
        head: 0,
        reserved: 0,
        inFlight: 0,
        bytes: 0,
        window,
        awaitsTurn: false,
        backlog: false,
      }
      this.#lanes.set(endpoint, lane)
    }
    return lane
  }

  #addBytes(lane: Lane, bytes: number): void {
    lane.bytes += bytes
    this.#bytes += bytes
  }

  #room(lane: Lane): number {
    if (lane.bytes > this.bytesLeft * limits.laneBytesShare) return 0
    // The difference may be negative: claimed and postponed deliveries are queued even if new ones took their room.
    return Math.max(0, limits.laneDeliveriesMax - (lane.queue.length - lane.head) - lane.reserved)
  }

  /** Queues a turn for a lane that can start an attempt. */
  #queueTurn(lane: Lane): void {
    if (lane.awaitsTurn || lane.inFlight >= lane.window || lane.queue.length === lane.head) return
    lane.awaitsTurn = true
    this.#turns.push(lane)
  }

  /** Takes the first delivery out of the queue, if the window allows another attempt. */
  #take(lane: Lane): HeldDelivery | undefined {
    if (lane.inFlight >= lane.window) return undefined
    const delivery = lane.queue[lane.head]
    if (delivery === undefined) return undefined
    lane.head += 1
    this.#queued -= 1
    // The part before `head` is cut off at times, so that the array of a lane that never runs empty does not grow.
    if (lane.head === lane.queue.length || lane.head > limits.laneDeliveriesMax) {
      lane.queue = lane.queue.slice(lane.head)
      lane.head = 0
    }
    return delivery
  }

  #deleteIfEmpty(lane: Lane): void {
    if (lane.inFlight + lane.reserved + lane.queue.length === 0) this.#lanes.delete(lane.endpoint)
  }
}

/** The size of a delivery, for `limits.lanesBytesMax`: the length of its event data. */
export function bytesOf(delivery: Pick<HeldDelivery, 'event'>): number {
  return delivery.event.data.length
}
