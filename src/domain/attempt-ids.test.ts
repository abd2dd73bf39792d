import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryId } from './ids.ts'
import { aboveDeliveryOf, attemptNumber, attemptUuid } from './attempt-ids.ts'

const deliveries = ['0000', '00ff', 'fffe', 'ffff'].map((end) => `019aeb1c-ffff-7fff-bfff-ffffffff${end}` as DeliveryId)

test('every attempt of a delivery has a uuid of its own, from which its number and its delivery follow', () => {
  for (const delivery of deliveries) {
    assert.equal(attemptUuid(delivery, 1), delivery)
    const uuids = Array.from({ length: 300 }, (_, index) => attemptUuid(delivery, index + 1))
    assert.equal(new Set(uuids).size, 300)
    for (const [index, uuid] of uuids.entries()) {
      assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.equal(attemptNumber(uuid, delivery), index + 1)
      assert.ok(aboveDeliveryOf(uuid) > delivery)
      assert.equal(aboveDeliveryOf(uuid), '019aeb1c-ffff-7fff-c000-000000000000')
    }
  }
})

test('an attempt is not one of another delivery', () => {
  const [delivery] = deliveries as [DeliveryId]
  assert.equal(attemptNumber(delivery.replace('019', '018'), delivery), null)
})
