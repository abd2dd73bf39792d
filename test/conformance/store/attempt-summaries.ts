// Summaries of attempts: the part of a batch that updates the endpoints.

import assert from 'node:assert/strict'
import { type NewAuditRecord, noAddress, ownActor } from '../../../src/domain/audit.ts'
import type { EndpointKey } from '../../../src/domain/ids.ts'
import type { AttemptSummary } from '../../../src/contracts/commit-store.ts'
import { acme, sampleAudit, sampleErasure, start } from './samples.ts'
import {
  accept,
  addEndpoint,
  endpointsOf,
  type Case,
  claimOne,
  commit,
  delivery,
  eraseAll,
  nodeAndEndpoint,
  sweepAll,
} from './steps.ts'

function summary(endpoint: EndpointKey, change: Partial<AttemptSummary> = {}): AttemptSummary {
  return {
    endpoint,
    attempts: 1,
    lastAttemptAt: start,
    lastAttemptSucceeded: false,
    lastOutcome: { kind: 'timedOut', phase: 'headers' },
    expectedHealth: null,
    ...change,
  }
}

export function attemptSummaryCases(promise: Case): void {
  promise('an endpoint without attempts has an empty status, and so has a missing endpoint', async (store) => {
    const { key } = await nodeAndEndpoint(store)
    const nothing = { attempts: 0, lastAttemptAt: null, lastAttemptSucceeded: null, lastOutcome: null, health: null }
    assert.deepEqual(await store.endpointStatus(key), nothing)
    assert.deepEqual(await store.endpointStatus(987_654 as EndpointKey), nothing)
  })

  promise('attempts add up, and the status shows the last one', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    const second = await addEndpoint(store)
    const lastOutcome = { kind: 'rejected', status: 429, retryAfterMs: 5 } as const
    await commit(store, node, 1, {
      summaries: [
        summary(key, { attempts: 3, lastAttemptAt: start + 1 }),
        summary(second.key, { lastAttemptSucceeded: true }),
      ],
    })
    await commit(store, node, 2, {
      summaries: [summary(key, { attempts: 4, lastAttemptAt: start + 2, lastAttemptSucceeded: true, lastOutcome })],
    })
    assert.deepEqual(await store.endpointStatus(key), {
      attempts: 7,
      lastAttemptAt: start + 2,
      lastAttemptSucceeded: true,
      lastOutcome,
      health: null,
    })
    assert.equal((await store.endpointStatus(second.key)).attempts, 1)
  })

  promise('health is stored, cleared or left unchanged', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    const health = async (): Promise<string | null> => (await store.endpointStatus(key)).health
    await commit(store, node, 1, { summaries: [summary(key, { health: '{"failures":3}' })] })
    assert.equal(await health(), '{"failures":3}')
    await commit(store, node, 2, { summaries: [summary(key)] })
    assert.equal(await health(), '{"failures":3}')
    await commit(store, node, 3, { summaries: [summary(key, { health: null })] })
    assert.equal(await health(), null)
  })

  for (const { disable, reason } of [
    { disable: 'failing', reason: 'endpoint disabled' },
    { disable: 'gone', reason: 'endpoint gone' },
  ] as const) {
    promise(
      `an endpoint is disabled at once as ${disable}, and its waiting deliveries are cancelled`,
      async (store) => {
        const { node, endpoint, key } = await nodeAndEndpoint(store)
        const [waiting] = await accept(store, node, endpoint, 0)
        const [held] = await accept(store, node, endpoint, 0, { leased: true })
        await commit(store, node, 5, { summaries: [summary(key, { disable })] })
        const [stored] = await endpointsOf(store, acme)
        assert.partialDeepStrictEqual(stored, { enabled: false, disabledReason: disable })
        assert.deepEqual(await claimOne(store, node, 6, key, 5), [])
        await sweepAll(store, 7)
        assert.partialDeepStrictEqual(await delivery(store, waiting), { status: 'cancelled', reason, dueAt: null })
        // A delivery in flight is ended by its node.
        assert.equal((await delivery(store, held)).status, 'pending')
      },
    )
  }

  promise('an endpoint is deleted at once, and its waiting deliveries are cancelled', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const kept = await addEndpoint(store)
    const [waiting] = await accept(store, node, endpoint, 0)
    const [held] = await accept(store, node, endpoint, 0, { leased: true })
    const version = async (): Promise<number | undefined> => (await store.loadTenant(acme))?.version
    const before = await version()
    await commit(store, node, 5, { summaries: [summary(key, { disable: 'gone', delete: { erasure: null } })] })
    assert.notEqual(await version(), before)
    assert.deepEqual(await endpointsOf(store, acme), [kept])
    await sweepAll(store, 7)
    const cancelled = { status: 'cancelled', reason: 'endpoint deleted' }
    assert.partialDeepStrictEqual(await delivery(store, waiting), cancelled)
    assert.equal((await delivery(store, held)).status, 'pending')
    // Another node may report the same, and a customer may have been first.
    await commit(store, node, 8, { summaries: [summary(key, { disable: 'gone', delete: { erasure: null } })] })
    assert.deepEqual(await endpointsOf(store, acme), [kept])
  })

  promise('an endpoint may be deleted with its deliveries', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [waiting] = await accept(store, node, endpoint, 0)
    const erasure = sampleErasure(5)
    await commit(store, node, 5, { summaries: [summary(key, { disable: 'failing', delete: { erasure } })] })
    assert.deepEqual(await endpointsOf(store, acme), [])
    assert.equal(await store.findDelivery(waiting), null)
    assert.partialDeepStrictEqual(await store.findErasure(erasure.id), { erases: 'endpoint', tenant: acme })
    await eraseAll(store, 9)
    assert.equal((await store.findErasure(erasure.id))?.endedAt, start + 9)
  })

  for (const deletes of [null, { erasure: null }, { erasure: sampleErasure(5) }]) {
    const act = deletes === null ? 'disabled' : deletes.erasure === null ? 'deleted' : 'deleted with its deliveries'
    promise(`an endpoint that is ${act} has one audit record of it`, async (store) => {
      const { node, key } = await nodeAndEndpoint(store)
      const own = { actor: ownActor, address: noAddress, tenant: acme, endpoint: key }
      const change = { before: { enabled: true }, after: null }
      const audits = [5, 6].map((at) => sampleAudit(at, { ...own, change }))
      for (const audit of audits) {
        const disabling = { disable: 'gone', ...(deletes !== null && { delete: deletes }), audit } as const
        await commit(store, node, 5, { summaries: [summary(key, disabling)] })
      }
      const anyAudit = { tenant: acme, actor: 'posthorn', action: null, object: null, from: null, to: null }
      const { rows } = await store.listAudit(anyAudit, { limit: 5, after: null })
      const { endpoint: _endpoint, ...stored } = audits[0] as NewAuditRecord
      assert.deepEqual(rows, [stored])
      await eraseAll(store, 9)
      const [after] = (await store.listAudit(anyAudit, { limit: 5, after: null })).rows
      assert.equal(after?.change === null, deletes !== null && deletes.erasure !== null)
    })
  }

  promise('disabling is a change: a later change that is based on the version before it is stale', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    // Also if the clock still shows the same time.
    await commit(store, node, 0, { summaries: [summary(key, { disable: 'failing' })] })
    const change = { ...endpoint, url: 'https://example.com/new', updatedAt: start + 9 }
    assert.equal(await store.updateEndpoint(change, endpoint.updatedAt), 'stale')
    const [stored] = await endpointsOf(store, acme)
    assert.ok(stored !== undefined && stored.updatedAt > endpoint.updatedAt)
    assert.equal(await store.updateEndpoint(change, stored.updatedAt), 'written')
  })

  promise('an endpoint that is disabled already keeps its reason', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const disabled = { ...endpoint, enabled: false, disabledReason: 'requested', updatedAt: start + 1 } as const
    await store.updateEndpoint(disabled, endpoint.updatedAt)
    await commit(store, node, 2, { summaries: [summary(key, { disable: 'gone' })] })
    assert.deepEqual(await endpointsOf(store, acme), [disabled])
    assert.equal((await store.endpointStatus(key)).attempts, 1)
  })

  promise('a summary of a deleted endpoint has no effect', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    await store.deleteEndpoint(endpoint.tenant, key, start + 1)
    await commit(store, node, 2, { summaries: [summary(key, { disable: 'failing', health: '{}' })] })
    assert.deepEqual(await endpointsOf(store, acme), [])
  })
}
