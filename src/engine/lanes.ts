// Lanes: the in-memory queues of deliveries, one lane per endpoint. They alone decide when the next attempt of an
// endpoint starts. Tenants take turns, then the lanes of a tenant, so a slow, dead or flooded endpoint delays no other
// one. A lane is bounded in deliveries and all lanes together in bytes, so a backlog cannot fill the memory.
//
//     reserve ─┬─► push ─► pump ─► hooks.start ─┬─► finished
//              ├─► release                      │
//              └─────────── postpone ◄──────────┘
//
// accept.ts reserves room before the commit and pushes after it. Claimed deliveries enter by `pushClaimed`.
//
// A tenant holds at most as many attempts and bytes as are left. One tenant alone may use half of them, n tenants may
// use n/(n+1) of them, and a tenant that comes later always finds some left: attempts cannot be taken back.
//
// The window of a lane is how many attempts of its endpoint may run at once. A failure or a slow success sets it to 1
// and each quick success doubles it, up to `limits.attemptsPerEndpointMax`. So an endpoint that comes back after an
// outage gets one request at first, and an endpoint that hangs soon takes one of the node's attempts instead of sixteen.

import type { Trace } from '../contracts/tracer.ts'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, Incarnation, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { Fifo } from './fifo.ts'

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
  /** The end of the pause of its endpoint: the delivery waits in the database, and is claimed after it. */
  readonly pausedUntil?: number
  /** How often this incarnation failed to prepare the delivery, because our own code threw; absent: never. */
  readonly faults?: number
  /** The trace of its event; absent: there is no tracing, or another node or incarnation accepted the event. */
  readonly trace?: Trace
}

/** The lanes of a tenant, together. */
interface TenantLanes {
  readonly id: TenantId
  /** Lanes that wait for their turn: those with a delivery in the queue and an attempt left in their window. */
  readonly turns: Fifo<Lane>
  lanes: number
  inFlight: number
  bytes: number
  /** Whether the tenant is in `#turns`. */
  awaitsTurn: boolean
}

interface Lane {
  readonly endpoint: EndpointKey
  readonly tenant: TenantLanes
  readonly queue: Fifo<HeldDelivery>
  /** How many deliveries have room but are not in `queue`: their commit runs, or they are postponed. */
  reserved: number
  inFlight: number
  /** Bytes of all its deliveries: reserved, queued and in flight. */
  bytes: number
  /** How many attempts may run at once. */
  window: number
  /** Whether the lane is in the turns of its tenant. */
  awaitsTurn: boolean
  /** Whether more deliveries of the endpoint wait in the database. */
  backlog: boolean
}

export interface LaneHooks {
  /** Starts an attempt. `finished` or `postpone` must follow. */
  readonly start: (delivery: HeldDelivery) => void
  /** A lane with a backlog in the database has room again. */
  readonly hasRoom: (endpoint: EndpointKey, tenant: TenantId) => void
}

/** How many tenants in sequence `pump` finds with too many attempts before it gives up until an attempt ends. */
const tenantsPassedMax = 16

export class Lanes {
  readonly #hooks: LaneHooks
  readonly #lanes = new Map<EndpointKey, Lane>()
  readonly #tenants = new Map<TenantId, TenantLanes>()
  /** Tenants with a lane that waits for its turn. */
  readonly #turns = new Fifo<TenantLanes>()
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

  /** Reserves room for a delivery. False: the delivery must wait in the database. */
  reserve(delivery: HeldDelivery): boolean {
    const lane = this.#laneFor(delivery, limits.attemptsPerEndpointMax)
    if (lane.backlog || this.#room(lane) === 0 || bytesOf(delivery) > this.bytesLeft) {
      lane.backlog = true
      this.#deleteIfEmpty(lane)
      return false
    }
    lane.reserved += 1
    this.#addBytes(lane, bytesOf(delivery))
    return true
  }

  /** Gives back reserved room that is not needed. */
  release(delivery: HeldDelivery): void {
    const lane = this.#laneOf(delivery)
    lane.reserved -= 1
    this.#addBytes(lane, -bytesOf(delivery))
    this.#deleteIfEmpty(lane)
  }

  /** Queues a delivery that has reserved room. Call `pump` after the last delivery of a batch. */
  push(delivery: HeldDelivery): void {
    const lane = this.#laneOf(delivery)
    lane.reserved -= 1
    lane.queue.push(delivery)
    this.#queued += 1
    this.#queueTurn(lane)
  }

  /** How many more bytes all lanes together may hold. */
  get bytesLeft(): number {
    return limits.lanesBytesMax - this.#bytes
  }

  /** How many more deliveries the lane of an endpoint may hold. */
  room(endpoint: EndpointKey, tenant: TenantId): number {
    const lane = this.#lanes.get(endpoint)
    if (lane !== undefined) return this.#room(lane)
    return (this.#tenants.get(tenant)?.bytes ?? 0) < this.bytesLeft ? limits.laneDeliveriesMax : 0
  }

  /**
   * Queues deliveries that were claimed from the database, at most as many as `room` allowed. A lane that begins with
   * them has a window of 1, because the endpoint may have failed.
   */
  pushClaimed(deliveries: readonly HeldDelivery[]): void {
    for (const delivery of deliveries) {
      const lane = this.#laneFor(delivery, 1)
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

  /** Starts attempts, one per turn of a tenant. */
  pump(): void {
    // `start` may call `finished` or `postpone`, which call `pump`: the loop that runs already starts the next attempt.
    if (this.#pumping) return
    this.#pumping = true
    let passed = 0
    while (!this.#paused && passed < Math.min(tenantsPassedMax, this.#turns.length)) {
      const tenant = this.#turns.shift() as TenantLanes
      if (tenant.inFlight >= limits.attemptsInFlightMax - this.#inFlight) {
        this.#turns.push(tenant)
        passed += 1
        continue
      }
      passed = 0
      const delivery = this.#take(tenant)
      tenant.awaitsTurn = tenant.turns.length > 0
      if (tenant.awaitsTurn) this.#turns.push(tenant)
      if (delivery !== undefined) this.#hooks.start(delivery)
    }
    this.#pumping = false
  }

  /**
   * Removes a delivery: its attempt has ended, or nothing was sent.
   *
   * @param quick whether the endpoint accepted it, within `limits.slowAttemptMs`
   */
  finished(delivery: HeldDelivery, quick: boolean): void {
    const lane = this.#laneOf(delivery)
    this.#addInFlight(lane, -1)
    this.#addBytes(lane, -bytesOf(delivery))
    lane.window = quick ? Math.min(lane.window * 2, limits.attemptsPerEndpointMax) : 1
    this.#queueTurn(lane)
    if (lane.backlog && lane.queue.length < limits.laneDeliveriesMax / 2 && this.#room(lane) > 0) {
      lane.backlog = false
      this.#hooks.hasRoom(lane.endpoint, lane.tenant.id)
    }
    this.#deleteIfEmpty(lane)
    this.pump()
  }

  /** Nothing was sent. The delivery leaves its attempt but keeps its room, until `push` or `release`. */
  postpone(delivery: HeldDelivery): void {
    const lane = this.#laneOf(delivery)
    this.#addInFlight(lane, -1)
    lane.reserved += 1
    this.#queueTurn(lane)
    this.pump()
  }

  /** Removes and returns the queued deliveries of a lane. */
  drop(endpoint: EndpointKey): HeldDelivery[] {
    const lane = this.#lanes.get(endpoint)
    if (lane === undefined) return []
    const deliveries = lane.queue.clear()
    for (const delivery of deliveries) this.#addBytes(lane, -bytesOf(delivery))
    this.#queued -= deliveries.length
    this.#deleteIfEmpty(lane)
    return deliveries
  }

  /** Removes and returns the queued deliveries of an event. */
  dropEvent(isOf: (event: Event) => boolean): HeldDelivery[] {
    const dropped: HeldDelivery[] = []
    for (const lane of this.#lanes.values()) {
      for (const delivery of lane.queue.clear()) {
        if (isOf(delivery.event)) dropped.push(delivery)
        else lane.queue.push(delivery)
      }
    }
    for (const delivery of dropped) {
      const lane = this.#laneOf(delivery)
      this.#addBytes(lane, -bytesOf(delivery))
      this.#queued -= 1
      this.#deleteIfEmpty(lane)
    }
    return dropped
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

  /** The lane of a delivery that has room in it. */
  #laneOf({ endpoint }: HeldDelivery): Lane {
    return this.#lanes.get(endpoint) as Lane
  }

  /** The lane for a delivery; a new lane has this window. */
  #laneFor({ endpoint, event }: HeldDelivery, window: number): Lane {
    const known = this.#lanes.get(endpoint)
    if (known !== undefined) return known
    const tenant = this.#tenantLanes(event.tenant)
    tenant.lanes += 1
    const lane: Lane = {
      endpoint,
      tenant,
      queue: new Fifo(),
      reserved: 0,
      inFlight: 0,
      bytes: 0,
      window,
      awaitsTurn: false,
      backlog: false,
    }
    this.#lanes.set(endpoint, lane)
    return lane
  }

  #tenantLanes(id: TenantId): TenantLanes {
    let tenant = this.#tenants.get(id)
    if (tenant === undefined) {
      tenant = { id, turns: new Fifo(), lanes: 0, inFlight: 0, bytes: 0, awaitsTurn: false }
      this.#tenants.set(id, tenant)
    }
    return tenant
  }

  #addInFlight(lane: Lane, attempts: 1 | -1): void {
    lane.inFlight += attempts
    lane.tenant.inFlight += attempts
    this.#inFlight += attempts
  }

  #addBytes(lane: Lane, bytes: number): void {
    lane.bytes += bytes
    lane.tenant.bytes += bytes
    this.#bytes += bytes
  }

  #room(lane: Lane): number {
    const { bytesLeft } = this
    if (lane.tenant.bytes >= bytesLeft || lane.bytes > bytesLeft * limits.laneBytesShare) return 0
    // The difference may be negative: claimed and postponed deliveries are queued even if new ones took their room.
    return Math.max(0, limits.laneDeliveriesMax - lane.queue.length - lane.reserved)
  }

  /** Queues a turn for a lane that can start an attempt, and for its tenant. */
  #queueTurn(lane: Lane): void {
    if (lane.awaitsTurn || lane.inFlight >= lane.window || lane.queue.length === 0) return
    lane.awaitsTurn = true
    const { tenant } = lane
    tenant.turns.push(lane)
    if (tenant.awaitsTurn) return
    tenant.awaitsTurn = true
    this.#turns.push(tenant)
  }

  /** Takes the first delivery out of the next lane of a tenant, if its window allows another attempt. */
  #take(tenant: TenantLanes): HeldDelivery | undefined {
    const lane = tenant.turns.shift()
    if (lane === undefined) return undefined
    lane.awaitsTurn = false
    if (lane.inFlight >= lane.window) return undefined
    const delivery = lane.queue.shift()
    if (delivery === undefined) return undefined
    this.#queued -= 1
    this.#addInFlight(lane, 1)
    this.#queueTurn(lane)
    return delivery
  }

  #deleteIfEmpty(lane: Lane): void {
    if (lane.inFlight + lane.reserved + lane.queue.length > 0 || !this.#lanes.delete(lane.endpoint)) return
    lane.tenant.lanes -= 1
    if (lane.tenant.lanes === 0) this.#tenants.delete(lane.tenant.id)
  }
}

/** The size of a delivery, for `limits.lanesBytesMax`. */
function bytesOf({ event }: HeldDelivery): number {
  return limits.heldDeliveryBytes + event.data.length
}
