// The pause of an endpoint whose receiver has asked for it: nothing is claimed before its end, also by other nodes and
// after a restart.

import assert from 'node:assert/strict'
import type { EndpointKey } from '../../../src/domain/ids.ts'
import type { AttemptSummary } from '../../../src/contracts/commit-store.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { acme, start } from './samples.ts'
import { accept, addEndpoint, type Case, claimOne, commit, dueKeys, joinAlone, nodeAndEndpoint } from './steps.ts'

function pauses(endpoint: EndpointKey, pausedUntil: number | null): AttemptSummary {
  return {
    endpoint,
    attempts: 1,
    lastAttemptAt: start,
    lastAttemptSucceeded: pausedUntil === null,
    lastOutcome: { kind: 'rejected', status: 503, retryAfterMs: null },
    expectedHealth: null,
    pausedUntil: pausedUntil === null ? null : start + pausedUntil,
  }
}

async function endOfPause(store: Store): Promise<number | null | undefined> {
  return (await store.loadTenant(acme))?.endpoints[0]?.pausedUntil
}

export function pauseCases(promise: Case): void {
  promise('a paused endpoint is not due before the end of its pause, and nothing is claimed for it', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [before] = await accept(store, node, endpoint, 0)
    await commit(store, node, 1, { summaries: [pauses(key, 500)] })
    const [during] = await accept(store, node, endpoint, 2)
    assert.deepEqual(await claimOne(store, node, 499, key, 9), [])
    assert.deepEqual(await dueKeys(store, start + 499, 9), [])
    assert.equal(await store.nextDueAt(), start + 500)
    await accept(store, node, endpoint, 3)
    assert.deepEqual(await dueKeys(store, start + 499, 9), [])
    assert.deepEqual(await dueKeys(store, start + 500, 9), [key])
    assert.deepEqual((await claimOne(store, node, 500, key, 9)).slice(0, 2), [before, during])
  })

  promise('a pause belongs to its endpoint alone, and outlives the node', async (store, harness) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const neighbour = await addEndpoint(store)
    await accept(store, node, endpoint, 0, { leased: true })
    const [id] = await accept(store, node, neighbour, 0)
    await commit(store, node, 1, { summaries: [pauses(key, 500)] })
    const after = await harness.reopen()
    const next = await joinAlone(after, 2)
    assert.deepEqual(await claimOne(after, next, 3, key, 9), [])
    assert.deepEqual(await claimOne(after, next, 3, neighbour.key, 9), [id])
    assert.equal((await claimOne(after, next, 500, key, 9)).length, 1)
  })

  promise('a pause is read with the endpoint; a success and a change of the endpoint end it', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    assert.equal(await endOfPause(store), null)
    await commit(store, node, 1, { summaries: [pauses(key, 500)] })
    assert.equal(await endOfPause(store), start + 500)
    const { pausedUntil: _, ...other } = pauses(key, null)
    await commit(store, node, 2, { summaries: [other] })
    assert.equal(await endOfPause(store), start + 500, 'a summary without it leaves it unchanged')
    await commit(store, node, 3, { summaries: [pauses(key, null)] })
    assert.equal(await endOfPause(store), null)
    await commit(store, node, 4, { summaries: [pauses(key, 900)] })
    const [waiting] = await accept(store, node, endpoint, 4)
    assert.deepEqual(await claimOne(store, node, 4, key, 9), [])
    const moved = { ...endpoint, url: 'https://elsewhere.example/', updatedAt: start + 5 }
    assert.equal(await store.updateEndpoint(moved, endpoint.updatedAt), 'written')
    assert.equal(await endOfPause(store), null)
    assert.deepEqual(
      await dueKeys(store, start + 6, 9),
      [key],
      'the delivery that waited for the end of the pause is due',
    )
    const [id] = await accept(store, node, endpoint, 6)
    assert.deepEqual(await claimOne(store, node, 7, key, 9), [waiting, id])
  })
}
