// Leases: nodes that join, leave and die, the deliveries that they hold, and the time when the next delivery is due.

import assert from 'node:assert/strict'
import type { EndpointKey } from '../../../src/domain/ids.ts'
import { sampleAttempt, sampleMove, start } from './samples.ts'
import {
  accept,
  addEndpoint,
  attemptsOf,
  type Case,
  claimOne,
  commit,
  commitLate,
  delivery,
  dueKeys,
  joinAlone,
  nodeAndEndpoint,
} from './steps.ts'

export function leaseCases(promise: Case): void {
  promise('no two incarnations are the same, also after a crash', async (store, harness) => {
    const first = await store.join(start)
    const second = await store.join(start + 1)
    await store.leave(second)
    const third = await (await harness.reopen()).join(start + 2)
    assert.equal(new Set([first, second, third]).size, 3)
  })

  promise(
    'a takeover makes the deliveries of earlier incarnations due and keeps their attempts',
    async (store, harness) => {
      const { node: dead, endpoint, key } = await nodeAndEndpoint(store)
      const second = await addEndpoint(store)
      const [tried] = await accept(store, dead, endpoint, 0, { leased: true })
      const wait = { to: 'waiting', dueAt: start + 10 } as const
      await commit(store, dead, 1, { moves: [sampleMove(tried, key, wait, 1, sampleAttempt(1, 1))] })
      assert.deepEqual(await claimOne(store, dead, 10, key, 1), [tried])
      const [born] = await accept(store, dead, second, 11, { leased: true })
      assert.equal(await store.countWaiting(), 0)
      assert.equal(await store.nextDueAt(), null)

      const after = await harness.reopen()
      const node = await joinAlone(after, 20)
      assert.equal(await after.countWaiting(), 2)
      const due = await after.nextDueAt()
      assert.ok(due !== null && due <= start + 20)
      assert.deepEqual(new Set(await dueKeys(after, start + 20, 10)), new Set([key, second.key]))
      const { deliveries } = await after.claim(node, start + 20, [
        { endpoint: key, room: 5 },
        { endpoint: second.key, room: 5 },
      ])
      assert.deepEqual(
        deliveries.map(({ id, attempts }) => [id, attempts]),
        [
          [tried, 1],
          [born, 0],
        ],
      )
      assert.deepEqual(await attemptsOf(after, tried), [sampleAttempt(1, 1)])
    },
  )

  promise('a takeover does not change waiting and ended deliveries', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [later, ended] = await accept(store, node, endpoint, 0, { leased: true, count: 2 })
    assert.ok(ended !== undefined)
    await commit(store, node, 1, {
      moves: [
        sampleMove(later, key, { to: 'waiting', dueAt: start + 5000 }, 1),
        sampleMove(ended, key, { to: 'delivered' }, 1),
      ],
    })
    const before = [await delivery(store, later), await delivery(store, ended)]
    const next = await joinAlone(store, 2)
    assert.deepEqual([await delivery(store, later), await delivery(store, ended)], before)
    assert.deepEqual(await claimOne(store, next, 3, key, 5), [])
  })

  promise('a node that leaves releases the deliveries that it holds', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const [id] = await accept(store, node, endpoint, 0, { leased: true })
    await store.leave(node)
    assert.equal(await store.countWaiting(), 1)
    assert.deepEqual(await dueKeys(store, start + 1, 10), [key])
    const late = await commitLate(store, node, 2, [sampleMove(id, key, { to: 'delivered' }, 2)])
    assert.deepEqual(late, [id])
    const next = await store.join(start + 3)
    assert.deepEqual(await claimOne(store, next, 3, key, 5), [id])
  })

  promise('a heartbeat releases no deliveries, nor does the heartbeat of a dead node', async (store) => {
    const { node: dead, endpoint } = await nodeAndEndpoint(store)
    const node = await joinAlone(store, 1)
    const [id] = await accept(store, node, endpoint, 1, { leased: true })
    assert.equal((await store.heartbeat(node, start + 5000)).alive, true)
    assert.equal((await store.heartbeat(dead, start + 5000)).alive, false)
    assert.equal((await delivery(store, id)).status, 'pending')
    assert.equal(await store.countWaiting(), 0)
  })

  promise('the next due time is that of the earliest waiting delivery', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    const second = await addEndpoint(store)
    assert.equal(await store.nextDueAt(), null)
    const [a] = await accept(store, node, endpoint, 0, { leased: true })
    const [b] = await accept(store, node, second, 0, { leased: true })
    assert.equal(await store.nextDueAt(), null)
    await commit(store, node, 1, { moves: [sampleMove(a, key, { to: 'waiting', dueAt: start + 900 }, 1)] })
    assert.equal(await store.nextDueAt(), start + 900)
    await commit(store, node, 2, { moves: [sampleMove(b, second.key, { to: 'waiting', dueAt: start + 400 }, 2)] })
    assert.equal(await store.nextDueAt(), start + 400)
    assert.deepEqual(await dueKeys(store, start + 399, 10), [])
    assert.deepEqual(await claimOne(store, node, 400, second.key, 1), [b])
    assert.equal(await store.nextDueAt(), start + 900)
    await claimOne(store, node, 900, key, 1)
    assert.equal(await store.nextDueAt(), null)
    await accept(store, node, second, 1000)
    assert.equal(await store.nextDueAt(), start + 1000)
    // A delivery of the same endpoint that is due later does not change the next due time.
    await commit(store, node, 1001, { moves: [sampleMove(a, key, { to: 'waiting', dueAt: start + 1500 }, 1001)] })
    await commit(store, node, 1002, {
      moves: [sampleMove(b, second.key, { to: 'waiting', dueAt: start + 2000 }, 1002)],
    })
    assert.equal(await store.nextDueAt(), start + 1000)
    assert.deepEqual(await dueKeys(store, start + 1000, 5), [second.key])
  })

  promise('due endpoints are listed in the order of their due times, as many as asked for', async (store) => {
    const node = await store.join(start)
    const keys: EndpointKey[] = []
    for (const at of [300, 100, 500, 200, 400]) {
      const endpoint = await addEndpoint(store)
      await accept(store, node, endpoint, at, { count: 2 })
      keys.push(endpoint.key)
    }
    const order = [1, 3, 0, 4, 2].map((index) => keys[index])
    assert.deepEqual(await dueKeys(store, start + 500, 10), order)
    assert.deepEqual(await dueKeys(store, start + 500, 2), order.slice(0, 2))
    assert.deepEqual(await dueKeys(store, start + 300, 10), order.slice(0, 3))
    assert.deepEqual(await dueKeys(store, start + 99, 10), [])
  })

  promise('a node is listed as long as it is there', async (store) => {
    const node = await store.join(start)
    const [listed, ...others] = await store.listNodes()
    assert.deepEqual([listed?.incarnation, listed?.startedAt, listed?.isLive, others], [node, start, true, []])
    await store.leave(node)
    assert.deepEqual(
      (await store.listNodes()).filter(({ isLive }) => isLive),
      [],
    )
  })

  promise('the count of waiting deliveries leaves out leased and ended ones', async (store) => {
    const { node, endpoint, key } = await nodeAndEndpoint(store)
    assert.equal(await store.countWaiting(), 0)
    await accept(store, node, endpoint, 0, { count: 7 })
    const [held] = await accept(store, node, endpoint, 0, { leased: true })
    assert.equal(await store.countWaiting(), 7)
    await claimOne(store, node, 1, key, 3)
    assert.equal(await store.countWaiting(), 4)
    await commit(store, node, 2, { moves: [sampleMove(held, key, { to: 'waiting', dueAt: start + 9000 }, 2)] })
    assert.equal(await store.countWaiting(), 5)
  })
}
