// Crashes, lost incarnations, stops and an unavailable store: accepted events are kept, and outcomes are recorded.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite, test } from 'node:test'
import { createRig, ok, tenant } from '../../test/support/engine-rig.ts'
import { limits } from '../domain/limits.ts'
import { second } from '../domain/time.ts'
import { IncarnationLost, StoreUnavailable } from '../contracts/store.ts'
import { Unavailable } from '../domain/unavailable.ts'

suite('a crash', () => {
  test('loses no delivery: leased deliveries are sent again with the same id', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    await rig.accept(1100)
    const before = new Set(rig.sender.sent.map(({ request }) => request.headers['webhook-id']))
    await rig.crashAndRestart()
    rig.sender.respond = () => ok
    for (let step = 0; step < 10; step++) await rig.clock.advance(second)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 1100, 'all are delivered')
    const after = rig.sender.sent.map(({ request }) => request.headers['webhook-id'])
    assert.equal(new Set(after).size, 1100)
    for (const id of before) assert.ok(after.includes(id))
  })
})

suite('a lost incarnation', () => {
  test('does not send a delivery that the next incarnation delivers, even if it had begun to', async (t) => {
    let holdBack = false
    let lose = false
    const heldBack: (() => void)[] = []
    const rig = await createRig(t, {
      wrapStore: (store) => ({
        ...store,
        async commit(batch) {
          if (lose) throw new IncarnationLost('planted', { outcomeUnknown: true })
          const result = await store.commit(batch)
          // The endpoint must be read again before the delivery is sent.
          if (holdBack) rig.tenantCache.drop(tenant)
          return result
        },
        async loadTenant(id) {
          const loaded = await store.loadTenant(id)
          if (holdBack) await new Promise<void>((resolve) => heldBack.push(resolve))
          return loaded
        },
      }),
    })
    rig.sender.respond = () => ok
    await rig.addEndpoint('/a')
    await rig.tenantCache.load(tenant)
    holdBack = true
    await rig.accept(1)
    await rig.until(() => heldBack.length === 1, 'the endpoint is being read')
    holdBack = false
    lose = true
    rig.tenantCache.drop(tenant)
    await assert.rejects(rig.accept(1), IncarnationLost)
    lose = false
    await rig.until(
      async () => (await rig.deliveries('delivered')).length === 1,
      'the next incarnation has delivered it',
    )
    for (const release of heldBack) release()
    await rig.clock.settle()
    assert.equal(rig.sender.sent.length, 1)
  })
})

suite('a stop', () => {
  test('waits for attempts in flight, hands back the other deliveries and refuses events', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    await rig.accept(40)
    const stopped = rig.engine.stop(10 * second)
    await assert.rejects(rig.accept(1), Unavailable)
    for (const { answer } of rig.sender.sent.splice(0)) answer(ok)
    await sleep(20)
    await rig.clock.advance(100)
    await stopped
    assert.equal((await rig.deliveries('delivered')).length, limits.attemptsPerEndpointMax)
    assert.equal(await rig.store.countWaiting(), 40 - limits.attemptsPerEndpointMax)
    assert.equal(rig.sender.sent.length, 0)
  })

  test('starts no attempt, even if the store was unavailable and answers again', async (t) => {
    let broken = false
    const rig = await createRig(t, {
      wrapStore: (store) => ({
        ...store,
        commit: (batch) => (broken ? Promise.reject(new StoreUnavailable('full')) : store.commit(batch)),
      }),
    })
    await rig.addEndpoint('/a')
    await rig.accept(40)
    broken = true
    rig.sender.sent[0]?.answer(ok)
    await rig.until(() => rig.observed.storeChanges.includes(false), 'the store is found unavailable')
    const inFlight = rig.sender.sent.splice(0)
    const stopped = rig.engine.stop(10 * second)
    for (const { answer } of inFlight.slice(1)) answer(ok)
    broken = false
    await rig.clock.advance(limits.storeRetryMs)
    await rig.until(() => rig.observed.storeChanges.at(-1) === true, 'the store is found available')
    await rig.clock.advance(10 * second)
    await stopped
    assert.equal(rig.sender.sent.length, 0)
  })

  test('ends at its deadline although a receiver hangs, and that delivery waits again', async (t) => {
    const rig = await createRig(t)
    await rig.addEndpoint('/a')
    await rig.accept(1)
    const stopped = rig.engine.stop(10 * second)
    await rig.clock.advance(10 * second)
    await stopped
    assert.equal(await rig.store.countWaiting(), 1)
  })
})

suite('an unavailable store', () => {
  test('refuses events, keeps outcomes and sends nothing, and recovers without a restart', async (t) => {
    let broken = false
    const rig = await createRig(t, {
      wrapStore: (store) => ({
        ...store,
        commit: (batch) => (broken ? Promise.reject(new StoreUnavailable('full')) : store.commit(batch)),
        heartbeat: (node, now) => (broken ? Promise.reject(new StoreUnavailable('full')) : store.heartbeat(node, now)),
      }),
    })
    await rig.addEndpoint('/a')
    await rig.accept(20)
    broken = true
    // The attempts end at different times, so that their outcomes fail in several commits.
    for (const { answer } of rig.sender.sent.splice(0)) {
      answer(ok)
      await rig.clock.settle()
    }
    await rig.until(() => rig.observed.storeChanges.includes(false), 'the store is found unavailable')
    await assert.rejects(rig.accept(1), StoreUnavailable)
    await rig.clock.advance(30 * second)
    const sentMeanwhile = rig.sender.sent.length
    broken = false
    rig.sender.respond = () => ok
    await rig.clock.advance(10 * second)
    await rig.until(() => rig.observed.storeChanges.at(-1) === true, 'the store is found available')
    for (const { answer } of rig.sender.sent.slice(0, sentMeanwhile)) answer(ok)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 20, 'all outcomes are recorded')
    assert.deepEqual(rig.observed.storeChanges, [false, true])
    assert.equal((await rig.accept(1))[0]?.kind, 'stored')
  })
})
