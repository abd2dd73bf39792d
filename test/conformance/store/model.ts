// A simple model of deliveries in memory. The random runs compare an engine with it.

import type { DeliveryStatus, EndReason } from '../../../src/domain/delivery.ts'
import type { DeliveryId, Incarnation } from '../../../src/domain/ids.ts'
import type { Move } from '../../../src/contracts/commit-store.ts'

export interface ModelDelivery {
  readonly id: DeliveryId
  readonly endpoint: number
  readonly createdAt: number
  status: DeliveryStatus
  holder: Incarnation | null
  dueAt: number | null
  attempts: number
  attemptsBefore: number
  reason: EndReason | null
  endedAt: number | null
}

export class Model {
  /** Whether each endpoint is enabled. */
  readonly enabled: boolean[] = []
  readonly deliveries = new Map<DeliveryId, ModelDelivery>()
  readonly pruned: DeliveryId[] = []

  get all(): ModelDelivery[] {
    return [...this.deliveries.values()]
  }

  waiting(endpoint: number): ModelDelivery[] {
    return this.all.filter((row) => row.endpoint === endpoint && row.status === 'pending' && row.holder === null)
  }

  accept(id: DeliveryId, endpoint: number, now: number, holder: Incarnation | null): void {
    this.deliveries.set(id, {
      id,
      endpoint,
      createdAt: now,
      status: 'pending',
      holder,
      dueAt: now,
      attempts: 0,
      attemptsBefore: 0,
      reason: null,
      endedAt: null,
    })
  }

  /**
   * Due times of the deliveries that a claim must return, the oldest first. The engine may choose among deliveries that
   * are due at the same time.
   */
  claimable(endpoint: number, now: number, room: number): number[] {
    if (!this.enabled[endpoint]) return []
    const due = this.waiting(endpoint).flatMap(({ dueAt }) => (dueAt !== null && dueAt <= now ? [dueAt] : []))
    return due.toSorted((a, b) => a - b).slice(0, room)
  }

  /** False: the node does not hold the delivery. */
  move(row: ModelDelivery, node: Incarnation, move: Move, attempted: boolean, now: number): boolean {
    if (row.status !== 'pending' || row.holder !== node) return false
    row.holder = null
    if (attempted) row.attempts += 1
    if (move.to === 'waiting') row.dueAt = move.dueAt
    else this.end(row, move.to, move.to === 'delivered' ? null : move.reason, now)
    return true
  }

  end(row: ModelDelivery, status: DeliveryStatus, reason: EndReason | null, now: number): void {
    Object.assign(row, { status, reason, dueAt: null, endedAt: now })
  }

  /** All leases end: the nodes that held them are dead. */
  release(): void {
    for (const row of this.all) row.holder = null
  }

  rearm(row: ModelDelivery, now: number): boolean {
    if (row.holder !== null) return false
    if (row.status !== 'pending') row.attemptsBefore = row.attempts
    Object.assign(row, { status: 'pending', dueAt: now, reason: null, endedAt: null })
    return true
  }

  cancelWaiting(endpoint: number, now: number): void {
    for (const row of this.waiting(endpoint)) this.end(row, 'cancelled', 'endpoint disabled', now)
  }

  sweep(now: number): void {
    for (const [endpoint, enabled] of this.enabled.entries()) if (!enabled) this.cancelWaiting(endpoint, now)
  }

  prune(before: number): void {
    for (const { id, status, createdAt } of this.all) {
      if (status === 'pending' || createdAt >= before) continue
      this.deliveries.delete(id)
      this.pruned.push(id)
    }
  }
}
