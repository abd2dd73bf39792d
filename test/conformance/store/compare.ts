import assert from 'node:assert/strict'
import type { Store } from '../../../src/contracts/store.ts'
import type { StoredEndpoint } from '../../../src/contracts/account-store.ts'
import type { Model } from './model.ts'

/** Compares every delivery there is, and was, with the model's. */
export async function compare(store: Store, model: Model, endpoints: readonly StoredEndpoint[]): Promise<void> {
  const waiting = model.on.flatMap((_, endpoint) => model.waiting(endpoint))
  assert.equal(await store.countWaiting(), waiting.length)
  for (const id of model.pruned) assert.equal(await store.findDelivery(id), null)
  for (const row of model.all) {
    const found = await store.findDelivery(row.id)
    assert.ok(found !== null, 'a delivery is lost')
    const { id, createdAt, status, attempts, attemptsBefore, reason, endedAt, dueAt } = found.delivery
    const { holder, endpoint, ...expected } = row
    // When a leased one was due is of no use to anyone.
    const due = holder === null ? dueAt : row.dueAt
    assert.deepEqual({ id, createdAt, status, attempts, attemptsBefore, reason, endedAt, dueAt: due }, expected)
    assert.equal(found.delivery.endpoint, endpoints[endpoint]?.key)
    assert.deepEqual(
      found.attempts.map(({ number }) => number),
      Array.from({ length: attempts }, (_, index) => index + 1),
    )
  }
}
