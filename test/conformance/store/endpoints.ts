// Endpoints, and the answers that are stored for the requests that change them.

import assert from 'node:assert/strict'
import type { ApiKeyId, EndpointId, EndpointKey } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import type { StoredEndpoint } from '../../../src/contracts/account-store.ts'
import { acme, keptAnswer, other, sampleAnswer, sampleEndpoint, sampleTenant, start } from './samples.ts'
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

export function endpointCases(promise: Case): void {
  promise('no two endpoints have the same key, also after a deletion and a crash', async (store, harness) => {
    const keys = [await store.nextEndpointKey(), await store.nextEndpointKey()]
    const { key } = await addEndpoint(store)
    await store.deleteEndpoint(acme, key, start)
    keys.push(key, await (await harness.reopen()).nextEndpointKey())
    assert.equal(new Set(keys).size, 4)
  })

  promise('a tenant is loaded with its endpoints as they were stored, newest first', async (store) => {
    const first = await addEndpoint(store)
    const second = await addEndpoint(store, acme, {
      eventTypes: [],
      filters: {},
      description: null,
      enabled: false,
      disabledReason: 'requested',
      sealedHeaders: '',
      createdAt: start - 5,
      updatedAt: start + 5,
    })
    await addEndpoint(store, other)
    const node = await store.join(start)
    const summary = {
      endpoint: first.key,
      attempts: 1,
      lastAttemptAt: start,
      lastAttemptSucceeded: false,
      health: '{}',
    }
    await commit(store, node, 1, { summaries: [summary] })
    const { version, ...loaded } = (await store.loadTenant(acme)) ?? assert.fail('there is no tenant')
    assert.ok(Number.isInteger(version))
    assert.deepEqual(loaded, {
      sealedSecrets: null,
      tenant: sampleTenant(acme),
      endpoints: [
        { ...second, health: null, pausedUntil: null },
        { ...first, health: '{}', pausedUntil: null },
      ],
    })
  })

  promise('several endpoints are created together, or none of them', async (store) => {
    await store.createTenant(sampleTenant(acme))
    const keys = [await store.nextEndpointKey(), await store.nextEndpointKey(), await store.nextEndpointKey()]
    const [first, second, third] = keys.map((key) => sampleEndpoint(key, acme)) as [
      StoredEndpoint,
      StoredEndpoint,
      StoredEndpoint,
    ]
    assert.equal(await store.createEndpoints([first, second]), 'written')
    const same = { ...third, uniqueKey: 'a' }
    const twin = { ...sampleEndpoint(await store.nextEndpointKey(), acme), uniqueKey: 'a' }
    assert.equal(await store.createEndpoints([same, twin]), 'duplicate')
    assert.deepEqual(await endpointsOf(store, acme), [second, first])
  })

  promise('a tenant has only one endpoint with a unique key, until that one is deleted', async (store) => {
    const taken = await addEndpoint(store, acme, { uniqueKey: 'a' })
    await addEndpoint(store, other, { uniqueKey: 'a' })
    const another = await addEndpoint(store, acme, { uniqueKey: 'b' })
    const change = { ...another, uniqueKey: 'a', updatedAt: another.updatedAt + 1 }
    assert.equal(await store.updateEndpoint(change, another.updatedAt), 'duplicate')
    const itself = { ...taken, url: 'https://elsewhere.example', updatedAt: taken.updatedAt + 1 }
    assert.equal(await store.updateEndpoint(itself, taken.updatedAt), 'written')
    await store.deleteEndpoint(acme, taken.key, start)
    assert.equal(await store.updateEndpoint(change, another.updatedAt), 'written')
  })

  promise('public ids are unique within a tenant only', async (store) => {
    const id = 'ep_same' as EndpointId
    await addEndpoint(store, acme, { id })
    await addEndpoint(store, other, { id })
    assert.equal((await endpointsOf(store, other))[0]?.id, id)
  })

  promise('an endpoint of a missing tenant is not created', async (store) => {
    const endpoint = sampleEndpoint(await store.nextEndpointKey(), acme)
    assert.equal(await store.createEndpoints([endpoint], { answer: sampleAnswer('k', 0) }), 'absent')
    assert.equal(await store.findAnswer('key_a' as ApiKeyId, 'k', start), null)
  })

  promise('endpoints past the greatest number are refused, and deleted ones do not count', async (store) => {
    const { key } = await addEndpoint(store)
    const fresh = async () => sampleEndpoint(await store.nextEndpointKey(), acme)
    assert.equal(await store.createEndpoints([await fresh(), await fresh()], undefined, 2), 'full')
    assert.equal((await endpointsOf(store, acme)).length, 1)
    const answer = sampleAnswer('k', 0)
    assert.equal(await store.createEndpoints([await fresh()], { answer }, 2), 'written')
    assert.equal(await store.createEndpoints([await fresh()], undefined, 2), 'full')
    await store.deleteEndpoint(acme, key, start)
    const both = await Promise.all(
      [await fresh(), await fresh()].map((endpoint) => store.createEndpoints([endpoint], undefined, 2)),
    )
    assert.deepEqual(both.toSorted(), ['full', 'written'])
  })

  promise('the id of a deleted endpoint may be used again', async (store) => {
    const first = await addEndpoint(store)
    await store.deleteEndpoint(acme, first.key, start)
    const again = sampleEndpoint(await store.nextEndpointKey(), acme, { id: first.id })
    assert.equal(await store.createEndpoints([again]), 'written')
    assert.deepEqual(await endpointsOf(store, acme), [again])
  })

  promise('a change that is based on the last version is written, any other is refused', async (store) => {
    const before = await addEndpoint(store)
    const change: StoredEndpoint = {
      ...before,
      url: 'https://example.com/new',
      eventTypes: ['*'],
      filters: { b: ['c', 'd'] },
      details: {},
      description: null,
      sealedHeaders: 'new headers',
      sealedSecrets: 'new secrets',
      updatedAt: start + 10,
    }
    assert.equal(await store.updateEndpoint(change, before.updatedAt), 'written')
    const late = { ...before, url: 'https://example.com/late', updatedAt: start + 11 }
    assert.equal(await store.updateEndpoint(late, before.updatedAt, { answer: sampleAnswer('k', 0) }), 'stale')
    assert.equal(await store.findAnswer('key_a' as ApiKeyId, 'k', start), null)
    assert.deepEqual(await endpointsOf(store, acme), [change])
    const unknown = sampleEndpoint(4711 as EndpointKey, acme)
    assert.equal(await store.updateEndpoint(unknown, unknown.updatedAt), 'absent')
  })

  promise('enabling an endpoint cancels its waiting deliveries and resets its health', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [waiting] = await accept(store, node, endpoint, 0)
    const [held] = await accept(store, node, endpoint, 0, { leased: true })
    const summary = { endpoint: key, attempts: 2, lastAttemptAt: start, lastAttemptSucceeded: false, health: '{"n":2}' }
    await commit(store, node, 1, { summaries: [summary] })
    const disabled = { ...endpoint, enabled: false, disabledReason: 'requested', updatedAt: start + 2 } as const
    assert.equal(await store.updateEndpoint(disabled, endpoint.updatedAt), 'written')
    assert.equal((await store.endpointStatus(key)).health, '{"n":2}')
    assert.equal(await store.updateEndpoint({ ...endpoint, updatedAt: start + 3 }, disabled.updatedAt), 'written')
    const cancelled = { status: 'cancelled', reason: 'endpoint disabled' }
    assert.partialDeepStrictEqual(await delivery(store, waiting), cancelled)
    assert.partialDeepStrictEqual(await store.endpointStatus(key), { health: null, attempts: 2 })
    // From now on it is an ordinary endpoint: its new deliveries are not cancelled.
    const [fresh] = await accept(store, node, endpoint, 4)
    await sweepAll(store, 5)
    assert.deepEqual(await claimOne(store, node, 6, key, 5), [fresh])
    assert.equal((await delivery(store, held)).status, 'pending')
  })

  promise('a change of an endpoint that stays enabled cancels no deliveries and keeps its health', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [waiting] = await accept(store, node, endpoint, 0)
    const summary = { endpoint: key, attempts: 1, lastAttemptAt: start, lastAttemptSucceeded: false, health: 'h' }
    await commit(store, node, 1, { summaries: [summary] })
    await store.updateEndpoint({ ...endpoint, url: 'https://b.example', updatedAt: start + 1 }, start)
    await sweepAll(store, 2)
    assert.equal((await store.endpointStatus(key)).health, 'h')
    assert.deepEqual(await claimOne(store, node, 3, key, 1), [waiting])
  })

  promise('a deleted endpoint is missing in its tenant, and its deliveries still name it', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 0)
    assert.equal(await store.deleteEndpoint(other, key, start + 1), 'absent')
    assert.equal(await store.deleteEndpoint(acme, key, start + 1), 'written')
    assert.equal(await store.deleteEndpoint(acme, key, start + 2, { answer: sampleAnswer('k', 0) }), 'absent')
    assert.equal(await store.findAnswer('key_a' as ApiKeyId, 'k', start), null)
    assert.deepEqual(await endpointsOf(store, acme), [])
    const change = { ...endpoint, updatedAt: start + 3 }
    assert.equal(await store.updateEndpoint(change, endpoint.updatedAt), 'absent')
    assert.equal((await delivery(store, id)).endpointId, endpoint.id)
  })

  promise('an answer is stored unchanged, together with its change', async (store, harness) => {
    await addEndpoint(store)
    const answer = sampleAnswer('k', 0, { sealedBody: 'v1:"é漢😀"\n\\u0000=='.repeat(1000), status: 201 })
    const endpoint = sampleEndpoint(await store.nextEndpointKey(), acme)
    assert.equal(await store.createEndpoints([endpoint], { answer }), 'written')
    const after = await harness.reopen()
    assert.deepEqual(await after.findAnswer(answer.apiKey, 'k', start), keptAnswer(answer))
    assert.equal(await after.findAnswer(answer.apiKey, 'K', start), null)
    assert.equal(await after.findAnswer('key_b' as ApiKeyId, 'k', start), null)
  })

  promise('a second request with the same idempotency key is refused and writes nothing', async (store) => {
    const endpoint = await addEndpoint(store)
    const answer = sampleAnswer('k', 0)
    const change = { ...endpoint, url: 'https://b.example', updatedAt: start + 1 }
    assert.equal(await store.updateEndpoint(change, start, { answer }), 'written')
    const second = sampleAnswer('k', 5, { sealedBody: 'another', route: 'DELETE /endpoints/1' })
    const created = sampleEndpoint(await store.nextEndpointKey(), acme)
    assert.equal(await store.createEndpoints([created], { answer: second }), 'taken')
    assert.equal(
      await store.updateEndpoint({ ...endpoint, updatedAt: start + 9 }, start + 1, { answer: second }),
      'taken',
    )
    assert.equal(await store.deleteEndpoint(acme, endpoint.key, start, { answer: second }), 'taken')
    assert.deepEqual(await endpointsOf(store, acme), [change])
    assert.deepEqual(await store.findAnswer(answer.apiKey, 'k', start), keptAnswer(answer))
    // The same idempotency key of another API key is another one.
    const theirs = sampleAnswer('k', 5, { apiKey: 'key_b' as ApiKeyId })
    assert.equal(await store.createEndpoints([created], { answer: theirs }), 'written')
  })

  promise('an answer expires, and its idempotency key can be used again', async (store) => {
    const endpoint = await addEndpoint(store)
    const answer = sampleAnswer('k', 0)
    const change = (at: number): StoredEndpoint => ({ ...endpoint, updatedAt: start + at })
    await store.updateEndpoint(change(1), start, { answer })
    assert.deepEqual(await store.findAnswer(answer.apiKey, 'k', answer.expiresAt - 1), keptAnswer(answer))
    assert.equal(await store.findAnswer(answer.apiKey, 'k', answer.expiresAt), null)
    const early = sampleAnswer('k', limits.idempotencyMs - 1)
    assert.equal(await store.updateEndpoint(change(2), start + 1, { answer: early }), 'taken')
    const later = sampleAnswer('k', limits.idempotencyMs, { sealedBody: 'another' })
    assert.equal(await store.updateEndpoint(change(2), start + 1, { answer: later }), 'written')
    assert.deepEqual(await store.findAnswer(answer.apiKey, 'k', answer.expiresAt), keptAnswer(later))
  })
}
