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
  const lanes = new Lanes({ start: (work) => started.push(work), hasRoom: (endpoint) => roomFor.push(endpoint) })
  let count = 0
  const offer = (endpoint: number, works: number, bytes = 10, attempts = 0): number => {
    let taken = 0
    for (let i = 0; i < works; i++) {
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

test('what is claimed beyond its room leaves a lane without room, and not with less than none', () => {
  const { lanes, offer } = rig()
  lanes.pause()
  offer(1, limits.laneDeliveriesMax)
  const event = { data: 'x' } as Event
  const id = 'late' as DeliveryId
  lanes.pushClaimed([{ id, endpoint: 1 as EndpointKey, event, node, attempts: 1, attemptsBefore: 0 }])
  assert.equal(lanes.room(1 as EndpointKey), 0)
  assert.equal(offer(1, 1), 0)
})

test('an endpoint has at most so many attempts at once, and lanes take turns', () => {
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

test('the attempts of the node are bounded too', () => {
  const { lanes, offer } = rig()
  for (let endpoint = 0; endpoint < 400; endpoint++) offer(endpoint, 16)
  assert.equal(lanes.inFlight, limits.attemptsInFlightMax)
})

test('a lane holds so many deliveries; past that they wait in the database until it has room again', () => {
  const { lanes, started, roomFor, offer } = rig()
  assert.equal(offer(1, 2000), limits.laneDeliveriesMax)
  assert.equal(offer(1, 1), 0, 'once some wait in the database, later ones wait behind them')
  while (roomFor.length === 0) lanes.finished(started.shift() as HeldDelivery, true)
  assert.ok(lanes.queued < limits.laneDeliveriesMax / 2)
  assert.equal(offer(1, 1), 1)
})

test('the bytes of all lanes together are bounded, and given back', () => {
  const { lanes, started, offer } = rig()
  const bytes = limits.lanesBytesMax / 4
  for (let endpoint = 1; endpoint <= 4; endpoint++) assert.equal(offer(endpoint, 3, bytes), 1)
  assert.equal(lanes.bytesLeft, 0)
  assert.equal(lanes.room(4 as EndpointKey), 0)
  lanes.finished(started[0] as HeldDelivery, true)
  assert.equal(offer(5, 1, bytes), 1)
})

test('however much waits for some endpoints, others find room in memory', () => {
  const { lanes, offer } = rig()
  for (let flooded = 1; flooded <= 20; flooded++) {
    assert.ok(offer(flooded, 1000, limits.requestBodyBytesMax) > 0)
    assert.equal(lanes.room(flooded as EndpointKey), 0)
  }
  assert.equal(offer(21, 1, limits.requestBodyBytesMax), 1)
})

test('after a failure a lane has one attempt at a time, and doubles with every success', () => {
  const { lanes, started, offer } = rig()
  offer(1, 100)
  for (const work of started.splice(0)) lanes.finished(work, false)
  assert.equal(lanes.inFlight, 1)
  const widths: number[] = []
  for (let round = 0; round < 4; round++) {
    for (const work of started.splice(0)) lanes.finished(work, true)
    widths.push(lanes.inFlight)
  }
  assert.deepEqual(widths, [2, 8, 16, 16])
})

test('a lane of retries begins with one attempt', () => {
  const { lanes, started } = rig()
  const event = { data: 'x' } as Event
  const works = [1, 2, 3].map((id) => ({
    id: String(id) as DeliveryId,
    endpoint: 1 as EndpointKey,
    event,
    node,
    attempts: 1,
    attemptsBefore: 0,
  }))
  lanes.pushClaimed(works)
  lanes.pump()
  assert.equal(started.length, 1)
})

test('what is dropped is taken out of the count, and a lane that never runs empty does not grow', () => {
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
