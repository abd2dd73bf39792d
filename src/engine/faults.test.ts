// A delivery or event on which our own code throws fails with a reason, and delays no other.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRig, failed, ok, readingTenants, type Rig } from '../../test/support/engine-rig.ts'
import type { Dialect } from '../contracts/dialect.ts'
import { standard } from '../dialects/standard/standard.ts'
import type { Event } from '../domain/event.ts'
import { limits } from '../domain/limits.ts'

suite('our own code', () => {
  test('that throws before a delivery is sent fails it after three tries, and delays no other', async (t) => {
    let thrown = 0
    const encode: Dialect['encode'] = (message) => {
      if (!isPoison(message.event)) return standard.encode(message)
      thrown += 1
      return planted()
    }
    const rig = await createRig(t, { dialect: { ...standard, encode } })
    await rig.addEndpoint('/a')
    rig.sender.respond = () => ok
    await rig.accept(20, { type: 'poison' })
    await rig.accept(20)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 20, 'the other deliveries are delivered')
    for (const tries of [1, 2, 3]) {
      assert.equal(thrown, tries * 20)
      assert.equal((await rig.deliveries('pending')).length, tries < 3 ? 20 : 0)
      await rig.clock.advance(limits.prepareAgainMs)
      await rig.until(
        async () => tries < 2 || (await rig.deliveries('pending')).length === 0,
        'the faulty ones have ended',
      )
    }
    assert.deepEqual(await failReasons(rig), ['internal error'])
    assert.equal(rig.observed.failures.length, 20)
    assert.equal(rig.engine.inFlight, 0)
  })

  test('that throws only once delays the delivery, and it is still delivered', async (t) => {
    let isBroken = true
    const encode: Dialect['encode'] = (message) => (isBroken ? planted() : standard.encode(message))
    const rig = await createRig(t, { dialect: { ...standard, encode } })
    await rig.addEndpoint('/a')
    rig.sender.respond = () => ok
    await rig.accept(1)
    isBroken = false
    await rig.clock.advance(limits.prepareAgainMs)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 1, 'the delivery is delivered')
  })

  test('that throws on an outcome fails that delivery only, and does not send it again', async (t) => {
    const verdict: Dialect['verdict'] = (outcome, attempt, event) =>
      isPoison(event) ? planted() : standard.verdict(outcome, attempt, event)
    const rig = await createRig(t, { dialect: { ...standard, verdict } })
    await rig.addEndpoint('/a')
    rig.sender.respond = () => ok
    await rig.accept(20, { type: 'poison' })
    await rig.accept(20)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'all deliveries have ended')
    assert.equal((await rig.deliveries('delivered')).length, 20)
    assert.deepEqual(await failReasons(rig), ['internal error'])
    assert.equal(rig.sender.sent.length, 40)
    assert.ok((await rig.deliveries()).every(({ attempts }) => attempts === 1))
  })

  test('that throws on the health of an endpoint does not affect the delivery', async (t) => {
    const rig = await createRig(t, { dialect: { ...standard, health: planted } })
    await rig.addEndpoint('/a')
    rig.sender.respond = () => failed
    await rig.accept(1)
    await rig.until(async () => (await rig.deliveries())[0]?.attempts === 1, 'the delivery was tried')
    assert.equal((await rig.deliveries())[0]?.status, 'pending')
    assert.equal(rig.observed.failures.length, 1)
  })

  test('that throws on one event of a batch refuses no other event', async (t) => {
    const rig = await createRig(t, {
      wrapStore: (store) => ({
        ...store,
        commit: (batch) =>
          batch.events.some(({ event }) => event.type === 'poison')
            ? Promise.reject(new TypeError('poison'))
            : store.commit(batch),
      }),
    })
    await rig.addEndpoint('/a')
    const results = await Promise.allSettled([
      rig.accept(1),
      rig.accept(1, { type: 'poison' }),
      rig.accept(1),
      rig.accept(1),
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    )
    assert.equal((await rig.deliveries()).length, 3)
  })

  test('that throws on an outcome three times fails its delivery, and records the others of the batch', async (t) => {
    let refused = 0
    const rig = await createRig(t, {
      wrapStore: (store) => ({
        ...store,
        commit(batch) {
          if (!batch.moves.some(({ attempt }) => attempt?.response === 'poison')) return store.commit(batch)
          refused += batch.moves.length === 1 ? 1 : 0
          return Promise.reject(new TypeError('planted'))
        },
      }),
    })
    await rig.addEndpoint('/a')
    await rig.accept(4)
    const [poisoned, ...others] = rig.sender.sent
    poisoned?.answer({ ...ok, response: 'poison' })
    for (const { answer } of others) answer(ok)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'all deliveries have ended')
    assert.equal((await rig.deliveries('delivered')).length, 3)
    assert.deepEqual(await failReasons(rig), ['internal error'])
    assert.equal(refused, limits.faultsMax)
  })

  test('that cannot open one endpoint fails the deliveries of that endpoint only', async (t) => {
    const rig = await createRig(t, {
      wrapStore: readingTenants((loaded) => ({
        ...loaded,
        endpoints: loaded.endpoints.map((endpoint) =>
          endpoint.url.endsWith('/bad') ? { ...endpoint, sealedSecrets: 'v1.none.AAAA' } : endpoint,
        ),
      })),
    })
    await rig.addEndpoint('/good')
    await rig.addEndpoint('/bad')
    rig.sender.respond = () => ok
    await rig.accept(20)
    await rig.until(async () => (await rig.deliveries('delivered')).length === 20, 'the other deliveries are delivered')
    for (let tries = 1; tries < limits.faultsMax; tries++) await rig.clock.advance(limits.prepareAgainMs)
    await rig.until(async () => (await rig.deliveries('pending')).length === 0, 'all deliveries have ended')
    assert.deepEqual(await failReasons(rig), ['endpoint unreadable'])
    assert.equal(rig.sender.sent.length, 20)
  })
})

async function failReasons(rig: Rig): Promise<(string | null)[]> {
  return [...new Set((await rig.deliveries('failed')).map(({ reason }) => reason))]
}

function isPoison(event: Event): boolean {
  return event.type === 'poison'
}

function planted(): never {
  throw new Error('planted')
}
