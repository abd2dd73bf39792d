import assert from 'node:assert/strict'
import type { Store } from '../../../src/contracts/store.ts'
import type { StoredEndpoint } from '../../../src/contracts/account-store.ts'
import type { Model } from './model.ts'

/** Compares all deliveries with those of the model, also the pruned ones. */
export async function compare(store: Store, model: Model, endpoints: readonly StoredEndpoint[]): Promise<void> {
  const waiting = model.enabled.flatMap((_, endpoint) => model.waiting(endpoint))
  assert.equal(await store.countWaiting(), waiting.length)
  for (const id of model.pruned) assert.equal(await store.findDelivery(id), null)
  for (const row of model.all) {
    const found = await store.findDelivery(row.id)
    assert.ok(found !== null, 'a delivery is missing')
    const { id, createdAt, status, attempts, attemptsBefore, reason, endedAt, dueAt } = found.delivery
    const { holder, endpoint, ...expected } = row
    // The due time of a leased delivery has no meaning.
    const due = holder === null ? dueAt : row.dueAt
    assert.deepEqual({ id, createdAt, status, attempts, attemptsBefore, reason, endedAt, dueAt: due }, expected)
    assert.equal(found.delivery.endpoint, endpoints[endpoint]?.key)
    assert.deepEqual(
      found.attempts.map(({ number }) => number),
      Array.from({ length: attempts }, (_, index) => index + 1),
    )
  }
}
