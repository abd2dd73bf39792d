// What a batch of outcomes tells of its endpoints.

import assert from 'node:assert/strict'
import type { EndpointKey } from '../../../src/domain/ids.ts'
import type { AttemptSummary } from '../../../src/contracts/commit-store.ts'
import { acme, start } from './samples.ts'
import {
  accept,
  addEndpoint,
  endpointsOf,
  type Case,
  claimOne,
  commit,
  delivery,
  nodeAndEndpoint,
  sweepAll,
} from './steps.ts'

function summary(endpoint: EndpointKey, change: Partial<AttemptSummary> = {}): AttemptSummary {
  return { endpoint, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: false, expectedHealth: null, ...change }
}

export function attemptSummaryCases(promise: Case): void {
  promise('an endpoint that was never tried has no status, nor has one that is not there', async (store) => {
    const { key } = await nodeAndEndpoint(store)
    const nothing = { attempts: 0, lastAttemptAt: null, lastAttemptSucceeded: null, health: null }
    assert.deepEqual(await store.endpointStatus(key), nothing)
    assert.deepEqual(await store.endpointStatus(987_654 as EndpointKey), nothing)
  })

  promise('attempts add up, and the last one is told', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    const second = await addEndpoint(store)
    await commit(store, node, 1, {
      summaries: [
        summary(key, { attempts: 3, lastAttemptAt: start + 1 }),
        summary(second.key, { lastAttemptSucceeded: true }),
      ],
    })
    await commit(store, node, 2, {
      summaries: [summary(key, { attempts: 4, lastAttemptAt: start + 2, lastAttemptSucceeded: true })],
    })
    assert.deepEqual(await store.endpointStatus(key), {
      attempts: 7,
      lastAttemptAt: start + 2,
      lastAttemptSucceeded: true,
      health: null,
    })
    assert.equal((await store.endpointStatus(second.key)).attempts, 1)
  })

  promise('health is kept, cleared, or left as it was', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    const health = async (): Promise<string | null> => (await store.endpointStatus(key)).health
    await commit(store, node, 1, { summaries: [summary(key, { health: '{"failures":3}' })] })
    assert.equal(await health(), '{"failures":3}')
    await commit(store, node, 2, { summaries: [summary(key)] })
    assert.equal(await health(), '{"failures":3}')
    await commit(store, node, 3, { summaries: [summary(key, { health: null })] })
    assert.equal(await health(), null)
  })

  for (const [disable, reason] of [
    ['failing', 'endpoint disabled'],
    ['gone', 'endpoint gone'],
  ] as const) {
    promise(`disabling as ${disable} switches off at once and cancels what waits`, async (store) => {
      const { node, endpoint, key } = await nodeAndEndpoint(store)
      const [waiting] = await accept(store, node, endpoint, 0)
      const [held] = await accept(store, node, endpoint, 0, { leased: true })
      await commit(store, node, 5, { summaries: [summary(key, { disable })] })
      const [stored] = await endpointsOf(store, acme)
      assert.deepEqual([stored?.enabled, stored?.disabledReason], [false, disable])
      assert.deepEqual(await claimOne(store, node, 6, key, 5), [])
      await sweepAll(store, 7)
      const row = await delivery(store, waiting)
      assert.deepEqual([row.status, row.reason, row.dueAt], ['cancelled', reason, null])
      // What is in flight is its node's to end.
      assert.equal((await delivery(store, held)).status, 'pending')
    })
  }

  promise('disabling counts as a change: who read the endpoint before is stale', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    // Even where the clock has not moved since.
    await commit(store, node, 0, { summaries: [summary(key, { disable: 'failing' })] })
    const change = { ...endpoint, url: 'https://example.com/new', updatedAt: start + 9 }
    assert.equal(await store.updateEndpoint(change, endpoint.updatedAt), 'stale')
    const [stored] = await endpointsOf(store, acme)
    assert.ok(stored !== undefined && stored.updatedAt > endpoint.updatedAt)
    assert.equal(await store.updateEndpoint(change, stored.updatedAt), 'written')
  })

  promise('an endpoint that is off already keeps its reason', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const off = { ...endpoint, enabled: false, disabledReason: 'requested', updatedAt: start + 1 } as const
    await store.updateEndpoint(off, endpoint.updatedAt)
    await commit(store, node, 2, { summaries: [summary(key, { disable: 'gone' })] })
    assert.deepEqual(await endpointsOf(store, acme), [off])
    assert.equal((await store.endpointStatus(key)).attempts, 1)
  })

  promise('a summary of a deleted endpoint do no harm', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    await store.deleteEndpoint(endpoint.tenant, key, start + 1)
    await commit(store, node, 2, { summaries: [summary(key, { disable: 'failing', health: '{}' })] })
    assert.deepEqual(await endpointsOf(store, acme), [])
  })
}
