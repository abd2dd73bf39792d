import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../domain/event.ts'
import type { DeliveryId, EndpointKey, Incarnation, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { Lanes, type HeldDelivery } from './lanes.ts'

const node = 1 as Incarnation

const acme = 'acme' as TenantId

function rig() {
  const started: HeldDelivery[] = []
  const roomFor: number[] = []
  const lanes = new Lanes({
    start: (delivery) => started.push(delivery),
    hasRoom: (endpoint) => roomFor.push(endpoint),
  })
  let count = 0
  const delivery = (endpoint: number, { tenant = acme, bytes = 10, attempts = 0 } = {}): HeldDelivery => ({
    id: String(++count) as DeliveryId,
    endpoint: endpoint as EndpointKey,
    event: { tenant, data: 'x'.repeat(bytes) } as Event,
    node,
    attempts,
    attemptsBefore: 0,
  })
  /** Reserves room for `deliveries` deliveries and pushes those that get it; gives their number. */
  const offer = (endpoint: number, deliveries: number, of: Parameters<typeof delivery>[1] = {}): number => {
    let taken = 0
    for (let i = 0; i < deliveries; i++) {
      const offered = delivery(endpoint, of)
      if (!lanes.reserve(offered)) continue
      lanes.push(offered)
      taken += 1
    }
    lanes.pump()
    return taken
  }
  return { lanes, started, roomFor, delivery, offer }
}

function tenantNumber(number: number): TenantId {
  return `tenant_${number}` as TenantId
}

test('a claim beyond the room of a lane leaves it with room 0, not with negative room', () => {
  const { lanes, delivery, offer } = rig()
  lanes.pause()
  offer(1, limits.laneDeliveriesMax)
  lanes.pushClaimed([delivery(1, { attempts: 1 })])
  assert.equal(lanes.room(1 as EndpointKey, acme), 0)
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

test('one tenant alone has half of the attempts of the node, and a tenant that comes later finds room', () => {
  const { lanes, offer } = rig()
  const half = limits.attemptsInFlightMax / 2
  const endpoints = limits.attemptsInFlightMax / limits.attemptsPerEndpointMax
  for (let endpoint = 0; endpoint < endpoints; endpoint++) offer(endpoint, 16)
  assert.equal(lanes.inFlight, half)
  for (let endpoint = endpoints; endpoint < 2 * endpoints; endpoint++) offer(endpoint, 16, { tenant: tenantNumber(1) })
  assert.equal(lanes.inFlight, half + half / 2)
  offer(2 * endpoints, 16, { tenant: tenantNumber(2) })
  assert.equal(lanes.inFlight, half + half / 2 + 16)
})

test('the attempts of the node are bounded, however many tenants there are', () => {
  const { lanes, offer } = rig()
  for (let tenant = 0; tenant < 1000; tenant++) offer(tenant, 16, { tenant: tenantNumber(tenant) })
  assert.equal(lanes.inFlight, limits.attemptsInFlightMax)
})

test('a tenant with too many attempts gets more as soon as others give theirs back', () => {
  const { lanes, started, offer } = rig()
  for (let tenant = 0; tenant < 40; tenant++) {
    for (let i = 0; i < 32; i++) offer(tenant * 32 + i, 16, { tenant: tenantNumber(tenant) })
  }
  assert.equal(lanes.inFlight, limits.attemptsInFlightMax)
  assert.ok(lanes.queued > limits.attemptsInFlightMax)
  while (lanes.inFlight > 0) lanes.finished(started.shift() as HeldDelivery, true)
  assert.equal(lanes.queued, 0)
})

test('tenants take turns, then the endpoints of a tenant', () => {
  const { lanes, started, offer } = rig()
  lanes.pause()
  for (let endpoint = 1; endpoint <= 100; endpoint++) offer(endpoint, 16)
  offer(200, 2, { tenant: tenantNumber(1) })
  lanes.resume()
  assert.deepEqual(
    started.slice(0, 5).map(({ endpoint }) => endpoint),
    [1, 200, 2, 200, 3],
  )
})

test('one tenant alone has half of the memory, and a tenant that comes later finds room', () => {
  const { lanes, offer } = rig()
  const bytes = limits.requestBodyBytesMax
  for (let endpoint = 1; endpoint <= 1000; endpoint++) offer(endpoint, 10, { bytes })
  assert.ok(lanes.bytesLeft > limits.lanesBytesMax / 2 - 2 * bytes)
  assert.equal(lanes.room(2000 as EndpointKey, acme), 0)
  assert.equal(offer(2000, 3, { bytes, tenant: tenantNumber(1) }), 3)
})

test('many small deliveries count by more than their data', () => {
  const { lanes, offer } = rig()
  lanes.pause()
  for (let endpoint = 1; endpoint <= 200; endpoint++) offer(endpoint, 1024, { bytes: 2 })
  assert.ok(lanes.queued < limits.lanesBytesMax / limits.heldDeliveryBytes)
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
  const bytes = limits.lanesBytesMax / 4 - limits.heldDeliveryBytes
  for (let endpoint = 1; endpoint <= 4; endpoint++) {
    assert.equal(offer(endpoint, 3, { bytes, tenant: tenantNumber(endpoint) }), 1)
  }
  assert.equal(lanes.bytesLeft, 0)
  assert.equal(lanes.room(4 as EndpointKey, tenantNumber(4)), 0)
  lanes.finished(started[0] as HeldDelivery, true)
  assert.equal(offer(5, 1, { bytes, tenant: tenantNumber(5) }), 1)
})

test('flooded endpoints leave room in memory for other endpoints', () => {
  const { lanes, offer } = rig()
  for (let flooded = 1; flooded <= 20; flooded++) {
    const tenant = tenantNumber(flooded)
    assert.ok(offer(flooded, 1000, { bytes: limits.requestBodyBytesMax, tenant }) > 0)
    assert.equal(lanes.room(flooded as EndpointKey, tenant), 0)
  }
  assert.equal(offer(21, 1, { bytes: limits.requestBodyBytesMax, tenant: tenantNumber(21) }), 1)
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

test('the window of a lane that begins with claimed deliveries is 1', () => {
  const { lanes, started, delivery } = rig()
  lanes.pushClaimed([delivery(1), delivery(1), delivery(1)])
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
