// Claims: of each endpoint as many deliveries as there is room for, the oldest due first, none early and none twice.

import assert from 'node:assert/strict'
import type { EndpointKey } from '../../../src/domain/ids.ts'
import { limits } from '../../../src/domain/limits.ts'
import { acme, newEvent, other, sampleAttempt, sampleErasure, sampleEvent, sampleMove, start } from './samples.ts'
import { accept, addEndpoint, type Case, claimOne, commit, delivery, dueKeys, nodeAndEndpoint } from './steps.ts'

export function claimCases(promise: Case): void {
  promise('a claim returns the delivery with its event and its number of attempts', async (store) => {
    const { node, key } = await nodeAndEndpoint(store)
    const event = sampleEvent(acme, 0, { attributes: { a: 'b' }, occurredAt: start - 7, data: '{ "x" : 1.0 }' })
    const accepted = newEvent(event, [key], false)
    await commit(store, node, 0, { events: [accepted] })
    const claim = await store.claim(node, start, [{ endpoint: key, room: 1 }])
    const id = accepted.deliveries[0]?.id
    assert.deepEqual(claim, { deliveries: [{ id, endpoint: key, attempts: 0, attemptsBefore: 0, event }], more: [] })
  })

  promise(
    'a claim takes as many deliveries as there is room for, the oldest due first, and none twice',
    async (store) => {
      const { node, endpoint, key } = await nodeAndEndpoint(store)
      const order = []
      for (const at of [50, 10, 40, 20, 30]) order[at / 10 - 1] = (await accept(store, node, endpoint, at))[0]
      const first = await store.claim(node, start + 60, [{ endpoint: key, room: 2 }])
      assert.deepEqual(
        first.deliveries.map(({ id }) => id),
        order.slice(0, 2),
      )
      assert.deepEqual(first.more, [key])
      const second = await store.claim(node, start + 60, [{ endpoint: key, room: 3 }])
      assert.deepEqual(
        second.deliveries.map(({ id }) => id),
        order.slice(2),
      )
      assert.deepEqual(second.more, [])
      assert.deepEqual(await claimOne(store, node, 60, key, 9), [])
    },
  )

  promise('no delivery is claimed early', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 0, { leased: true })
    const wait = { to: 'waiting', dueAt: start + 1000 } as const
    await commit(store, node, 1, { moves: [sampleMove(id, key, wait, 1, sampleAttempt(1, 1))] })
    const early = await store.claim(node, start + 999, [{ endpoint: key, room: 5 }])
    assert.deepEqual(early, { deliveries: [], more: [] })
    assert.equal(await store.nextDueAt(), start + 1000)
    assert.deepEqual(await claimOne(store, node, 1000, key, 5), [id])
  })

  promise('`more` names only endpoints with deliveries that are due now', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    await accept(store, node, endpoint, 0)
    const [held] = await accept(store, node, endpoint, 0, { leased: true })
    await commit(store, node, 1, { moves: [sampleMove(held, key, { to: 'waiting', dueAt: start + 500 }, 1)] })
    const claim = await store.claim(node, start + 1, [{ endpoint: key, room: 1 }])
    assert.deepEqual([claim.deliveries.length, claim.more], [1, []])
    assert.equal(await store.nextDueAt(), start + 500)
  })

  promise('an endpoint without room is due again a little later', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 0)
    const claim = await store.claim(node, start + 1, [{ endpoint: key, room: 0 }])
    assert.deepEqual(claim, { deliveries: [], more: [key] })
    assert.equal(await store.countWaiting(), 1)
    const again = start + 1 + limits.claimAgainMs
    assert.equal(await store.nextDueAt(), again)
    assert.deepEqual(await dueKeys(store, again - 1, 10), [])
    assert.deepEqual(await dueKeys(store, again, 10), [key])
    // If its lane has room sooner, a claim gets the delivery.
    assert.deepEqual(await claimOne(store, node, 2, key, 1), [id])
  })

  promise(
    'a claim takes a bounded number of bytes of event data of each endpoint, and at least one delivery',
    async (store) => {
      const { node, endpoint, key } = await nodeAndEndpoint(store)
      const quiet = await addEndpoint(store)
      const bytes = limits.claimPerEndpointBytesMax
      // Two of more than half the bound, one of more than the bound, and a small one.
      for (const [at, length] of [0.6 * bytes, 0.6 * bytes, 2 * bytes, 10].entries()) {
        const data = JSON.stringify('x'.repeat(length))
        for (const { tenant, key: to } of at === 3 ? [endpoint, quiet] : [endpoint]) {
          await commit(store, node, at, { events: [newEvent(sampleEvent(tenant, at, { data }), [to], false)] })
        }
      }
      const claim = async (): Promise<{ taken: number[]; more: readonly EndpointKey[] }> => {
        const requests = [key, quiet.key].map((to) => ({ endpoint: to, room: 9 }))
        const { deliveries, more } = await store.claim(node, start + 10, requests)
        return { taken: deliveries.map((row) => Math.round((10 * row.event.data.length) / bytes)), more }
      }
      assert.deepEqual(await claim(), { taken: [6, 6, 0], more: [key] })
      assert.deepEqual(await claim(), { taken: [20], more: [key] })
      assert.deepEqual(await claim(), { taken: [0], more: [] })
    },
  )

  promise('deliveries of disabled and deleted endpoints are never claimed', async (store) => {
    const node = await store.join(start)
    const disabled = await addEndpoint(store)
    const deleted = await addEndpoint(store)
    const orphan = await addEndpoint(store, 'leaving' as typeof acme)
    for (const endpoint of [disabled, deleted, orphan]) await accept(store, node, endpoint, 0, { count: 2 })
    const change = { ...disabled, enabled: false, disabledReason: 'requested', updatedAt: start + 1 } as const
    await store.updateEndpoint(change, disabled.updatedAt)
    await store.deleteEndpoint(acme, deleted.key, start + 1)
    await store.deleteTenant(orphan.tenant, sampleErasure(1))
    const requests = [disabled, deleted, orphan].map(({ key }) => ({ endpoint: key, room: 9 }))
    assert.deepEqual(await store.claim(node, start + 2, requests), { deliveries: [], more: [] })
    // They are not due either, which would make the engine look for them again and again.
    assert.deepEqual(await dueKeys(store, start + 2, 10), [])
    assert.equal(await store.nextDueAt(), null)
  })

  promise('each endpoint of a claim has its own room', async (store) => {
    const node = await store.join(start)
    const endpoints = [await addEndpoint(store), await addEndpoint(store), await addEndpoint(store)]
    for (const endpoint of endpoints) await accept(store, node, endpoint, 0, { count: 4 })
    const requests = endpoints.map(({ key }, index) => ({ endpoint: key, room: [2, 0, 9][index] ?? 0 }))
    const { deliveries, more } = await store.claim(node, start, requests)
    assert.deepEqual(
      endpoints.map(({ key }) => deliveries.filter(({ endpoint }) => endpoint === key).length),
      [2, 0, 4],
    )
    assert.deepEqual(
      more,
      endpoints.slice(0, 2).map(({ key }) => key),
    )
  })

  promise('tenants take turns among the due endpoints', async (store) => {
    const node = await store.join(start)
    const flooded = []
    for (let i = 0; i < 5; i++) flooded.push(await addEndpoint(store))
    const quiet = await addEndpoint(store, other)
    for (const [at, endpoint] of flooded.entries()) await accept(store, node, endpoint, at)
    await accept(store, node, quiet, 10)
    const [first, ...rest] = flooded.map(({ key }) => key)
    assert.deepEqual(await dueKeys(store, start + 10, 9), [first, quiet.key, ...rest])
    assert.deepEqual(await dueKeys(store, start + 10, 2), [first, quiet.key])
    const [due] = await store.dueEndpoints(start + 10, 1)
    assert.deepEqual({ ...due }, { endpoint: first, tenant: acme })
  })

  promise('a backlog of one endpoint does not delay another endpoint', async (store) => {
    const { node, endpoint: flooded } = await nodeAndEndpoint(store)
    const quiet = await addEndpoint(store)
    for (let batch = 0; batch < 4; batch++) await accept(store, node, flooded, batch, { count: 500 })
    const [id] = await accept(store, node, quiet, 1000)
    assert.deepEqual(await dueKeys(store, start + 1000, 10), [flooded.key, quiet.key])
    const { deliveries, more } = await store.claim(node, start + 1000, [
      { endpoint: flooded.key, room: 3 },
      { endpoint: quiet.key, room: 3 },
    ])
    assert.deepEqual(
      deliveries.map(({ endpoint }) => endpoint),
      [flooded.key, flooded.key, flooded.key, quiet.key],
    )
    assert.equal(deliveries.at(-1)?.id, id)
    assert.deepEqual(more, [flooded.key])
    assert.equal(await store.countWaiting(), 1997)
  })

  promise('a claim changes nothing that a list shows', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 0)
    const before = await delivery(store, id)
    await claimOne(store, node, 1, key, 1)
    assert.deepEqual(await delivery(store, id), before)
  })
}
