import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, Incarnation } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { Lanes, type HeldDelivery } from './lanes.ts'

const node = 1 as Incarnation

function rig() {
  const started: HeldDelivery[] = []
  const roomFor: number[] = []
  const lanes = new Lanes({
    start: (delivery) => started.push(delivery),
    hasRoom: (endpoint) => roomFor.push(endpoint),
  })
  let count = 0
  /** Reserves room for `deliveries` deliveries and pushes those that get it; gives their number. */
  const offer = (endpoint: number, deliveries: number, bytes = 10, attempts = 0): number => {
    let taken = 0
    for (let i = 0; i < deliveries; i++) {
      if (!lanes.reserve(endpoint as EndpointKey, bytes)) continue
      const id = String(++count) as DeliveryId
      const event = { data: 'x'.repeat(bytes) } as Event
      lanes.push({ id, endpoint: endpoint as EndpointKey, event, node, attempts, attemptsBefore: 0 })
      taken += 1
    }
    lanes.pump()
    return taken
  }
  return { lanes, started, roomFor, offer }
}

test('a claim beyond the room of a lane leaves it with room 0, not with negative room', () => {
  const { lanes, offer } = rig()
  lanes.pause()
  offer(1, limits.laneDeliveriesMax)
  const event = { data: 'x' } as Event
  const id = 'late' as DeliveryId
  lanes.pushClaimed([{ id, endpoint: 1 as EndpointKey, event, node, attempts: 1, attemptsBefore: 0 }])
  assert.equal(lanes.room(1 as EndpointKey), 0)
  assert.equal(offer(1, 1), 0)
})

test('the attempts of an endpoint are bounded, and lanes take turns', () => {
  const { lanes, started, offer } = rig()
  lanes.pause()
  offer(1, 100)
  offer(2, 100)
  lanes.resume()
  assert.equal(started.length, 2 * limits.attemptsPerEndpointMax)
  assert.deepEqual(
    started.slice(0, 4).map(({ endpoint }) => endpoint),
    [1, 2, 1, 2],
  )
})

test('the attempts of the node are bounded', () => {
  const { lanes, offer } = rig()
  for (let endpoint = 0; endpoint < 400; endpoint++) offer(endpoint, 16)
  assert.equal(lanes.inFlight, limits.attemptsInFlightMax)
})

test('a full lane reserves no room until half of it is free again', () => {
  const { lanes, started, roomFor, offer } = rig()
  assert.equal(offer(1, 2000), limits.laneDeliveriesMax)
  assert.equal(offer(1, 1), 0, 'later deliveries wait behind those in the database')
  while (roomFor.length === 0) lanes.finished(started.shift() as HeldDelivery, true)
  assert.ok(lanes.queued < limits.laneDeliveriesMax / 2)
  assert.equal(offer(1, 1), 1)
})

test('the bytes of all lanes together are bounded, and given back when deliveries end', () => {
  const { lanes, started, offer } = rig()
  const bytes = limits.lanesBytesMax / 4
  for (let endpoint = 1; endpoint <= 4; endpoint++) assert.equal(offer(endpoint, 3, bytes), 1)
  assert.equal(lanes.bytesLeft, 0)
  assert.equal(lanes.room(4 as EndpointKey), 0)
  lanes.finished(started[0] as HeldDelivery, true)
  assert.equal(offer(5, 1, bytes), 1)
})

test('flooded endpoints leave room in memory for other endpoints', () => {
  const { lanes, offer } = rig()
  for (let flooded = 1; flooded <= 20; flooded++) {
    assert.ok(offer(flooded, 1000, limits.requestBodyBytesMax) > 0)
    assert.equal(lanes.room(flooded as EndpointKey), 0)
  }
  assert.equal(offer(21, 1, limits.requestBodyBytesMax), 1)
})

test('the window of a lane is 1 after a failure, and doubles with every success', () => {
  const { lanes, started, offer } = rig()
  offer(1, 100)
  for (const delivery of started.splice(0)) lanes.finished(delivery, false)
  assert.equal(lanes.inFlight, 1)
  const atOnce: number[] = []
  for (let round = 0; round < 4; round++) {
    for (const delivery of started.splice(0)) lanes.finished(delivery, true)
    atOnce.push(lanes.inFlight)
  }
  assert.deepEqual(atOnce, [2, 8, 16, 16])
})

test('the window of a lane that begins with retries is 1', () => {
  const { lanes, started } = rig()
  const event = { data: 'x' } as Event
  const retries = [1, 2, 3].map((id) => ({
    id: String(id) as DeliveryId,
    endpoint: 1 as EndpointKey,
    event,
    node,
    attempts: 1,
    attemptsBefore: 0,
  }))
  lanes.pushClaimed(retries)
  lanes.pump()
  assert.equal(started.length, 1)
})

test('dropped deliveries leave the count, and a lane that is never empty keeps its attempts bounded', () => {
  const { lanes, started, offer } = rig()
  offer(1, 500)
  assert.equal(lanes.drop(1 as EndpointKey).length, 500 - limits.attemptsPerEndpointMax)
  assert.equal(lanes.queued, 0)
  for (let round = 0; round < 5000; round++) {
    offer(1, 1)
    lanes.finished(started.shift() as HeldDelivery, true)
  }
  assert.ok(lanes.inFlight <= limits.attemptsPerEndpointMax)
})
